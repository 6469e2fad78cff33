"""What a student's function must return: the form of each value, as a manifest declares it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What sort of value it is; a test sees it as the plain Python or torch value that is named."""

    TENSOR = "tensor"
    TENSORS = "tensors"  # a list of tensors
    NUMBER = "number"  # a float
    INTEGER = "integer"  # an int
    FLAG = "flag"  # a bool
    STATE = "state"  # a dict of tensors by their names
    DATA = "data"  # whatever crosses the wire; it is only handed back


@dataclass(frozen=True, kw_only=True)
class Form:
    """The form of one returned value. Where `like` is empty, `shape` and `dtype` say what a tensor must be."""

    name: str
    kind: Kind = Kind.TENSOR
    like: str = ""
    """The argument whose shape and dtype (and for a list of tensors whose count) it must have."""
    shape: str | tuple[int | str, ...] | None = None
    """Sizes: a number, `arg` (an integer argument), `arg.0` (a size of a tensor argument) or `*` (any). As a text:
    `arg`, a shape or a tensor that has it, or `arg[1:]`, without the first size. `None`: any shape."""
    dtype: str = ""
    """The name of one of torch's dtypes, or of an argument that has it; empty: any."""
    entries: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """For a state: the shape of each tensor by its name."""

    @classmethod
    def like_argument(cls, name: str) -> Form:
        """Return the usual form: a tensor with the shape and dtype of the argument of the same name."""
        return cls(name=name, like=name)

    def arguments(self) -> set[str]:
        """Return the names of the arguments that this form looks at."""
        sizes = (self.shape,) if isinstance(self.shape, str) else self.shape or ()
        named = {size.partition(".")[0].removesuffix("[1:]") for size in sizes if isinstance(size, str) and size != "*"}
        named |= {self.like} if self.like else set()
        return named | ({self.dtype} if self.dtype and self.dtype not in DTYPES else set())


DTYPES = ("float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool")
"""The dtypes that cross the wire."""

"""What students return and teachers would accept, made plain: numpy's arrays, named tuples, tensors of any subclass.

In the student's process, so standard library and torch only; numpy is used where the student's code has it already.
Values of a student's classes are read with the methods of the class below them, so that an override is not asked.
"""

from __future__ import annotations

import sys
import types
import warnings
from collections.abc import Sequence
from typing import Any

import torch

_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.MethodWrapperType)
_WORDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (str, "a text"),
    (int, "a value of type {}, a kind of int"),
    (float, "a value of type {}, a kind of float"),
    (dict, "a dictionary"),
    (types.GeneratorType, "a generator (made by yield, or by a for in round brackets)"),
    (_FUNCTIONS, "a function, not what it returns (is a pair of round brackets missing?)"),
    (type, "a class, not an object of it (is a pair of round brackets missing?)"),
    (BaseException, "an exception of type {} (exceptions are raised, not returned)"),
    (object, "a value of type {}"),
)


def parts(value: Any) -> list[Any] | None:
    """Return what a tuple or a list holds, be it of a subclass (a named tuple, `torch.Size`); `None` for all else."""
    if issubclass(type(value), tuple):
        return list(tuple.__iter__(value))
    return list(list.__iter__(value)) if issubclass(type(value), list) else None


def as_tensor(value: Any) -> torch.Tensor | None:
    """Return the plain tensor that a tensor, a numpy array or a numpy number is, in its memory where that can be.

    `None` for everything else, and for what torch has no dtype for.
    """
    if type(value) is torch.Tensor and not value.requires_grad:
        return value
    if issubclass(type(value), torch.Tensor):
        try:
            with torch._C.DisableTorchFunctionSubclass():
                return torch.Tensor.detach(value)
        except RuntimeError:  # a wrapper that a transform of torch.func left behind
            return None
    array = _as_array(value)
    return None if array is None else _tensor_of(array)


def number_like(value: Any, like: torch.Tensor) -> torch.Tensor | None:
    """Return a Python number as a tensor of the dtype of `like`, which has no dimension.

    `None` for what is no number, and for a number of another kind: a float for an integer, a bool for anything but
    a bool, an integer out of range.
    """
    dtype, kind = like.dtype, type(value)
    if kind is int and dtype is not torch.bool:
        reach = torch.iinfo(torch.int64 if dtype.is_floating_point else dtype)
        fits = reach.min <= value <= reach.max
    else:
        fits = dtype.is_floating_point if kind is float else kind is bool and dtype is torch.bool
    return torch.tensor(value, dtype=dtype) if fits and not like.dim() else None


def carried_on(result: Any, before: Sequence[torch.Tensor], *, copied: bool = True) -> tuple[torch.Tensor, ...] | None:
    """Return what a step returned as plain tensors, fit for the next one; `None` if it is not.

    `before` are the tensors that went into the step: there are as many, and a number may stand for one of no dimension.
    Unless `copied` is False they are copies, which nothing changes that the function kept.
    """
    held = parts(result)
    values = [result] if held is None else held
    if len(values) != len(before):
        return None
    kept = []
    for value, was in zip(values, before, strict=True):
        tensor = as_tensor(value)
        tensor = number_like(value, was) if tensor is None else tensor
        if tensor is None:
            return None
        kept.append(tensor.clone() if copied else tensor)
    return tuple(kept)


def on_device(value: Any, device: str) -> Any:
    """Return a value that came over the wire with all its tensors on a device; on the CPU they are already."""
    if device == "cpu":
        return value
    if isinstance(value, torch.Tensor):
        return value.to(device)
    if isinstance(value, dict):
        return {key: on_device(item, device) for key, item in value.items()}
    return type(value)(on_device(item, device) for item in value) if isinstance(value, (tuple, list)) else value


def shared_with(result: Any, args: Sequence[Any]) -> list[int]:
    """Return the positions of the returned values that share memory with an argument, at whatever depth."""
    held = parts(result)
    spans = [span for arg in args for span in _memories(arg)]
    found = enumerate([result] if held is None else held)
    return [place for place, value in found if any(_overlap(mine, span) for mine in _memories(value) for span in spans)]


_DEEPEST = 20
"""Below it nobody looks for shared memory; a result of that depth is refused anyway."""


def _memories(value: Any, depth: int = 0) -> list[tuple[int, int]]:
    """Return where the memory of each tensor and array in a value begins and ends."""
    held = list(dict.values(value)) if issubclass(type(value), dict) else parts(value)
    if held is None:
        span = _memory(value)
        return [span] if span else []
    return [span for item in held for span in _memories(item, depth + 1)] if depth < _DEEPEST else []


def in_words(value: Any) -> str:
    """Say what a value is, so that "returned ..." can stand before it."""
    kind = type(value)
    if value is None:
        return "nothing (None)"
    if kind is bool or kind is int or kind is float:
        return f"the {'truth value' if kind is bool else 'number'} {value}"
    if issubclass(kind, torch.Tensor):
        return _tensor_in_words(as_tensor(value))
    if (array := _as_array(value)) is not None:
        return f"a numpy array of dtype {array.dtype.name}"
    if (held := parts(value)) is not None:
        return _parts_in_words("list" if issubclass(kind, list) else "tuple", held)
    return next(words for below, words in _WORDS if issubclass(kind, below)).format(kind.__name__)


def _tensor_in_words(value: torch.Tensor | None) -> str:
    if value is None:
        return "a tensor without memory of its own"
    if value.is_nested:
        return "a nested tensor"
    if value.layout is not torch.strided:
        return f"a tensor in the layout {value.layout}"
    known = value.device.type in ("cpu", "cuda")
    return f"a tensor of {value.dtype}" if known else f"a tensor on the device {value.device}"


def _parts_in_words(kind: str, held: list[Any]) -> str:
    if not held:
        return f"an empty {kind}"
    if all(type(part) is int or type(part) is float for part in held):
        what = "number"
    else:
        what = "tensor" if all(issubclass(type(part), torch.Tensor) for part in held) else "value"
    return f"a {kind} of {len(held)} {what}{'s' if len(held) > 1 else ''}"


def _as_array(value: Any) -> Any:
    """Return a numpy array or number as a plain array; `None` for all else, and always where there is no numpy."""
    numpy: Any = sys.modules.get("numpy")
    # A student may have put anything in its place.
    kinds: Any = (getattr(numpy, "ndarray", None), getattr(numpy, "generic", None))
    is_numpys = all(isinstance(kind, type) for kind in kinds) and issubclass(type(value), kinds)
    return numpy.asarray(value) if is_numpys else None


def _tensor_of(array: Any) -> torch.Tensor | None:
    native = array.astype(array.dtype.newbyteorder("="), copy=False)
    if any(stride < 0 or stride % native.itemsize for stride in native.strides):
        native = native.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an array that may not be written to; nobody will
        try:
            return torch.from_numpy(native)
        except TypeError:
            return None


def _memory(value: Any) -> tuple[int, int] | None:
    """Return where the memory of a tensor or an array begins and ends; `None` for anything else and an empty one."""
    array = _as_array(value)
    if array is not None:
        reach = [stride * (size - 1) for stride, size in zip(array.strides, array.shape, strict=True)]
        begin = array.__array_interface__["data"][0]
        behind = sum(step for step in reach if step > 0) + array.itemsize
        return (begin + sum(step for step in reach if step < 0), begin + behind) if array.size else None
    tensor = as_tensor(value)
    if tensor is None or tensor.layout is not torch.strided or tensor.device.type == "meta" or not tensor.numel():
        return None
    try:
        storage = tensor.untyped_storage()
    except RuntimeError:  # it wraps another tensor
        return None
    return storage.data_ptr(), storage.data_ptr() + storage.nbytes()


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]

"""Holds what a student's function returned to the form that the manifest declares for it.

A test only ever sees plain values of the right form; anything else is a `ResultRefused` with words for the student.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from grader.domain.errors import ManifestError
from grader.domain.exercise import Task
from grader.domain.form import DTYPES, Form, Kind
from grader.judge.faults import ResultRefused
from grader.sandbox.plain import as_tensor, in_words, number_like, parts

Given = dict[str, Any]
"""The arguments of a call by their names."""

_ANY = -1
_DTYPES: dict[str, torch.dtype] = {name: getattr(torch, name) for name in DTYPES}
_SINGLE_WORDS = {Kind.NUMBER: "a number", Kind.INTEGER: "a whole number (int)", Kind.FLAG: "True or False"}


def hold_together(task: Task, parameters: Sequence[str], file: str) -> None:
    """Raise `ManifestError` if a form looks at an argument that the reference's function does not have."""
    for form in (*task.returns, *task.attributes):
        if unknown := sorted(form.arguments() - set(parameters)):
            raise ManifestError(
                file, f"returns of task {task.id}, {form.name}", f"arguments among {', '.join(parameters)}", unknown
            )


def conforming(result: Any, forms: Sequence[Form], called: str, given: Given) -> Any:
    """Return the result of a call as the forms want it: one value, or a tuple of several. Raises `ResultRefused`."""
    if len(forms) == 1:
        return held_to(forms[0], result, f"{called} returned", given)
    held = parts(result)
    if held is None or len(held) != len(forms):
        kind = "tensors" if all(form.kind is Kind.TENSOR for form in forms) else "values"
        wanted = f"{len(forms)} {kind} ({', '.join(form.name for form in forms)})"
        what = "one tensor" if isinstance(result, Tensor) else in_words(result)
        raise ResultRefused(f"{called} returned {what}; expected {wanted}.")
    return tuple(
        held_to(form, value, f"{called} returned as {form.name!r}", given)
        for value, form in zip(held, forms, strict=True)
    )


def held_to(form: Form, value: Any, said: str, given: Given) -> Any:
    """Return one value in its form. `said` opens the words of a refusal: "f(...) returned". Raises `ResultRefused`."""
    match form.kind:
        case Kind.TENSOR:
            return _tensor(form, value, said, given)
        case Kind.TENSORS:
            return _tensors(form, value, said, given)
        case Kind.STATE:
            return _state(form, value, said, given)
        case Kind.DATA:
            return value
        case Kind.NUMBER | Kind.INTEGER | Kind.FLAG:
            return _single(form.kind, value, said)


def _single(kind: Kind, value: Any, said: str) -> float | int | bool:
    """Return a number or a truth value; one of torch's or numpy's without a dimension will do."""
    tensor = None if type(value) in (bool, int, float) else as_tensor(value)
    plain = value if tensor is None or tensor.dim() or tensor.dtype not in _DTYPES.values() else tensor.item()
    fits = {Kind.NUMBER: (int, float), Kind.INTEGER: (int,), Kind.FLAG: (bool,)}[kind]
    if type(plain) not in fits:
        raise ResultRefused(f"{said} {_in_words(value)}; expected {_SINGLE_WORDS[kind]}.")
    try:
        return float(plain) if kind is Kind.NUMBER else plain
    except OverflowError:
        raise ResultRefused(f"{said} a number that no float can hold; expected {_SINGLE_WORDS[kind]}.") from None


def _tensor(form: Form, value: Any, said: str, given: Given) -> Tensor:
    if form.like:
        like = given[form.like]
        why = (", as the argument has", ", the dtype of the argument")
        return _fitting(value, tuple(like.shape), like.dtype, said, why)
    return _fitting(value, _shape(form, given), _dtype(form, given), said)


def _tensors(form: Form, value: Any, said: str, given: Given) -> list[Tensor]:
    held = parts(value)
    if held is None:
        raise ResultRefused(f"{said} {_in_words(value)}; expected a list of tensors.")
    likes = list(given[form.like]) if form.like else None
    if likes is not None and len(held) != len(likes):
        raise ResultRefused(f"{said} {_in_words(value)}; expected {len(likes)} tensors, as many as the argument has.")
    found = []
    for place, item in enumerate(held):
        where = f"{said} at position {place} of the list"
        shape, dtype = (
            (tuple(likes[place].shape), likes[place].dtype) if likes else (_shape(form, given), _dtype(form, given))
        )
        found.append(_fitting(item, shape, dtype, where))
    return found


def _state(form: Form, value: Any, said: str, given: Given) -> dict[str, Tensor]:
    if type(value) is not dict:
        raise ResultRefused(f"{said} {_in_words(value)}; expected a dictionary of tensors.")
    if missing := [name for name in form.entries if name not in value]:
        raise ResultRefused(f"{said} a dictionary without {', '.join(map(repr, missing))}.")
    if more := [name for name in value if name not in form.entries]:
        raise ResultRefused(f"{said} a dictionary with {repr(more[0])[:60]}, which is none of the names asked for.")
    dtype = _dtype(form, given)
    return {
        name: _fitting(value[name], shape, dtype, f"{said}, under {name!r},") for name, shape in form.entries.items()
    }


def _fitting(
    value: Any,
    shape: tuple[int, ...] | None,
    dtype: torch.dtype | None,
    said: str,
    why: tuple[str, str] = ("", ""),
) -> Tensor:
    """Return a value as a tensor with its elements in their usual order in memory; any size fits `_ANY`.

    So a test may look at it with `view` or whatever else. Raises `ResultRefused` if shape or dtype is another.
    """
    if type(value) in (bool, int, float) and shape == ():
        number = number_like(value, torch.empty((), dtype=dtype or torch.float64))
        if number is None:
            raise ResultRefused(f"{said} {in_words(value)}; expected {dtype}{why[1]}.")
        return number
    tensor = as_tensor(value)
    if tensor is None:
        raise ResultRefused(f"{said} {_in_words(value)}; expected a tensor.")
    if shape is not None and not _matches(tuple(tensor.shape), shape):
        wanted = str(tuple("any" if size == _ANY else size for size in shape)).replace("'", "")
        raise ResultRefused(f"{said} a tensor of shape {tuple(tensor.shape)}; expected {wanted}{why[0]}.")
    if dtype is not None and tensor.dtype != dtype:
        raise ResultRefused(f"{said} a tensor of {tensor.dtype}; expected {dtype}{why[1]}.")
    return tensor.contiguous()


def _in_words(value: Any) -> str:
    """Say what a value is; of a tensor also the shape."""
    tensor = as_tensor(value)
    return in_words(value) if tensor is None else f"a tensor of {tensor.dtype} and shape {tuple(tensor.shape)}"


def _matches(found: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return len(found) == len(wanted) and all(size in (mine, _ANY) for mine, size in zip(found, wanted, strict=True))


def _shape(form: Form, given: Given) -> tuple[int, ...] | None:
    if form.shape is None:
        return None
    if isinstance(form.shape, str):
        value = given[form.shape.removesuffix("[1:]")]
        sizes = tuple(value.shape) if isinstance(value, Tensor) else tuple(value)
        return sizes[1:] if form.shape.endswith("[1:]") else sizes
    return tuple(_size(size, given) for size in form.shape)


def _size(size: int | str, given: Given) -> int:
    if isinstance(size, int):
        return size
    if size == "*":
        return _ANY
    name, _, dimension = size.partition(".")
    return int(given[name].shape[int(dimension)] if dimension else given[name])


def _dtype(form: Form, given: Given) -> torch.dtype | None:
    if not form.dtype:
        return None
    if form.dtype in _DTYPES:
        return _DTYPES[form.dtype]
    value = given[form.dtype]
    found: torch.dtype = (value if isinstance(value, Tensor) else value[0]).dtype
    return found

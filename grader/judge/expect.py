"""Comparisons for hidden suites. All numbers are compared in float64; every failure says got, expected, tolerance.

What a failure says is for staff: students read the hint of the check.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import Any

import torch
from torch import Tensor

from grader.domain.form import Kind
from grader.judge.suite import SolutionFunction, tensors_in


def close(got: Tensor, expected: Tensor, *, what: str, rtol: float = 1e-9, atol: float = 0.0) -> None:
    """Assert `|got - expected| <= atol + rtol * max|expected|` for every element.

    The tolerance is relative to the largest element of `expected` (its maximum norm), as rounding in sums is: an
    element that cancels to nearly zero is not held to its own size. A NaN or infinity in `got` fails unless
    `expected` has the very same there.
    """
    left, right = got.detach().to(torch.float64), expected.detach().to(torch.float64)
    assert left.shape == right.shape, f"{what}: got shape {tuple(left.shape)}, expected {tuple(right.shape)}"
    if left.numel() and _are_plainly_close(left, right, rtol, atol):
        return
    finite = torch.isfinite(right)
    scale = float(right[finite].abs().max()) if bool(finite.any()) else 0.0
    allowed = atol + rtol * scale
    same = (left == right) | (torch.isnan(left) & torch.isnan(right))
    wrong = ~(same | ((left - right).abs() <= allowed))
    if bool(wrong.any()):
        first = tuple(int(index) for index in wrong.nonzero()[0])
        place = f"[{', '.join(map(str, first))}]" if first else ""
        raise AssertionError(
            f"{what}{place}: got {float(left[first]):.10g}, expected {float(right[first]):.10g}"
            f" (allowed difference {allowed:.2g}; {int(wrong.sum())} of {wrong.numel()} elements differ)"
        )


def _are_plainly_close(left: Tensor, right: Tensor, rtol: float, atol: float) -> bool:
    """Tell whether two tensors without a NaN or infinity are within the tolerance: the usual case, told at once."""
    scale = float(right.abs().max())
    return math.isfinite(scale) and float((left - right).abs().max()) <= atol + rtol * scale


def identical(got: Tensor, expected: Tensor, *, what: str) -> None:
    """Assert that two tensors have the same shape, dtype and bits (NaN equals NaN)."""
    assert got.shape == expected.shape and got.dtype == expected.dtype, (
        f"{what}: got {got.dtype} of shape {tuple(got.shape)}, expected {expected.dtype} of {tuple(expected.shape)}"
    )
    same = (got == expected) | (torch.isnan(got) & torch.isnan(expected))
    assert bool(same.all()), f"{what}: it was changed; expected it bit for bit as before"


def number(got: float, expected: float, *, what: str, rtol: float = 1e-12, atol: float = 0.0) -> None:
    """Assert `|got - expected| <= atol + rtol * |expected|`; a NaN or an infinity has to be the very same."""
    allowed = atol + rtol * abs(expected) if math.isfinite(expected) else 0.0
    same = got == expected or (math.isnan(got) and math.isnan(expected))
    assert same or abs(got - expected) <= allowed, (
        f"{what}: got {got!r}, expected {expected!r} (allowed difference {allowed:.2g})"
    )


def refuses(function: SolutionFunction, *args: Any, **kwargs: Any) -> None:
    """Assert that a call, or making an object of a class, raises ValueError; other exceptions pass through."""
    try:
        function.attempt(*args, **kwargs)
    except ValueError:
        return
    told = ", ".join(
        [*("..." if tensors_in(arg) else repr(arg) for arg in args), *(f"{name}={kwargs[name]}" for name in kwargs)]
    )
    raise AssertionError(f"{function.name}({told}): got a result, expected a ValueError")


def untouched(function: SolutionFunction, *args: Any, may_share: Collection[str] = (), **kwargs: Any) -> Any:
    """Assert that a call changes no positional argument and returns memory of its own; return its result.

    `may_share` names returned values that may lie in an argument's memory. Values of kind "data" always may.
    """
    before = [[tensor.clone() for tensor in tensors_in(arg)] for arg in args]
    seen = function.observe(*args, **kwargs)
    for name, was, now in zip(function.parameters, before, seen.arguments, strict=False):
        held = tensors_in(now)
        assert len(held) == len(was), f"the argument {name} holds {len(held)} tensors after the call, {len(was)} before"
        for one, other in zip(was, held, strict=True):
            identical(other, one, what=f"the argument {name} after the call")
    forms = [function.form_at(place) for place in seen.shared]
    shared = {form.name for form in forms if form.kind is not Kind.DATA} - set(may_share)
    assert not shared, f"{function.name} returned {', '.join(sorted(shared))} in an argument's memory"
    return seen.result


def draws_by_its_seed(function: SolutionFunction, *args: Any, **kwargs: Any) -> Any:
    """Assert that a call leaves torch's global random generator alone; return its result."""
    seen = function.observe(*args, **kwargs)
    assert not seen.drew_globally, f"{function.name} drew from torch's global random generator, or seeded it"
    return seen.result


def twice(attempt: Callable[[], None]) -> None:
    """Let a statistical test try again, on other draws, before it fails: chance may strike once."""
    try:
        attempt()
    except AssertionError:
        attempt()


def repeats(function: SolutionFunction, *args: Any, **kwargs: Any) -> Any:
    """Assert that two equal calls give identical results; return the first."""
    first, second = function(*args, **kwargs), function(*args, **kwargs)
    for one, other in zip(tensors_in(first), tensors_in(second), strict=True):
        identical(other, one, what=f"{function.name} called twice with the same arguments")
    assert tensors_in(first) or first == second, f"{function.name} called twice: got {second!r} after {first!r}"
    return first

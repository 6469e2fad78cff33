"""How the public tests look at what a function returned, and how they say what is wrong with it.

A failure has four lines: what was called, what came back, what was expected, and where to look. torch and pytest alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NoReturn

import pytest
import torch


def tensor(*values: float) -> torch.Tensor:
    """Return a float64 tensor of one dimension."""
    return torch.tensor(values, dtype=torch.float64)


def same(called: str, got: Any, expected: Any, look: str, *, rtol: float = 1e-6, atol: float = 1e-7) -> None:
    """Compare what a call returned with what is expected.

    `expected` is a tensor, a number or a truth value; or, for several values, a dict of them by their names.
    """
    if not isinstance(expected, dict):
        return _same_value(called, "", got, expected, look, rtol, atol)
    if not isinstance(got, (tuple, list)) or len(got) != len(expected):
        wrong(called, describe(got), f"{len(expected)} values: {', '.join(expected)}", look)
    for (name, wanted), value in zip(expected.items(), got, strict=True):
        _same_value(called, f"{name} = ", value, wanted, look, rtol, atol)
    return None


def pure(function: Callable[..., Any], *arguments: Any, **settings: Any) -> None:
    """Call a function and see that its arguments are what they were."""
    before = [[value.clone() for value in _tensors(argument)] for argument in arguments]
    function(*arguments, **settings)
    for number, (argument, was) in enumerate(zip(arguments, before, strict=True), 1):
        for now, then in zip(_tensors(argument), was, strict=True):
            if now.shape != then.shape or not torch.equal(now, then):
                wrong(
                    f"{function.__name__}(...)",
                    f"its argument number {number} changed from {numbers(then)} to {numbers(now)}",
                    "arguments that stay as they were",
                    "README, section 'Rules'. In-place operations end in _ or look like +=",
                )


def refuses(function: Callable[..., Any], *arguments: Any, **settings: Any) -> None:
    """See that an invalid setting raises ValueError."""
    try:
        got = function(*arguments, **settings)
    except ValueError:
        return
    told = [*(describe(value) for value in arguments), *(f"{name}={value}" for name, value in settings.items())]
    wrong(f"{function.__name__}({', '.join(told)})", describe(got), "ValueError", "the docstring, under Raises")


def wrong(called: str, got: str, expected: str, look: str) -> NoReturn:
    """Fail with four lines."""
    pytest.fail(f"called    {called}\ngot       {got}\nexpected  {expected}\nlook at   {look}", pytrace=False)


def describe(value: Any) -> str:
    """Say what a value is: a tensor's dtype and shape, how many values, or the value itself."""
    if isinstance(value, torch.Tensor):
        kind = str(value.dtype).removeprefix("torch.")
        return f"a {kind} tensor of shape {tuple(value.shape)}" if value.dim() else f"{numbers(value)} ({kind})"
    if isinstance(value, (tuple, list)):
        return f"{len(value)} value{'s' * (len(value) != 1)}"
    return "None (is a return missing?)" if value is None else repr(value)


def numbers(value: Any) -> str:
    """Write a tensor or a number with six significant digits."""
    if isinstance(value, torch.Tensor):
        return _written(value.detach().tolist())
    return _written(value)


def _same_value(called: str, name: str, got: Any, wanted: Any, look: str, rtol: float, atol: float) -> None:
    if isinstance(wanted, torch.Tensor):
        is_number = type(got) in (int, float) and not wanted.dim()
        value = torch.tensor(got, dtype=wanted.dtype) if is_number else got
        if not isinstance(value, torch.Tensor) or value.dtype != wanted.dtype or value.shape != wanted.shape:
            wrong(called, f"{name}{describe(got)}", f"{name}{describe(wanted)}", look)
        close = torch.allclose(value.detach(), wanted, rtol=rtol, atol=atol, equal_nan=True)
    elif isinstance(wanted, (bool, str)) or wanted is None:
        close = type(got) is type(wanted) and got == wanted
    else:
        number = got.item() if hasattr(got, "item") and getattr(got, "ndim", 1) == 0 else got  # numpy's, or 0-d
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            wrong(called, f"{name}{describe(got)}", f"{name}{numbers(wanted)}, a number", look)
        close = number == wanted or (math.isfinite(wanted) and abs(number - wanted) <= atol + rtol * abs(wanted))
    if not close:
        wrong(called, f"{name}{numbers(got)}", f"{name}{numbers(wanted)}", look)


def _tensors(value: Any) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    held = value.values() if isinstance(value, dict) else value if isinstance(value, (tuple, list)) else ()
    return [tensor for item in held for tensor in _tensors(item)]


def _written(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    return f"{value:.6g}" if isinstance(value, float) else str(value)

"""Facts about a function, for the probes that tell known wrong solutions apart: `probe.py` of a suite is made of them.

A fact is a tensor or a text (see `grader.judge.diagnosis`). Each call gives the same number of facts whatever the
solution does, so that two lists of facts can be held against each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from grader.domain.form import Form, Kind
from grader.domain.verdict import Verdict
from grader.judge.faults import SolutionFault
from grader.judge.suite import Beside, SolutionFunction, tensors_in

Fact = Tensor | str


def of_call(function: SolutionFunction, *args: Any, **kwargs: Any) -> list[Fact]:
    """Call it: one fact per returned value; kind "data" has none, it may hold whatever helps a student.

    What the student's code raises is a text in the place of each value. Raises `SolutionFault` where the guest ended.
    """
    forms = [form for form in function.returns if form.kind is not Kind.DATA]
    try:
        result = function(*args, **kwargs)
    except SolutionFault as fault:
        return [_raised(fault)] * len(forms)
    values = result if len(function.returns) > 1 else (result,)
    return [
        _fact(form, value) for form, value in zip(function.returns, values, strict=True) if form.kind is not Kind.DATA
    ]


def of_trace(
    function: SolutionFunction, kwargs: dict[str, Any], calls: Sequence[tuple[Any, ...]], *, beside: Beside = None
) -> list[Fact]:
    """Live through an object of the class: a fact for the results of all calls, and one for each attribute's course."""
    try:
        trace = function.trace(kwargs, calls, beside=beside)
    except SolutionFault as fault:
        return [_raised(fault)] * (1 + len(function.attributes))
    shown = [trace.start, *(moment.attributes for moment in trace.moments)]
    return [
        _row(trace.results),
        *(_row([attributes[form.name] for attributes in shown]) for form in function.attributes),
    ]


def purity(function: SolutionFunction, *args: Any, **kwargs: Any) -> list[Fact]:
    """Say which positional arguments a call changed, and which returned values lie in an argument's memory."""
    before = [[tensor.clone() for tensor in tensors_in(arg)] for arg in args]
    try:
        seen = function.observe(*args, **kwargs)
    except SolutionFault as fault:
        return [_raised(fault)] * 2
    after = [tensors_in(arg) for arg in seen.arguments]
    changed = [
        place
        for place, (was, now) in enumerate(zip(before, after, strict=True))
        if not all(torch.equal(one, other) for one, other in zip(was, now, strict=True))
    ]
    shared = [place for place in seen.shared if function.form_at(place).kind is not Kind.DATA]
    return [f"changes arguments {changed}", f"returns {shared} in an argument's memory"]


def refusal(function: SolutionFunction, *args: Any, **kwargs: Any) -> str:
    """Say what a function does with arguments that it should refuse; of a class, what its constructor does."""
    told = ", ".join(
        [*(f"{arg}" for arg in args if not tensors_in(arg)), *(f"{name}={kwargs[name]}" for name in kwargs)]
    )
    try:
        function.attempt(*args, **kwargs)
    except ValueError:
        return f"refuses {told}"
    except SolutionFault as fault:
        return f"{told}: {_raised(fault)}"
    return f"takes {told}"


def _fact(form: Form, value: Any) -> Fact:
    if isinstance(value, Tensor):
        return value
    held = tensors_in(value)
    if held or form.kind in (Kind.TENSORS, Kind.STATE):
        return torch.cat([tensor.detach().double().flatten() for tensor in held]) if held else "nothing"
    return _row([value])


def _row(values: Sequence[Any]) -> Fact:
    """Return numbers and truth values as one float64 tensor; values of any other kind as a text."""
    if all(isinstance(value, (bool, int, float)) for value in values):
        return torch.tensor([float(value) for value in values], dtype=torch.float64)
    flat = [tensor.detach().double().flatten() for value in values for tensor in tensors_in(value)]
    return torch.cat(flat) if flat else "nothing"


def _raised(fault: SolutionFault) -> str:
    """Return a fault without the student's own words. One that ended the guest is passed on: nothing can be asked."""
    if fault.verdict in (Verdict.TIME_LIMIT, Verdict.MEMORY_LIMIT, Verdict.OUTPUT_LIMIT, Verdict.FORBIDDEN):
        raise fault
    return "refused" if fault.verdict is Verdict.WRONG_ANSWER else f"raises {type(fault).__name__}"

"""Hidden checks of `averages`."""

from __future__ import annotations

import torch
from shared import NUMBERS

from grader.judge import expect
from grader.judge.suite import Solution, Step, check


@check("centre-values", task="1.1", points=30, hint="The average goes off every element.")
def test_centre(solution: Solution, draw: torch.Generator) -> None:
    # 1e-12: a sum of at most 20 float64 numbers in any order.
    x = torch.randn(20, generator=draw, dtype=torch.float64)
    (centred, average), (one, _) = solution.centre.many([Step((x,), {}), Step((x[:1],), {})])
    expect.close(centred, x - x.mean(), what="centred", rtol=1e-12)
    expect.number(average, float(x.mean()), what="average", rtol=0, atol=1e-12)
    expect.close(one, torch.zeros(1), what="centred, of one number", atol=1e-15)


@check("centre-untouched", task="1.1", points=5, hint="Return a new tensor.")
def test_the_argument_is_left_alone(solution: Solution) -> None:
    expect.untouched(solution.centre, torch.ones(3))


@check("centre-refuses-nothing", task="1.1", points=5, hint="The docstring says what is refused.")
def test_an_empty_tensor_is_refused(solution: Solution) -> None:
    expect.refuses(solution.centre, torch.ones(0))


@check("running-values", task="1.2", points=40, hint="Each number counts as much as the others.")
def test_the_average_of_four_numbers(solution: Solution) -> None:
    trace = solution.RunningAverage.trace({}, [(number,) for number in NUMBERS])
    for got, wanted in zip(trace.results, (1.0, 2.0, 0.0, 2.5), strict=True):
        expect.number(got, wanted, what="the average so far", atol=1e-12)


@check("running-count", task="1.2", points=20, hint="count is how many numbers there were.")
def test_the_count_is_shown(solution: Solution) -> None:
    trace = solution.RunningAverage.trace({"start": 7.0}, [(1.0,), (1.0,)])
    assert [trace.start["count"], *(moment.attributes["count"] for moment in trace.moments)] == [0, 1, 2]

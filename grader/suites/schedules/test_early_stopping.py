"""Hidden checks of task 7.6, `EarlyStopping`."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import math

import torch

from grader.judge import expect
from grader.judge.suite import Solution, check
from grader.suites.schedules.curves import whole
from grader.suites.schedules.lives import MEND_PATIENCE_FIRST, NAN, bests, expected_stops, stops, wandering


@check("stopping-by-hand", task="7.6", points=2, visibility="visible", hint="README, section 'Early stopping'.")
def test_a_run_by_hand(solution: Solution) -> None:
    metrics = [5, 4, 3, 3.5, 3.25, 2.5, 2.75, 2.5, 3]
    stops(solution, metrics, [False] * 8 + [True], patience=3)


@check(
    "stopping-patience",
    task="7.6",
    points=3,
    hint="Give it the same metric again and again. After the first one every epoch is bad, and the bad epoch number "
    "patience is the one that stops: with patience = 1 the very first.",
)
def test_patience(solution: Solution, draw: torch.Generator) -> None:
    for patience in (1, 2, 3, whole(draw, 5, 9)):
        expected = [epoch >= patience for epoch in range(patience + 3)]
        stops(solution, [2.0] * len(expected), expected, patience=patience)


@check(
    "stopping-min-delta",
    task="7.6",
    points=2,
    hint="An improvement has to be strictly more than min_delta, an absolute amount: the same for a loss of 400 and "
    "for one of 4.",
)
def test_min_delta_is_absolute(solution: Solution) -> None:
    for start in (2.0, 400.0, 0.5):
        metrics = [start, start - 0.25, start - 0.25 - 1 / 64, start - 0.5, start - 0.75]
        stops(solution, metrics, [False, True, False, True, False], patience=1, min_delta=0.25)
    stops(solution, [2.0, 2.0, 1.99999, 1.99999], [False, True, False, True], patience=1)


@check(
    "stopping-best",
    task="7.6",
    points=2,
    hint="The attribute best is the best metric so far, not the latest and not the first. Before the first metric it "
    "is infinite: the docstring says which way.",
)
def test_best_can_be_read_at_any_time(solution: Solution) -> None:
    metrics = [4.0, 5.0, 3.0, 3.5, 2.875, 2.0, 2.5]
    bests(solution, metrics, [math.inf, 4.0, 4.0, 3.0, 3.0, 2.875, 2.0, 2.0], patience=2)
    bests(solution, metrics, [-math.inf, 4.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0], patience=2, mode="max")
    bests(solution, metrics, [math.inf, 4.0, 4.0, 3.0, 3.0, 3.0, 2.0, 2.0], patience=2, min_delta=0.5)


@check(
    "stopping-slow-creep",
    task="7.6",
    points=2,
    hint=MEND_PATIENCE_FIRST
    + "The metric creeps down, by less than min_delta each time. It is compared with the best one so far, and an "
    "epoch that is no improvement does not become the best one.",
)
def test_a_slow_creep(solution: Solution) -> None:
    stops(solution, [4.0, 3.75, 3.5, 3.25, 3.0], [False, False, True, False, False], patience=2, min_delta=0.5)
    up_and_down = [4.0, 6.0, 5.0, 4.5, 4.25, 4.0, 3.0]
    stops(solution, up_and_down, [False, False, True, True, True, True, False], patience=2)


@check(
    "stopping-count",
    task="7.6",
    points=2,
    hint="Bad epochs count in a row: an improvement sets the count to zero.",
)
def test_bad_epochs_count_in_a_row(solution: Solution) -> None:
    stops(solution, [9, 9, 9, 8, 8, 8, 7, 7, 7, 6, 6, 6], [False] * 12, patience=3)


@check(
    "stopping-goes-on",
    task="7.6",
    points=2,
    hint=MEND_PATIENCE_FIRST
    + "Who trains on after the first True hears True until an improvement comes. That one returns False, and the "
    "count begins anew.",
)
def test_answers_after_the_stop(solution: Solution) -> None:
    metrics = [4, 4, 4, 4, 4, 3, 3, 3, 3, 2, 1]
    expected = [False, False, True, True, True, False, False, True, True, False, False]
    stops(solution, metrics, expected, patience=2)


@check(
    "stopping-mode-max",
    task="7.6",
    points=1,
    hint=MEND_PATIENCE_FIRST
    + "In mode 'max' an improvement is larger: metric > best + min_delta, and the first metric is always one.",
)
def test_mode_max(solution: Solution) -> None:
    metrics = [-4.0, -3.5, -3.0, -3.0, -2.0, -2.25, 0.0]
    stops(solution, metrics, [False, True, False, True, False, True, False], patience=1, min_delta=0.5, mode="max")
    stops(solution, [0.5, 0.25, 0.75, 0.75], [False, True, False, True], patience=1, mode="max")


@check(
    "stopping-nan",
    task="7.6",
    points=1,
    hint=MEND_PATIENCE_FIRST
    + "NaN counts as a bad epoch, also as the first metric of all, and never becomes the best one. Every comparison "
    "with NaN is False: which way round is yours written?",
)
def test_nan_is_a_bad_epoch(solution: Solution) -> None:
    for mode, better, worst in (("min", 0.5, math.inf), ("max", 2.0, -math.inf)):
        expected = [False, False, True, False, False, True]
        stops(solution, [1.0, NAN, NAN, better, NAN, 1.0], expected, patience=2, mode=mode)
        stops(solution, [NAN, 1.0, 1.0, better], [False] * 4, patience=2, mode=mode)
        stops(solution, [NAN, NAN, 1.0], [False, True, False], patience=2, mode=mode)
        bests(solution, [NAN, 1.0, NAN, better], [worst, worst, 1.0, 1.0, better], patience=2, mode=mode)


@check(
    "stopping-objects",
    task="7.6",
    points=1,
    hint=MEND_PATIENCE_FIRST
    + "An object must not know what another one has seen. What is assigned in the body of the class, such as a list, "
    "or to the class by its name belongs to all objects; what is assigned to self in __init__ belongs to one.",
)
def test_objects_share_nothing(solution: Solution) -> None:
    for _ in range(2):
        stops(solution, [0.125] * 3, [False, False, True], patience=2)
        stops(solution, [4.0, 3.0, 2.0, 2.0], [False] * 4, patience=2)
    falling = ({"patience": 2}, [(8.0 - epoch,) for epoch in range(6)])
    stops(solution, [16.0] * 4, [False, False, True, True], beside=falling, patience=2)


@check(
    "stopping-long-runs",
    task="7.6",
    points=1,
    hint="A random run of 200 epochs goes wrong. If another check of this task fails too, mend that first.",
)
def test_long_runs(solution: Solution, draw: torch.Generator) -> None:
    for mode, min_delta in (("min", 0.0), ("max", 0.125), ("min", 0.25)):
        metrics = wandering(draw, 200, start=80 if mode == "min" else 16)
        patience = whole(draw, 2, 5)
        expected = expected_stops(metrics, patience=patience, min_delta=min_delta, mode=mode)
        stops(solution, metrics, expected, patience=patience, min_delta=min_delta, mode=mode)


@check(
    "stopping-value-errors",
    task="7.6",
    points=1,
    hint="The stub's docstring lists what raises ValueError, and it is raised when the object is made.",
)
def test_invalid_settings_are_refused(solution: Solution) -> None:
    expect.refuses(solution.EarlyStopping, patience=0)
    expect.refuses(solution.EarlyStopping, patience=-1)
    expect.refuses(solution.EarlyStopping, patience=2, min_delta=-0.1)
    expect.refuses(solution.EarlyStopping, patience=2, mode="average")

"""Hidden checks of task 7.5, `ReduceOnPlateau`."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

from typing import Any

import torch

from grader.judge import expect
from grader.judge.suite import Solution, check
from grader.suites.schedules.curves import uniform, whole
from grader.suites.schedules.lives import EXACT, MEND_PATIENCE_FIRST, NAN, rates, twin_rates, wandering

HALVE: dict[str, Any] = {"base_lr": 1.0, "factor": 0.5, "threshold": 0.0}


@check("plateau-by-hand", task="7.5", points=3, visibility="visible", hint="README, section 'Reduce on plateau'.")
def test_two_reductions_by_hand(solution: Solution) -> None:
    metrics = [5, 4, 3, 3.5, 3.25, 3.5, 2, 2.5, 2.5, 2.25, 2.5]
    expected = [0.8, 0.8, 0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.4, 0.2, 0.2]
    rates(solution, metrics, expected, base_lr=0.8, factor=0.5, patience=2)


@check(
    "plateau-lr",
    task="7.5",
    points=1,
    hint="The attribute lr is there before the first step, with base_lr; after each step it is what step returned.",
)
def test_lr_can_be_read_at_any_time(solution: Solution, draw: torch.Generator) -> None:
    base_lr = uniform(draw, 0.01, 1)
    lived = solution.ReduceOnPlateau.trace({"base_lr": base_lr, "patience": 1}, [(1.0,)] * 6)
    expect.number(lived.start["lr"], base_lr, what="lr of a new object", rtol=EXACT)
    for epoch, moment in enumerate(lived.moments):
        wanted = base_lr * 0.1 ** (epoch // 2)
        expect.number(moment.attributes["lr"], wanted, what=f"lr after epoch {epoch}", rtol=EXACT)


@check(
    "plateau-patience",
    task="7.5",
    points=3,
    hint="Give it the same metric again and again. After the first one every epoch is bad: patience of them are "
    "forgiven, the one after them reduces. patience = 0 forgives none; the default is in the signature.",
)
def test_patience(solution: Solution, draw: torch.Generator) -> None:
    for patience in (0, 1, 2, whole(draw, 4, 8)):
        expected = [0.5 ** (epoch // (patience + 1)) for epoch in range(3 * patience + 5)]
        rates(solution, [2.0] * len(expected), expected, patience=patience, **HALVE)
    rates(solution, [2.0] * 34, [0.1 ** (epoch // 11) for epoch in range(34)], base_lr=1.0)


@check(
    "plateau-threshold",
    task="7.5",
    points=2,
    hint="README, section 'Reduce on plateau': an improvement has to be strictly more than the share threshold of the "
    "best metric, so it takes much of a loss of 400 and little of one of 0.04. An equal metric is none.",
)
def test_what_counts_as_an_improvement(solution: Solution) -> None:
    quarter = HALVE | {"patience": 0, "threshold": 0.25}
    for scale in (1.0, 128.0, 1 / 128):
        metrics = [scale * metric for metric in (4.0, 3.0, 3.0 - 1 / 64, 2.75, 2.0)]
        rates(solution, metrics, [1.0, 0.5, 0.5, 0.25, 0.25], **quarter)
    rates(solution, [2.0, 2.0, 1.9999, 1.9999], [1.0, 0.5, 0.5, 0.25], patience=0, **HALVE)
    with_default: dict[str, Any] = {"base_lr": 1.0, "factor": 0.5, "patience": 0}
    rates(solution, [400.0, 399.95, 399.92, 399.915], [1.0, 1.0, 0.5, 0.25], **with_default)


@check(
    "plateau-best",
    task="7.5",
    points=2,
    hint=MEND_PATIENCE_FIRST
    + "The metric creeps down, by less than the threshold each time. It is compared with the best one so far, and "
    "an epoch that is no improvement does not become the best one.",
)
def test_the_best_metric_is_kept(solution: Solution) -> None:
    creeping = HALVE | {"patience": 1, "threshold": 0.25}
    rates(solution, [8.0, 7.5, 7.0, 6.5, 5.75], [1.0, 1.0, 0.5, 0.5, 0.5], **creeping)
    rates(solution, [8.0, 7.5, 7.0, 6.5, 6.25], [1.0, 1.0, 0.5, 0.5, 0.25], **creeping)
    up_and_down = [4.0, 6.0, 5.0, 4.5, 2.0, 3.5, 2.5, 1.0, 1.5, 1.25]
    rates(solution, up_and_down, [1.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125], patience=1, **HALVE)


@check(
    "plateau-count",
    task="7.5",
    points=2,
    hint="Bad epochs count in a row. An improvement sets the count to zero, and so does a reduction.",
)
def test_bad_epochs_count_in_a_row(solution: Solution) -> None:
    never_three = [9, 9, 9, 8, 8, 8, 7, 7, 7, 6, 6, 6]
    rates(solution, never_three, [1.0] * 12, patience=2, **HALVE)
    rates(solution, [9] * 8, [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25], patience=2, **HALVE)


@check(
    "plateau-cooldown",
    task="7.5",
    points=2,
    hint=MEND_PATIENCE_FIRST
    + "For cooldown epochs after a reduction no epoch counts as bad, and then the full patience begins. The best "
    "metric is kept during a cooldown too, and an improvement does not cut it short.",
)
def test_cooldown(solution: Solution) -> None:
    two = HALVE | {"patience": 1, "cooldown": 2}
    rates(solution, [1.0] * 11, [1.0, 1.0, *[0.5] * 4, *[0.25] * 4, 0.125], **two)
    rates(solution, [1.0, 1.0, 1.0, 0.5, 0.75, 0.75, 0.75, 0.75], [1.0, 1.0, *[0.5] * 4, 0.25, 0.25], **two)
    rates(solution, [1.0] * 7, [1.0, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125], **HALVE, patience=0, cooldown=1)


@check(
    "plateau-floor",
    task="7.5",
    points=2,
    hint=MEND_PATIENCE_FIRST
    + "The learning rate ends at min_lr exactly, neither below it nor somewhere above. A change of 1e-8 or less is "
    "not made at all.",
)
def test_floor_and_smallest_change(solution: Solution) -> None:
    at_once: dict[str, Any] = {"factor": 0.5, "threshold": 0.0, "patience": 0}
    rates(solution, [1.0] * 5, [1.0, 0.5, 0.3, 0.3, 0.3], base_lr=1.0, min_lr=0.3, **at_once)
    rates(solution, [1.0] * 3, [1.0, 1.0, 1.0], base_lr=1.0, min_lr=1 - 5e-9, **at_once)
    rates(solution, [1.0] * 3, [1.0, 1 - 2e-8, 1 - 2e-8], base_lr=1.0, min_lr=1 - 2e-8, **at_once)
    rates(solution, [1.0] * 4, [3e-8, 1.5e-8, 1.5e-8, 1.5e-8], base_lr=3e-8, **at_once)


@check(
    "plateau-mode-max",
    task="7.5",
    points=2,
    hint=MEND_PATIENCE_FIRST
    + "In mode 'max' an improvement is larger: metric > best * (1 + threshold), and the first metric is always one.",
)
def test_mode_max(solution: Solution) -> None:
    settings = HALVE | {"mode": "max", "patience": 0, "threshold": 0.25}
    rates(solution, [4.0, 3.5, 5.0, 5.5, 6.5, 7.0], [1.0, 0.5, 0.25, 0.25, 0.125, 0.125], **settings)
    rates(solution, [0.5] * 5, [1.0, 1.0, 0.5, 0.5, 0.25], **HALVE, mode="max", patience=1)


@check(
    "plateau-nan",
    task="7.5",
    points=1,
    hint=MEND_PATIENCE_FIRST
    + "NaN counts as a bad epoch, also as the first metric of all, and never becomes the best one. Every comparison "
    "with NaN is False: which way round is yours written?",
)
def test_nan_is_a_bad_epoch(solution: Solution) -> None:
    for mode, better in (("min", 0.5), ("max", 2.0)):
        settings = HALVE | {"mode": mode, "patience": 1}
        rates(solution, [1.0, NAN, NAN, better, NAN, 1.0], [1.0, 1.0, 0.5, 0.5, 0.5, 0.25], **settings)
        rates(solution, [NAN, 1.0, 1.0, better, better], [1.0] * 5, **settings)
        rates(solution, [NAN, NAN, 1.0, 1.0, 1.0], [1.0, 0.5, 0.5, 0.5, 0.25], **settings)


@check(
    "plateau-negative",
    task="7.5",
    points=1,
    hint=MEND_PATIENCE_FIRST
    + "Metrics below zero, as log-likelihoods are: the formulas of the docstring hold as they stand, without an "
    "absolute value, and zero is no special case.",
)
def test_metrics_below_zero(solution: Solution) -> None:
    settings = HALVE | {"patience": 0, "threshold": 0.25}
    rates(solution, [-4.0, -3.5, -3.0, -2.0, -2.5], [1.0, 1.0, 1.0, 0.5, 0.5], **settings)
    rates(solution, [-4.0, -4.9375, -6.0, -8.0], [1.0, 1.0, 1.0, 0.5], **settings, mode="max")
    rates(solution, [0.0, 0.0, -1.0], [1.0, 0.5, 0.5], **settings)


@check(
    "plateau-objects",
    task="7.5",
    points=1,
    hint=MEND_PATIENCE_FIRST
    + "An object must not know what another one has seen. What is assigned in the body of the class, such as a list, "
    "or to the class by its name belongs to all objects; what is assigned to self in __init__ belongs to one.",
)
def test_objects_share_nothing(solution: Solution) -> None:
    settings = HALVE | {"patience": 1}
    for _ in range(2):
        rates(solution, [0.125] * 4, [1.0, 1.0, 0.5, 0.5], **settings)
        rates(solution, [4.0, 3.0, 2.0, 2.0, 2.0], [1.0, 1.0, 1.0, 1.0, 0.5], **settings)
    falling = (settings, [(8.0 - epoch,) for epoch in range(6)])
    rates(solution, [16.0] * 4, [1.0, 1.0, 0.5, 0.5], beside=falling, **settings)


@check(
    "plateau-pytorch",
    task="7.5",
    points=2,
    hint="A random run of 200 epochs leaves PyTorch's ReduceLROnPlateau. If another check of this task fails too, mend "
    "that first.",
)
def test_long_runs_of_pytorch(solution: Solution, draw: torch.Generator) -> None:
    for mode, threshold in (("min", 0.0), ("max", 0.125), ("min", 0.25)):
        base_lr = uniform(draw, 0.1, 1)
        settings: dict[str, Any] = {
            "base_lr": base_lr,
            "mode": mode,
            "factor": uniform(draw, 0.5, 0.9),
            "patience": whole(draw, 1, 4),
            "threshold": threshold,
            "cooldown": whole(draw, 0, 3),
            "min_lr": 0.02 * base_lr,
        }
        metrics = wandering(draw, 200, start=80 if mode == "min" else 16)
        rates(solution, metrics, twin_rates(metrics, **settings), **settings)


@check(
    "plateau-value-errors",
    task="7.5",
    points=1,
    hint="The stub's docstring lists what raises ValueError, and it is raised when the object is made. patience = 0, "
    "threshold = 0 and min_lr = base_lr are valid.",
)
def test_invalid_settings_are_refused(solution: Solution) -> None:
    invalid: list[dict[str, Any]] = [
        {"base_lr": -0.1},
        {"mode": "average"},
        {"factor": 0.0},
        {"factor": 1.0},
        {"factor": -0.5},
        {"factor": 1.5},
        {"patience": -1},
        {"threshold": -0.1},
        {"threshold": 1.0},
        {"cooldown": -1},
        {"min_lr": -0.1},
        {"min_lr": 0.2},
    ]
    for setting in invalid:
        expect.refuses(solution.ReduceOnPlateau, **({"base_lr": 0.1} | setting))
    rates(solution, [1.0, 1.0], [0.0, 0.0], base_lr=0.0, patience=0, threshold=0.0)
    rates(solution, [1.0, 1.0], [0.1, 0.1], base_lr=0.1, patience=0, min_lr=0.1)

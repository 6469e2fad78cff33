"""Hidden checks of task 1.2, `cross_entropy_loss`."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import torch

from grader.judge import expect
from grader.judge.suite import Solution, check
from grader.suites.gradient_descent.twins import PRECISIONS, follows_cross_entropy, normal, some_labels

LOGITS = torch.tensor([[2.0, 1.0, 0.0], [0.0, 0.0, 0.0]], dtype=torch.float64)
LABELS = torch.tensor([0, 2])

# Logits of 1e4 lie 2e4 apart. A sum at that size rounds at 2e4 * 1.1e-16 = 2e-12 in float64, so four of them leave
# 1e-11 in the loss (in the gradient as a part of a probability), and 2e4 * 6e-8 = 1.2e-3 in float32, four of them 5e-3.
# The loss is 0 where the largest logit is the right one: a relative tolerance alone would ask for the impossible.
HUGE = ((torch.float64, 1e-9, 1e-9), (torch.float32, 1e-5, 5e-3))


@check(
    "ce-by-hand",
    task="1.2",
    points=3,
    visibility="visible",
    hint="README, sections 'Cross-entropy' and 'Worked by hand'.",
)
def test_loss_and_gradient_by_hand(solution: Solution) -> None:
    follows_cross_entropy(solution, LOGITS, LABELS)


@check(
    "ce-value",
    task="1.2",
    points=3,
    hint="The loss of six samples with four classes is wrong. It is the mean over the samples of -log of the "
    "probability of the right class, with the natural logarithm.",
)
def test_loss(solution: Solution, draw: torch.Generator) -> None:
    follows_cross_entropy(solution, normal(draw, 6, 4), some_labels(draw, 6, 4), only=["loss"])


@check(
    "ce-gradient",
    task="1.2",
    points=5,
    hint="Change one logit by 1e-6 and see by how much the loss changes: that quotient is its gradient. Each row of "
    "the gradient sums to zero. README, section 'Cross-entropy', has the formula.",
)
def test_gradient(solution: Solution, draw: torch.Generator) -> None:
    follows_cross_entropy(solution, normal(draw, 6, 4), some_labels(draw, 6, 4), only=["gradient"])


@check(
    "ce-large-logits",
    task="1.2",
    points=4,
    hint="Logits of 1e4 and -1e4. exp(1e4) is infinite, and exp(-1e4) is zero, whose logarithm is not finite. README, "
    "section 'Cross-entropy', 'The log-sum-exp trick'.",
)
def test_large_logits(solution: Solution, draw: torch.Generator) -> None:
    signs = torch.randint(2, (6, 5), generator=draw) * 2.0 - 1
    drawn = signs.double() * 1e4 + normal(draw, 6, 5)
    designed = torch.tensor([[1e4, -1e4, 0.0], [1e4, 1e4, 1e4], [-1e4, -1e4, -1e4]], dtype=torch.float64)
    for dtype, rtol, atol in HUGE:
        cases = [(drawn, some_labels(draw, 6, 5)), *((designed, torch.tensor([label] * 3)) for label in range(3))]
        for logits, labels in cases:
            follows_cross_entropy(solution, logits.to(dtype), labels, rtol=rtol, atol=(atol, atol))


@check(
    "ce-rows-apart",
    task="1.2",
    points=2,
    hint="One row has logits around 1e4, another around -1e4. Adding a number to all logits of a row changes nothing, "
    "whatever the other rows hold: each row needs a maximum of its own.",
)
def test_each_row_may_be_shifted(solution: Solution, draw: torch.Generator) -> None:
    shifts = torch.tensor([[0.0], [1e4], [-1e4], [700.0], [-700.0]], dtype=torch.float64)
    follows_cross_entropy(solution, normal(draw, 5, 4) + shifts, some_labels(draw, 5, 4))


@check(
    "ce-tiny-probabilities",
    task="1.2",
    points=2,
    hint="The right class has a logit that is 40 to 300 below the largest one, and the loss is that gap. A clamp, or a "
    "small number added inside the logarithm, hides how wrong such a prediction is.",
)
def test_tiny_probabilities(solution: Solution, draw: torch.Generator) -> None:
    logits = normal(draw, 4, 3)
    logits[:, 1] += torch.tensor([40.0, 80.0, 150.0, 300.0], dtype=torch.float64)
    follows_cross_entropy(solution, logits, torch.tensor([0, 2, 0, 2]))


@check(
    "ce-small-tables",
    task="1.2",
    points=1,
    hint="One sample, or one class, or both: (1, 4), (5, 1) and (1, 1) are tables too. With one class the loss is "
    "zero.",
)
def test_one_sample_or_one_class(solution: Solution, draw: torch.Generator) -> None:
    # With one class loss and gradient are zero: what is left is the rounding of exp and log, a few times 1.1e-16.
    for shape in ((1, 4), (5, 1), (1, 1)):
        follows_cross_entropy(solution, normal(draw, *shape), some_labels(draw, *shape), atol=(1e-12, 1e-12))


@check(
    "ce-strides",
    task="1.2",
    points=1,
    hint="Logits may be a transposed table or every second row of one. Index with [rows, labels], not by places in "
    "memory.",
)
def test_logits_that_are_not_contiguous(solution: Solution, draw: torch.Generator) -> None:
    follows_cross_entropy(solution, normal(draw, 4, 6).t(), some_labels(draw, 6, 4))
    follows_cross_entropy(solution, normal(draw, 8, 6)[::2, 1::2], some_labels(draw, 8, 3)[::2])


@check(
    "ce-precision",
    task="1.2",
    points=2,
    hint="float32 in, float32 out; float64 in, float64 all the way through. Look for .float(), and for tables of zeros "
    "or one-hot rows that are float32 by default.",
)
def test_precision(solution: Solution, draw: torch.Generator) -> None:
    for dtype, rtol in PRECISIONS:
        follows_cross_entropy(solution, normal(draw, 5, 3).to(dtype), some_labels(draw, 5, 3), rtol=rtol)


@check(
    "ce-arguments-untouched",
    task="1.2",
    points=1,
    hint="Logits and labels must be the same after the call, and the gradient must have memory of its own. Look for "
    "-=, for x[...] = on a tensor that came in, and for method names that end in _.",
)
def test_arguments_are_left_alone(solution: Solution, draw: torch.Generator) -> None:
    expect.untouched(solution.cross_entropy_loss, normal(draw, 5, 3), some_labels(draw, 5, 3))


@check(
    "ce-label-range",
    task="1.2",
    points=1,
    hint="A label of -1 picks the last class, because indexing counts from the end; the mistake in the data stays "
    "hidden. Refuse labels outside 0 .. C - 1 with ValueError.",
)
def test_labels_out_of_range_are_refused(solution: Solution, draw: torch.Generator) -> None:
    logits = normal(draw, 3, 4)
    for label in (-1, 4, -100, 1000):
        expect.refuses(solution.cross_entropy_loss, logits, torch.tensor([0, label, 3]))

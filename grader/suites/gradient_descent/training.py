"""The training comparison of `gradient_descent`: a regression driven by the student's parts beside PyTorch's."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import torch

from grader.comparison import drawing
from grader.comparison.experiments.descent import (
    CURVE_STEPS,
    FIT_STEPS,
    classes,
    clipped,
    fitted,
    partitions,
    softmax_curve,
    squares,
    with_autograd,
)
from grader.comparison.experiments.optimizers import parity
from grader.comparison.experiments.stepping import LOOK_EVERY
from grader.comparison.parity import Parity
from grader.comparison.problems import RAVINE
from grader.comparison.run import Run
from grader.comparison.same_seed import SameSeed
from grader.comparison.training import Training
from grader.domain.picture import Picture, Role, Series
from grader.judge.optimizers import Rule

STEP = Rule("gradient_descent_step", torch.optim.SGD, (), ())
MAX_NORM = 1.0


def accuracies(mine: Run, twin: Run) -> list[Picture]:
    return [
        drawing.curves(
            "cross-entropy-training-curve",
            "1.2",
            name="accuracy",
            title="Accuracy on unseen data",
            caption=f"The share of unseen samples that the softmax regression gets right, every {LOOK_EVERY} steps.",
            mine=mine.curves["accuracy"],
            twin=twin.curves["accuracy"],
            x=range(0, CURVE_STEPS, LOOK_EVERY),
            y_label="accuracy",
            log_y=False,
        )
    ]


def norms(mine: Run, twin: Run) -> list[Picture]:
    return [
        drawing.curves(
            "clip-training-parity",
            "1.4",
            name="norm",
            title="The norm of all gradients before they are clipped",
            caption="A deep network whose weights start too large: its gradients explode. What lies above the line is "
            "scaled down to it, the rest stays as it is.",
            mine=mine.curves["norm"],
            twin=twin.curves["norm"],
            x=range(1, len(twin.curves["norm"]) + 1),
            y_label="norm",
            others={"max_norm": [MAX_NORM] * len(twin.curves["norm"])},
        )
    ]


def by_batch_size(mine: Run, _twin: Run) -> list[Picture]:
    lines = tuple(
        Series.of(words, Role.YOURS, losses, [4 * step / (len(losses) - 1) for step in range(len(losses))])
        for words, losses in mine.curves.items()
    )
    return [
        Picture(
            name="batches-training-parity-loss",
            check="batches-training-parity",
            task="1.5",
            title="The same four epochs with small and large batches",
            caption="The loss over all samples, with your batches and one learning rate: small batches take many noisy "
            "steps in an epoch, the full batch a single smooth one.",
            x_label="epoch",
            y_label="loss",
            log_y=True,
            series=lines,
        )
    ]


def by_rate(mine: Run, twin: Run) -> list[Picture]:
    steps = range(FIT_STEPS)
    return [
        Picture(
            name="fit-training-parity-rates",
            check="fit-training-parity",
            task="1.6",
            title="Learning rates from far too small to too large",
            caption="The loss of your fit_linear before each step. A small rate crawls, a good one arrives; just below "
            "the limit the loss swings and still falls, just above it grows without end.",
            x_label="step",
            y_label="loss",
            log_y=True,
            series=(
                *(Series.of(f"lr {words}", Role.YOURS, losses, steps) for words, losses in mine.curves.items()),
                *(
                    Series.of(f"PyTorch, lr {words}", Role.REFERENCE, twin.curves[words], steps)
                    for words in ("good", "too large")
                ),
            ),
        )
    ]


training = Training(
    Parity(
        name="mse-training-parity",
        task="1.1",
        function="mse_loss",
        points=3,
        hint="Loss and gradient both follow from the mean over all elements: the README derives them side by side.",
        cases={
            "A line": squares(outputs=None, scale=1.0),
            "Three lines at once": squares(outputs=3, scale=1.0),
            "Targets of ten thousand": squares(outputs=2, scale=1e4),
        },
    ),
    Parity(
        name="cross-entropy-training-parity",
        task="1.2",
        function="cross_entropy_loss",
        points=4,
        hint="Where only the large logits fail, subtract each row's maximum first; where all do, compare the gradient "
        "of a single row with softmax minus one-hot.",
        cases={
            "A softmax regression": classes(scale=1.0),
            "A softmax regression with logits in the hundreds": classes(scale=200.0),
            "A softmax regression with logits in the thousands": classes(scale=3000.0),
        },
    ),
    SameSeed(
        name="cross-entropy-training-curve",
        task="1.2",
        points=2,
        hint="The curve goes wrong wherever a single gradient does: look at this task's other checks first.",
        title="A softmax regression with your gradients",
        mine=lambda solution, world, draw: softmax_curve(solution.cross_entropy_loss, world, draw),
        twin=lambda world, draw: softmax_curve(with_autograd(torch.nn.functional.cross_entropy), world, draw),
        pictures=accuracies,
    ),
    parity(
        STEP,
        name="step-training-parity",
        task="1.3",
        points=4,
        hint="One step is param - lr * grad, with the lr of this very call.",
        plain={"lr": 0.1},
        unusual={"lr": 1.5},
        valley=RAVINE,
        valley_settings={"lr": 0.07},
    ),
    Parity(
        name="clip-training-parity",
        task="1.4",
        function="clip_by_global_norm",
        points=4,
        hint="One norm over all tensors decides for all of them: scaled together when it is above max_norm, untouched "
        "when it is not, and the norm that is returned is the one before.",
        cases={
            "A deep network with exploding gradients": clipped(max_norm=MAX_NORM, steepness=3.0, pictures=norms),
            "A deep network with calm gradients": clipped(max_norm=50.0, steepness=1.0),
            "A deep network that is held on a short leash": clipped(max_norm=0.01, steepness=1.5),
        },
    ),
    Parity(
        name="batches-training-parity",
        task="1.5",
        function="minibatches",
        points=4,
        hint="Shuffle all indices by the seed, then cut: every sample once, whatever the remainder.",
        cases={"Four epochs": partitions(by_batch_size)},
        unit="cut",
    ),
    Parity(
        name="fit-training-parity",
        task="1.6",
        function="fit_linear",
        points=4,
        hint="Start at zero, note the loss before each step, move weight and bias by the same gradient of the mean.",
        cases={"A line at five learning rates": fitted(by_rate)},
    ),
)

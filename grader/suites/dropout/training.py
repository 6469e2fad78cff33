"""The training comparison of `dropout`: both passes inside small networks, and how networks fare with its masks."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

from grader.comparison.experiments.dropout import Scene, backward_curve, backward_parity, forward_parity
from grader.comparison.experiments.dropout_ensemble import ensemble
from grader.comparison.training import Training

USUAL = {
    "A network that drops a fifth, then seven in ten": Scene((0.2, 0.7)),
    "A network that drops half, then a fifth": Scene((0.5, 0.2)),
}
# What the layer with p=0 or p=1 comes after, on its way, has a usual p: what is wrong everywhere shows there as well.
FORWARD = USUAL | {
    "A network whose second layer drops nothing, p=0": Scene((0.3, 0.0), steps=9),
    "A network whose second layer drops everything, p=1": Scene((0.3, 1.0), steps=9),
    "A network that meets every seed twice": Scene((0.3, 0.3), steps=10, seed_lasts=2),
}
BACKWARD = USUAL | {
    "A network whose first layer drops nothing, p=0": Scene((0.0, 0.3), steps=9),
    "A network whose first layer drops everything, p=1": Scene((1.0, 0.3), steps=9),
}

training = Training(
    forward_parity(
        name="forward-training-parity",
        task="6.1",
        points=7,
        hint="Mend what the checks of this task name first. Here PyTorch is given your masks, so it is no matter of "
        "chance: what comes out has to follow from the mask that you return, the mask from the seed, and in "
        "evaluation nothing is dropped.",
        scenes=FORWARD,
    ),
    ensemble(
        name="forward-training-ensemble",
        task="6.1",
        points=8,
        hint="Look at how the mask is drawn: one coin for each element, in every call thrown anew from the seed, "
        "and dropped with probability p.",
        p=0.3,
    ),
    backward_parity(
        name="backward-training-parity",
        task="6.2",
        points=7,
        hint="Mend what the checks of this task name first: the masks are PyTorch's, and the gradient passes the same "
        "mask and the same scale as the values did, in each mode.",
        scenes=BACKWARD,
    ),
    backward_curve(
        name="backward-training-curve",
        task="6.2",
        points=3,
        hint="The curve goes wrong wherever a single gradient does: look at this task's other checks first.",
        p=0.3,
    ),
)

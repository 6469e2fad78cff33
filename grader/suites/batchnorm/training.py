"""The training comparison of `batchnorm`: both passes inside small networks, beside PyTorch's."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

from grader.comparison.experiments.batchnorm import (
    IMAGES,
    VECTORS,
    Scene,
    backward_curve,
    backward_parity,
    forward_curve,
    forward_parity,
)
from grader.comparison.training import Training

UNUSUAL = {"momentum": 0.3, "eps": 0.1}
SCENES = {
    # One layer with the defaults and one without: a wrong default is told from a momentum that is read the wrong way.
    "A network with two new layers": Scene(
        chain=VECTORS, sizes=(32, 9), settings=({}, {"momentum": 0.3}), new=True, offset=3.0
    ),
    "A network with unusual settings and batches down to two samples": Scene(
        chain=VECTORS, sizes=(16, 2, 5, 3), settings=(UNUSUAL, UNUSUAL)
    ),
    "A convolutional network with batches down to one image": Scene(
        chain=IMAGES, sizes=(8, 1, 3, 2), settings=(UNUSUAL, UNUSUAL)
    ),
}

# Far from zero a mean of squares loses 1e-16 of 2e10, where the variance is near 1; the right formula 1e-16 of 1.5e5.
FAR = Scene(chain=VECTORS, sizes=(16,), offset=1.5e5, steps=2)

training = Training(
    forward_parity(
        name="forward-training-parity",
        task="5.1",
        points=9,
        hint="Mend what the checks of this task name first; a right forward pass repeats the whole run.",
        scenes=SCENES | {"A network with inputs far from zero": FAR},
    ),
    forward_curve(
        name="forward-training-curve",
        task="5.1",
        points=5,
        hint="Compare the two modes: what training keeps has to be what evaluation needs.",
    ),
    backward_parity(
        name="backward-training-parity",
        task="5.2",
        points=8,
        hint="Mend what the checks of this task name first. What you multiply with comes out of the cache that your "
        "forward pass made: that has to be right as well.",
        scenes=SCENES,
    ),
    backward_curve(
        name="backward-training-curve",
        task="5.2",
        points=3,
        hint="The curve goes wrong wherever a single gradient does: look at this task's other checks first.",
    ),
)

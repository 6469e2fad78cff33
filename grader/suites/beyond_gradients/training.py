"""The training comparison of `beyond_gradients`: five ways to a minimum, step by step and over many seeds."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

from grader.comparison.ensemble import Look
from grader.comparison.experiments.bayesian import model, promise
from grader.comparison.experiments.curvature import Walk, bfgs, newton
from grader.comparison.experiments.evolving import (
    MIXING,
    SEARCH,
    Race,
    ensemble,
    of_a_search,
    of_mixing,
    rastrigin,
    steep_bowl,
)
from grader.comparison.experiments.heredity import heredity
from grader.comparison.experiments.landscapes import (
    almost_flat,
    bowl,
    logistic_regression,
    one_parameter,
    rosenbrock,
    two_hollows,
    waves,
)
from grader.comparison.experiments.searching import Search, forrester, two_settings
from grader.comparison.training import Training
from grader.suites.beyond_gradients.reference import evolve

_LINE, _LINE_HEIGHTS = forrester()
_SQUARE, _SQUARE_HEIGHTS = two_settings()

training = Training(
    newton(
        name="newton-training-parity",
        task="9.1",
        points=4,
        hint="Mend what the checks of this task name first; with the right step the whole path is PyTorch's. Walks "
        "with damping tell whether it is on the diagonal, and the ridge whether the curvature keeps its signs.",
        walks={
            "Rosenbrock's valley": Walk(
                landscape=lambda _draw: rosenbrock(), steps=8, window=((-1.8, 1.8), (-3.6, 2.4))
            ),
            "Rosenbrock's valley, with damping": Walk(landscape=lambda _draw: rosenbrock(), steps=12, damping=0.02),
            "A bowl of seven parameters": Walk(
                landscape=lambda draw: bowl(draw, (0.01, 0.03, 0.1, 0.4, 1.0, 3.0, 10.0)), steps=3
            ),
            "A bowl of five parameters, with damping": Walk(
                landscape=lambda draw: bowl(draw, (0.1, 0.3, 1.0, 3.0, 10.0)), steps=8, damping=0.5
            ),
            "Logistic regression": Walk(landscape=logistic_regression, steps=5),
            "Logistic regression, with damping": Walk(landscape=logistic_regression, steps=6, damping=0.05),
            "A ridge between two hollows": Walk(landscape=lambda _draw: two_hollows((0.62, 0.3)), steps=6),
            "One parameter": Walk(landscape=lambda _draw: one_parameter(), steps=6),
        },
        narrow=Walk(landscape=lambda draw: bowl(draw, (1e-10,) * 6 + (1e2,) * 6), steps=1),
    ),
    bfgs(
        name="bfgs-training-parity",
        task="9.2",
        points=5,
        hint="Mend what the checks of this task name first. On the ridge and in the waves some steps show negative "
        "curvature, on the plain next to none: such updates are skipped, and the estimate stays.",
        walks={
            "Rosenbrock's valley": Walk(
                landscape=lambda _draw: rosenbrock(), steps=20, window=((-1.8, 1.8), (-0.8, 2.2))
            ),
            "A bowl of six parameters": Walk(
                landscape=lambda draw: bowl(draw, (0.1, 0.25, 0.6, 1.6, 4.0, 10.0)), steps=10
            ),
            "Logistic regression": Walk(landscape=logistic_regression, steps=12),
            "A ridge between two hollows": Walk(landscape=lambda _draw: two_hollows((0.85, -0.55)), steps=6),
            "A bowl with waves": Walk(landscape=lambda _draw: waves(), steps=8),
            "A plain that is almost flat": Walk(landscape=lambda _draw: almost_flat(), steps=8),
        },
    ),
    heredity(
        name="evolve-training-heredity",
        task="9.3",
        points=2,
        hint="README, section 'Evolution': elites survive as they are, best first; each gene of a child comes from one "
        "of two parents, by a coin of its own, and gets a mutation of its own; the seed decides on all of it.",
        elites=(3, 4, 0, 5, 2, 12),
        size=12,
    ),
    ensemble(
        Race(loss=steep_bowl, size=48, genes=8, generations=10, num_elites=2, mutation_std=0.2),
        evolve,
        of_a_search,
        statistics=SEARCH,
        looks={
            "best": Look(
                title="The best of each generation, on a bowl",
                caption="The lowest loss in the population. Elites survive, so it never rises.",
                x_label="generation",
            )
        },
        name="evolve-training-bowl",
        task="9.3",
        points=2,
        hint="A search that falls faster is wrong as well: it picks its parents too greedily, or mutates too little. "
        "Only the rank decides how often an individual is a parent.",
    ),
    ensemble(
        Race(loss=rastrigin, size=48, genes=8, generations=10, num_elites=2, mutation_std=0.2),
        evolve,
        of_a_search,
        statistics=SEARCH,
        looks={
            "best": Look(
                title="The best of each generation, on Rastrigin's function",
                caption="The lowest loss in the population, on a bowl with many dents: gradients would end in one.",
                x_label="generation",
            )
        },
        name="evolve-training-rastrigin",
        task="9.3",
        points=2,
        hint="Here the size of the mutations matters most: normal numbers of standard deviation mutation_std, not its "
        "square, and the same for small genes and large ones.",
    ),
    ensemble(
        Race(loss=steep_bowl, size=48, genes=28, generations=5, num_elites=2, mutation_std=0.0),
        evolve,
        of_mixing,
        statistics=MIXING,
        looks={
            "ancestors": Look(
                title="How many ancestors are left, without mutation",
                caption="Of so many individuals of the first generation a gene is still there, on average over the "
                "genes: selection takes variety away.",
                x_label="generation",
                y_label="ancestors per gene",
                log_y=False,
            )
        },
        name="evolve-training-mixing",
        task="9.3",
        points=1,
        hint="Without mutation nothing is seen but parents and coins: a fair coin for each gene of each child, and "
        "parents by linear ranking or a tournament of two.",
    ),
    model(
        name="gp-training-parity",
        task="9.4",
        points=5,
        hint="Mend what the checks of this task name first. Where all is known exactly, rounding may make a variance "
        "negative; where a place is asked for alone, the result still has one dimension.",
        searches={
            "One setting": Search(
                places=_LINE,
                heights=_LINE_HEIGHTS,
                first=3,
                trials=6,
                length_scale=0.15,
                noise=1e-3,
                disturbed=0.03,
            ),
            "Two settings, some places tried twice": Search(
                places=_SQUARE,
                heights=_SQUARE_HEIGHTS,
                first=4,
                trials=5,
                length_scale=0.4,
                noise=0.02,
                repeated=2,
                disturbed=0.1,
            ),
        },
        drawn="One setting",
    ),
    promise(
        name="ei-training-parity",
        task="9.5",
        points=4,
        hint="Mend what the checks of this task name first. Where a place has been tried its std is 0: it promises "
        "nothing against the best value so far, and exactly the difference against a worse one.",
        searches={
            "One setting": Search(
                places=_LINE, heights=_LINE_HEIGHTS, first=3, trials=8, length_scale=0.15, noise=1e-6
            ),
            "Two settings": Search(
                places=_SQUARE, heights=_SQUARE_HEIGHTS, first=4, trials=6, length_scale=0.4, noise=1e-6
            ),
        },
        drawn="One setting",
    ),
)

"""Going down a landscape with more than its slope: Newton's method and BFGS, step by step, in float64.

The judge owns the landscape, its gradients and Hessians, the directions and the line search. A solution is asked for
Newton's step, or for the next estimate of the inverse Hessian, and for nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from grader.comparison import drawing
from grader.comparison.case import Case
from grader.comparison.experiments.landscapes import Landscape, Window
from grader.comparison.parity import Parity
from grader.comparison.run import Run
from grader.domain.picture import Picture, Role, Series
from grader.judge.suite import Solution

ARRIVED = 1e-4
"""A slope below it counts as arrived: further down, differences between gradients are rounding."""
LONGEST = 60
"""So many steps a path is followed for its picture, beyond those that are compared."""
FAR = 150
"""So many steps gradient descent is given beside it."""
_ENOUGH, _SHORTEST = 1e-4, 1e-12
"""Of the line search: the share of the promised descent that is asked for, and when it gives up."""
_NO_CURVATURE = 1e-10
_PLAIN = "gradient descent"

Step = Callable[[Tensor, Tensor, Tensor], Tensor]
"""From a point (D,), the gradient there (D,) and the Hessian (D, D) to the next point."""
Update = Callable[[Tensor, Tensor, Tensor], Tensor]
"""From an estimate (D, D), the step that was taken (D,) and the gradient's change over it (D,) to the next estimate."""


@dataclass(frozen=True, kw_only=True)
class Walk:
    """A way down: on which landscape, how many steps of it are compared, and the window in which it is drawn."""

    landscape: Callable[[torch.Generator], Landscape]
    steps: int
    damping: float = 0.0
    """Of Newton's steps."""
    window: Window | None = None


def newton(*, name: str, task: str, points: float, hint: str, walks: Mapping[str, Walk], narrow: Walk) -> Parity:
    """Return the comparison of `newton_step`; on the last walk only the slope that is left is compared."""
    cases = {words: _newton_case(walk, name, task) for words, walk in walks.items()}
    cases["A bowl a million times as long as wide"] = _residual_case(narrow)
    return Parity(name=name, task=task, function="newton_step", points=points, hint=hint, cases=cases)


def bfgs(*, name: str, task: str, points: float, hint: str, walks: Mapping[str, Walk]) -> Parity:
    """Return the comparison of `bfgs_update`: the points, and the estimates of the inverse Hessian."""
    cases = {words: _bfgs_case(walk, name, task) for words, walk in walks.items()}
    return Parity(name=name, task=task, function="bfgs_update", points=points, hint=hint, cases=cases)


def newtons_way(landscape: Landscape, steps: int, step: Step) -> Run:
    """Take Newton's steps; the run ends early where a point is not finite."""
    run, point = _begun(landscape), landscape.begins
    for _ in range(steps):
        _, grad = landscape.at(point)
        point = step(point, grad, landscape.curvature(point))
        run.add({"the point": point})
        if not bool(point.isfinite().all()):
            break
        _note(run, landscape, point)
    return run


def quasi_newton(landscape: Landscape, update: Update, *, compared: int, steps: int) -> Run:
    """Go along the estimate's directions with a backtracking line search, until the slope is gone or `steps` are taken.

    The first `compared` points and estimates are the run's states. It ends early where a direction leads nowhere down.
    """
    run, point = _begun(landscape), landscape.begins
    estimate = torch.eye(len(point), dtype=torch.float64)
    height, grad = landscape.at(point)
    while len(run.curves["loss"]) <= steps and float(grad.norm()) >= ARRIVED:
        found = _searched(landscape, point, height, grad, -(estimate @ grad))
        if found is None:
            break
        before = grad
        height, grad = landscape.at(found)
        estimate = update(estimate, found - point, grad - before)
        point = found
        _note(run, landscape, point)
        if len(run.states) < compared:
            run.add({"the point": point, "the estimate": estimate})
    return run


def solved(damping: float) -> Step:
    """Return Newton's step by `torch.linalg.solve`."""

    def step(point: Tensor, grad: Tensor, hessian: Tensor) -> Tensor:
        direction: Tensor = torch.linalg.solve(hessian + damping * torch.eye(len(point), dtype=hessian.dtype), grad)
        return point - direction

    return step


def textbook(estimate: Tensor, step: Tensor, change: Tensor) -> Tensor:
    """Return BFGS's update of the inverse Hessian (Nocedal and Wright 2006, equation 6.17)."""
    curvature = step.dot(change)
    if curvature <= _NO_CURVATURE:
        return estimate
    left = torch.eye(len(step), dtype=step.dtype) - step.outer(change) / curvature
    return left @ estimate @ left.T + step.outer(step) / curvature


def _newton_case(walk: Walk, name: str, task: str) -> Case:
    def mine(solution: Solution, draw: torch.Generator) -> Run:
        return newtons_way(walk.landscape(draw), walk.steps, _asked_step(solution, walk.damping))

    def twin(_mine: Run, draw: torch.Generator) -> Run:
        return newtons_way(walk.landscape(draw), walk.steps, solved(walk.damping))

    return Case(
        mine=mine, twin=twin, pictures=lambda mine, twin: _drawn(walk, mine, twin, name, task, "Newton's method")
    )


def _residual_case(walk: Walk) -> Case:
    """Compare what is left of the slope: nearly nothing after a solved system, much more after an inverse.

    Nearly nothing has no digits of its own, so the share that is left is compared as one and that share.
    """

    def left(landscape: Landscape, step: Step) -> Run:
        _, before = landscape.at(landscape.begins)
        reached = step(landscape.begins, before, landscape.curvature(landscape.begins))
        _, after = landscape.at(reached)
        return Run(states=[{"the slope that is left": 1 + after / before.norm()}])

    return Case(
        mine=lambda solution, draw: left(walk.landscape(draw), _asked_step(solution, walk.damping)),
        twin=lambda _mine, draw: left(walk.landscape(draw), solved(walk.damping)),
    )


def _bfgs_case(walk: Walk, name: str, task: str) -> Case:
    steps = LONGEST if walk.window else walk.steps

    def mine(solution: Solution, draw: torch.Generator) -> Run:
        return quasi_newton(walk.landscape(draw), solution.bfgs_update, compared=walk.steps, steps=steps)

    def twin(_mine: Run, draw: torch.Generator) -> Run:
        return quasi_newton(walk.landscape(draw), textbook, compared=walk.steps, steps=steps)

    return Case(mine=mine, twin=twin, pictures=lambda mine, twin: _drawn(walk, mine, twin, name, task, "BFGS"))


def _asked_step(solution: Solution, damping: float) -> Step:
    def step(point: Tensor, grad: Tensor, hessian: Tensor) -> Tensor:
        found: Tensor = solution.newton_step(point, grad, hessian, damping=damping)
        return found

    return step


def _begun(landscape: Landscape) -> Run:
    run = Run()
    _note(run, landscape, landscape.begins)
    return run


def _note(run: Run, landscape: Landscape, point: Tensor) -> None:
    height, grad = landscape.at(point)
    run.note("loss", height)
    run.note("slope", float(grad.norm()))
    run.note("x", float(point[0]))
    run.note("y", float(point[-1]))


def _searched(landscape: Landscape, point: Tensor, height: float, grad: Tensor, direction: Tensor) -> Tensor | None:
    """Return the first point along a direction, halving from the whole of it, that lies low enough (Armijo 1966)."""
    promised, length = float(grad @ direction), 1.0
    while promised < 0 and length > _SHORTEST:
        found = point + length * direction
        if float(landscape.value(found)) <= height + _ENOUGH * length * promised:
            return found
        length /= 2
    return None


def _drawn(walk: Walk, mine: Run, twin: Run, name: str, task: str, method: str) -> list[Picture]:
    """Return the paths over the contours, and the loss step by step, each beside gradient descent's."""
    if walk.window is None:
        return []
    landscape = walk.landscape(torch.Generator())
    plain = quasi_newton(landscape, lambda estimate, *_: estimate, compared=0, steps=FAR)
    counted = (
        f"Steps to the minimum: {_arrival(mine)} (yours), {_arrival(twin)} (PyTorch's), {_arrival(plain)} (gradient "
        "descent with a line search)."
    )
    paths = drawing.trajectories(
        name,
        task,
        name="path",
        title=f"The way of {method} through a bent valley",
        caption=f"From the same start: where each step leads. {counted}",
        heights=landscape.value,
        x=walk.window[0],
        y=walk.window[1],
        mine=_path(mine),
        twin=_path(twin),
        side=31,
    )
    losses = drawing.curves(
        name,
        task,
        name="loss",
        title=f"The loss on the way of {method}",
        caption=f"Near the minimum {method} falls more steeply with each step. {counted}",
        mine=_shown(mine),
        twin=_shown(twin),
        others={_PLAIN: _shown(plain)[: 2 * len(twin.curves["loss"])]},
    )
    way = _path(plain)
    beside = Series.of(_PLAIN, Role.OTHER, [y for _, y in way], [x for x, _ in way])
    return [replace(paths, series=(*paths.series, beside)), losses]


def _arrival(run: Run) -> str:
    slopes = run.curves["slope"]
    step = next((step for step, slope in enumerate(slopes) if slope < ARRIVED), None)
    return str(step) if step is not None else f"more than {len(slopes) - 1}"


def _path(run: Run) -> list[tuple[float, float]]:
    return list(zip(run.curves["x"], run.curves["y"], strict=True))


def _shown(run: Run) -> list[float]:
    """Return the losses, with a place on a logarithmic axis for those that are zero."""
    return [max(loss, 1e-17) for loss in run.curves["loss"]]

"""The two halves of Bayesian optimisation beside PyTorch's linear algebra: the model, and what it promises."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from grader.comparison import drawing
from grader.comparison.case import Case
from grader.comparison.drawing import PYTORCH
from grader.comparison.experiments.searching import (
    Posterior,
    Questions,
    Search,
    at_random,
    expected_improvement,
    gaussian_process,
    improved,
    modelled,
)
from grader.comparison.parity import Parity
from grader.comparison.run import Run
from grader.domain.picture import Band, Mark, Picture, Role, Series
from grader.judge.suite import Solution, Step

_EXACT_POINTS = 30


def model(*, name: str, task: str, points: float, hint: str, searches: Mapping[str, Search], drawn: str) -> Parity:
    """Return the comparison of `gp_posterior`: searches that rest on it, one of which is drawn, and exact values."""
    cases = {words: _model_case(search, name, task, words == drawn) for words, search in searches.items()}
    cases["Values that are known exactly"] = Case(
        mine=lambda solution, draw: _exact_run(_asked(solution, 1.0, 0.0), draw),
        twin=lambda _mine, draw: _exact_run(gaussian_process(1.0, 0.0), draw),
    )
    return Parity(name=name, task=task, function="gp_posterior", points=points, hint=hint, cases=cases, unit="trial")


def promise(*, name: str, task: str, points: float, hint: str, searches: Mapping[str, Search], drawn: str) -> Parity:
    """Return the comparison of `expected_improvement`: searches that are led by it, one of which is drawn."""
    cases = {words: _promise_case(search, name, task, words == drawn) for words, search in searches.items()}
    return Parity(
        name=name, task=task, function="expected_improvement", points=points, hint=hint, cases=cases, unit="trial"
    )


def _model_case(search: Search, name: str, task: str, is_drawn: bool) -> Case:
    def mine(solution: Solution, draw: torch.Generator) -> Run:
        return modelled(search, draw, _asked(solution, search.length_scale, search.noise))

    def twin(mine: Run, draw: torch.Generator) -> Run:
        free = modelled(search, _copy(draw), search.posterior)
        run = modelled(search, draw, search.posterior, like=mine)
        run.curves["best"] = free.curves["best"]
        return run

    def pictures(mine: Run, twin: Run) -> list[Picture]:
        found = [_posterior(search, mine, twin, name, task, number) for number in (0, search.trials - 1)]
        return [*found, _best(search, mine, twin, name, task)]

    return Case(mine=mine, twin=twin, pictures=pictures) if is_drawn else Case(mine=mine, twin=twin)


def _promise_case(search: Search, name: str, task: str, is_drawn: bool) -> Case:
    def mine(solution: Solution, draw: torch.Generator) -> Run:
        def asked(questions: Questions) -> list[Tensor]:
            return solution.expected_improvement.many([Step(question, {}) for question in questions])

        return improved(search, draw, asked)

    def own(questions: Questions) -> list[Tensor]:
        return [expected_improvement(*question) for question in questions]

    def twin(mine: Run, draw: torch.Generator) -> Run:
        free = improved(search, _copy(draw), own)
        run = improved(search, draw, own, like=mine)
        run.curves["best"] = free.curves["best"]
        return run

    def pictures(mine: Run, twin: Run) -> list[Picture]:
        return [_improvement(search, mine, twin, name, task), _best(search, mine, twin, name, task)]

    return Case(mine=mine, twin=twin, pictures=pictures) if is_drawn else Case(mine=mine, twin=twin)


def _exact_run(posterior: Posterior, draw: torch.Generator) -> Run:
    """Ask at points whose value is known without noise, and between them.

    There the variance is rounding alone, of either sign, and has to be clamped before its root is taken. The root of
    rounding has no digits of its own, so variances are compared; and where one is NaN is up to rounding, so that counts
    once.
    """
    points = torch.arange(_EXACT_POINTS, dtype=torch.float64)
    points = points + 0.1 * torch.rand(_EXACT_POINTS, generator=draw, dtype=torch.float64)
    x, y = points.unsqueeze(1), torch.randn(_EXACT_POINTS, generator=draw, dtype=torch.float64)
    mean, std = posterior(x, y, torch.cat([x, (x[1:] + x[:-1]) / 2]))
    state = {
        "the mean": mean,
        "the variance": std.square().nan_to_num(nan=0.0, posinf=torch.inf),
        "the std where rounding falls below zero": (~std.isnan()).all().double(),
    }
    return Run(states=[state])


def _asked(solution: Solution, length_scale: float, noise: float) -> Posterior:
    def posterior(x_train: Tensor, y_train: Tensor, x_query: Tensor) -> tuple[Tensor, Tensor]:
        mean, std = solution.gp_posterior(x_train, y_train, x_query, length_scale=length_scale, noise=noise)
        return mean, std

    return posterior


def _copy(draw: torch.Generator) -> torch.Generator:
    return torch.Generator().set_state(draw.get_state())


def _posterior(search: Search, mine: Run, twin: Run, name: str, task: str, number: int) -> Picture:
    """Return what is believed before a trial, counted from 0, beside the function that nobody but the judge knows."""
    x = search.places.squeeze(1).tolist()
    tried = [int(row) for row in mine.curves["tried"]]
    known = len(tried) - search.trials
    mean, std = twin.states[number]["mean/the mean"], twin.states[number]["std/the std"]
    return Picture(
        name=f"{name}-model-{number + 1}",
        check=name,
        task=task,
        title=f"What the model believes before trial {number + 1}",
        caption="The mean goes through the values that were measured, and the band is narrow there; it is wide where "
        "nothing was tried. The judge tries next where the mean is low or the band is wide.",
        x_label="place",
        y_label="value",
        series=(
            Series.of(f"{PYTORCH}'s mean", Role.REFERENCE, mean.tolist(), x),
            Series.of("your mean", Role.YOURS, mine.states[number]["mean/the mean"].tolist(), x),
            Series.of("the function itself", Role.OTHER, search.heights.tolist(), x),
            *_dots(search, "tried first", tried[:known]),
            *_dots(search, "tried by your model", tried[known : known + number]),
        ),
        band=Band.of(
            f"{PYTORCH}'s mean, plus and minus 2 std", (mean - 2 * std).tolist(), (mean + 2 * std).tolist(), x
        ),
        marks=(Mark(x[tried[known + number]], "tried next"),),
    )


def _improvement(search: Search, mine: Run, twin: Run, name: str, task: str) -> Picture:
    x = search.places.squeeze(1).tolist()
    next_one = int(mine.curves["tried"][len(mine.curves["tried"]) - len(mine.states)])
    found = drawing.curves(
        name,
        task,
        name="improvement",
        title="What each place promises before the first trial",
        caption="The expected improvement at every place, yours and PyTorch's: it is zero where all is known, and the "
        "judge tries its highest place next.",
        mine=mine.states[0]["the improvement"].tolist(),
        twin=twin.states[0]["the improvement"].tolist(),
        x=x,
        x_label="place",
        y_label="expected improvement",
        log_y=False,
    )
    return found.marked([Mark(x[next_one], "tried next")])


def _best(search: Search, mine: Run, twin: Run, name: str, task: str) -> Picture:
    best = twin.curves["best"]
    return drawing.curves(
        name,
        task,
        name="best",
        title="The best value found, trial by trial",
        caption="From the same first places: the lowest value that a search has found, yours, PyTorch's, and that of "
        "drawing places at random, on average over many tries.",
        mine=mine.curves["best"],
        twin=best,
        x_label="trial",
        y_label="lowest value",
        log_y=False,
        others={"drawn at random": at_random(search, best[0], max(len(best), len(mine.curves["best"])) - 1)},
    )


def _dots(search: Search, words: str, rows: Sequence[int]) -> list[Series]:
    """Return the places as points that no line joins: between any two of them lies a gap."""
    if not rows:
        return []
    x: list[float] = []
    y: list[float] = []
    for row in sorted(rows):
        place = float(search.places[row])
        if x:
            x.append((x[-1] + place) / 2)
            y.append(math.nan)
        x.append(place)
        y.append(float(search.heights[row]))
    role = Role.OTHER if words == "tried first" else Role.YOURS
    return [Series.of(words, role, y, x)]

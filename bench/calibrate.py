"""How often the training comparison refuses a right component by chance, and how long a comparison takes.

    .venv/bin/python bench/calibrate.py [SLUG...] [--runs 60] [--trials 20000] [--right]

For each seed ensemble of the exercises (default: all), so many runs of the reference are made on each of its problems.
Then, trial by trial, one run of each problem is taken for a student's and fourteen others for the replicates, and the
block is judged. With 20,000 trials a rate of 0.2 % is known to within 0.03 % (one standard error), apart from what the
limited number of runs adds. With `--right` the exercise's other right solutions are students as well, with so many
runs each, in this process. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import torch
from measure import machine, table

from grader.catalog import load_catalog
from grader.comparison.ensemble import BLOCKS, Ensemble
from grader.comparison.finding import World
from grader.comparison.statistics import REPLICATES
from grader.comparison.training import Training
from grader.domain.exercise import Exercise
from grader.judge.in_the_open import OpenChannel
from grader.judge.reference import load_module
from grader.judge.suite import Solution
from grader.judge.training import load_training
from grader.settings import REPOSITORY, Settings


def main() -> None:
    """Make the runs, resample them, print the rates."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("slugs", nargs="*", metavar="SLUG")
    parser.add_argument("--runs", type=int, default=60, help="runs of the reference on each problem")
    parser.add_argument("--trials", type=int, default=20_000, help="blocks that are judged")
    parser.add_argument("--right", action="store_true", help="also with the other right solutions as students")
    parser.add_argument("--wider", nargs="*", type=float, default=[], help="also with limits that are so much wider")
    options = parser.parse_args()
    torch.set_num_threads(1)
    settings = Settings()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for exercise in load_catalog(settings.exercises_dir).exercises:
            if options.slugs and exercise.slug not in options.slugs:
                continue
            for experiment in ensembles_of(exercise):
                assert exercise.comparison is not None, "an exercise with ensembles has a comparison"
                world = World(seed=0, data=exercise.comparison.data, folder=Path(folder), version="calibration")
                started = time.perf_counter()
                known = runs_of(experiment, world, options.runs)
                students = {"reference": known}
                for path in sorted((suite_of(exercise) / "right").glob("*.py")) if options.right else ():
                    students[path.stem] = runs_with(experiment, world, options.runs, opened(exercise, path))
                seconds = time.perf_counter() - started
                print(f"{experiment.name}: {seconds:.0f} s of runs", file=sys.stderr)
                for student, runs in students.items():
                    for wider in sorted({experiment.wider, *options.wider}):
                        tried = replace(experiment, wider=wider)
                        rates = [
                            refused(tried, block, replicates, options.trials)
                            for block, replicates in zip(runs, known, strict=True)
                        ]
                        told = [experiment.name, student, str(len(experiment.statistics)), f"{wider:g}"]
                        rows.append([*told, *(f"{rate:.3%}" for rate in rates)])
    print(f"{options.runs} runs of the reference on each of {8 * BLOCKS} problems, {options.trials:,} trials. ")
    print(f"{machine('none')}\n")
    print(table(["ensemble", "student", "statistics", "limits wider by", "first block refused", "second"], rows))


def suite_of(exercise: Exercise) -> Path:
    """Return the folder of an exercise's hidden suite."""
    return REPOSITORY / "grader" / "suites" / exercise.slug


def ensembles_of(exercise: Exercise) -> list[Ensemble]:
    """Return the seed ensembles of an exercise's comparison."""
    suite = suite_of(exercise)
    sys.path.append(str(suite))
    training = load_training(suite, exercise)
    if not isinstance(training, Training):
        return []
    return [experiment for experiment in training.experiments if isinstance(experiment, Ensemble)]


def runs_of(experiment: Ensemble, world: World, count: int) -> list[torch.Tensor]:
    """Return for each block the statistics (problems, runs, k) of so many runs of the reference."""
    return [
        torch.stack(
            [
                experiment.reference(world, problem, count, torch.Generator().manual_seed(7_919 * problem + 1)).values
                for problem in experiment.problems(block)
            ]
        )
        for block in range(BLOCKS)
    ]


def opened(exercise: Exercise, path: Path) -> Solution:
    """Return a solution that runs in this process."""
    reference = load_module(suite_of(exercise) / "reference.py")
    return Solution(OpenChannel(load_module(path)), exercise, reference)


def runs_with(experiment: Ensemble, world: World, count: int, solution: Solution) -> list[torch.Tensor]:
    """Return for each block the statistics (problems, runs, k) of so many runs of a solution."""
    plain = replace(world, with_pictures=False)
    return [
        torch.stack(
            [
                experiment.mine(solution, plain, experiment.problems(block), torch.Generator().manual_seed(run)).values
                for run in range(count)
            ],
            1,
        )
        for block in range(BLOCKS)
    ]


def refused(experiment: Ensemble, runs: torch.Tensor, known: torch.Tensor, trials: int) -> float:
    """Return the share of trials in which a run is refused that is drawn from `runs`, among others of `known`.

    Both are (problems, runs, k) with as many runs, and may be the same: a run is never among its own replicates.
    """
    draw = torch.Generator().manual_seed(1)
    failed = 0
    for _ in range(trials):
        order = torch.rand(known.shape[:2], generator=draw).argsort(1)
        mine, replicates = _taken(runs, order[:, :1])[:, 0], _taken(known, order[:, 1 : REPLICATES + 1])
        failed += bool(experiment.strange(mine, replicates))
    return failed / trials


def _taken(runs: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """Return of each problem the runs at these places, (problems, places, k)."""
    return runs.gather(1, places[:, :, None].expand(-1, -1, runs.shape[2]))


if __name__ == "__main__":
    main()

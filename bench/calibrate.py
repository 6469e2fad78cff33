"""How often the training comparison refuses a right component by chance, and how long a comparison takes.

    .venv/bin/python bench/calibrate.py [SLUG...] [--runs 60] [--trials 20000]

For each seed ensemble of the exercises (default: all), so many runs of the reference are made on each of its problems.
Then, trial by trial, one run of each problem is taken for a student's and fourteen others for the replicates, and the
block is judged. With 20,000 trials a rate of 0.2 % is known to within 0.03 % (one standard error), apart from what the
limited number of runs adds. Prints a Markdown table.
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
from grader.judge.training import load_training
from grader.settings import REPOSITORY, Settings


def main() -> None:
    """Make the runs, resample them, print the rates."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("slugs", nargs="*", metavar="SLUG")
    parser.add_argument("--runs", type=int, default=60, help="runs of the reference on each problem")
    parser.add_argument("--trials", type=int, default=20_000, help="blocks that are judged")
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
                runs = runs_of(experiment, world, options.runs)
                seconds = time.perf_counter() - started
                print(f"{experiment.name}: {seconds:.0f} s of runs", file=sys.stderr)
                for wider in sorted({experiment.wider, *options.wider}):
                    tried = replace(experiment, wider=wider)
                    rates = [refused(tried, block, options.trials) for block in runs]
                    told = [experiment.name, str(len(experiment.statistics)), f"{wider:g}"]
                    rows.append([*told, *(f"{rate:.3%}" for rate in rates)])
    print(f"{options.runs} runs of the reference on each of {8 * BLOCKS} problems, {options.trials:,} trials. ")
    print(f"{machine('none')}\n")
    print(table(["ensemble", "statistics", "limits wider by", "first block refused", "second block refused"], rows))


def ensembles_of(exercise: Exercise) -> list[Ensemble]:
    """Return the seed ensembles of an exercise's comparison."""
    suite = REPOSITORY / "grader" / "suites" / exercise.slug
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


def refused(experiment: Ensemble, runs: torch.Tensor, trials: int) -> float:
    """Return the share of trials in which a run of the reference is refused among its own like."""
    draw = torch.Generator().manual_seed(1)
    problems, count, _ = runs.shape
    failed = 0
    for _ in range(trials):
        order = torch.rand((problems, count), generator=draw).argsort(1)[:, : REPLICATES + 1]
        chosen = runs.gather(1, order[:, :, None].expand(-1, -1, runs.shape[2]))
        failed += bool(experiment.strange(chosen[:, 0], chosen[:, 1:]))
    return failed / trials


if __name__ == "__main__":
    main()

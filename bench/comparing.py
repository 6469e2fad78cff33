"""What a training comparison takes: the reference and a wrong solution of each exercise, through the real sandbox.

    .venv/bin/python bench/comparing.py [SLUG...] [--rounds 5]

Run on one core with `taskset -c 0`. The first round of each exercise, which starts processes and computes the
reference's replicates, is told apart.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from measure import machine, processor_seconds, settle, table

from grader.catalog import load_catalog
from grader.domain.submission import SourceFile
from grader.evaluate import Grader
from grader.judge.misconceptions import InTraining, read_mutants
from grader.selfcheck.graded import mutated
from grader.settings import Settings


def main() -> None:
    """Measure each exercise and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("slugs", nargs="*", metavar="SLUG")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        catalog = load_catalog(settings.exercises_dir)
        with Grader(settings, catalog) as grader:
            tier = grader.tier
            for exercise in catalog.exercises:
                if exercise.comparison is None or (options.slugs and exercise.slug not in options.slugs):
                    continue
                suite = grader.suite_of(exercise)
                reference = (suite / "reference.py").read_bytes()
                shown = [one for one in read_mutants(suite, exercise) if one.in_training is InTraining.SHOWS]
                grader.warm([exercise.slug])
                for kind, content in (("right", reference), ("wrong", mutated(reference, shown[0]))):
                    files = [SourceFile(exercise.solution_name, content)]
                    times = []
                    for _ in range(options.rounds + 1):
                        used, started = processor_seconds(), time.perf_counter()
                        report = grader.compare(exercise.slug, files, seed=1)
                        wall = time.perf_counter() - started
                        settle()
                        times.append((wall, processor_seconds() - used))
                    first, *others = times
                    wall, used = (statistics.median(part) for part in zip(*others, strict=True))
                    told = [f"{first[0]:.2f}", f"{wall:.2f}", f"{used:.2f}", f"{report.points:g} of 25"]
                    rows.append([f"`{exercise.slug}`", kind, *told])
    print(f"Medians of {options.rounds} comparisons.\n{machine(tier)}\n")
    print(table(["exercise", "submission", "first, wall s", "wall s", "CPU s", "points"], rows))


if __name__ == "__main__":
    main()

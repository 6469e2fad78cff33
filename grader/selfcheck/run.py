"""The whole self-check of several exercises: all its work over a few threads, what came of it by exercise."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from grader.evaluate import Grader
from grader.selfcheck.graded import Graded, Row, faults_among, solutions_to_grade
from grader.selfcheck.material import faults_of_material
from grader.selfcheck.public import faults_of_public_tests

SECONDS = 2400.0
"""How long the work of one exercise may take, summed over the threads, also on a slow machine: that of the capstone,
which trains some hundred networks. An exercise that needs more is a fault: nobody would check it again."""

Progress = Callable[[str, int, int], None]
"""Told of which exercise something is done, how much is done, and how much there is."""


@dataclass(frozen=True)
class SelfCheck:
    """What was graded of one exercise, everything that is not as promised, and the seconds of work."""

    slug: str
    rows: list[Row]
    faults: list[str]
    seconds: float


def check_exercises(grader: Grader, slugs: Sequence[str], *, jobs: int, on_progress: Progress) -> Iterator[SelfCheck]:
    """Check exercises, `jobs` things at a time; yields each as soon as it and those before it are done.

    Raises `GraderFault`, `ManifestError`, `UnknownExercise`.
    """
    with ThreadPoolExecutor(jobs) as pool:
        given = {slug: [pool.submit(_timed, work) for work in _work_of(grader, slug)] for slug in slugs}
        futures = [future for several in given.values() for future in several]
        done = 0
        try:
            for slug, several in given.items():
                found = []
                for future in several:
                    found.append(future.result())
                    done += 1
                    on_progress(slug, done, len(futures))
                yield _gathered(slug, found)
        finally:
            _cancel(futures)


def _work_of(grader: Grader, slug: str) -> Iterator[Callable[[], Graded | list[str]]]:
    exercise = grader.catalog.exercise(slug)
    suite = grader.suite_of(exercise)
    yield from solutions_to_grade(grader, slug)
    yield lambda: faults_of_public_tests(exercise, suite)
    yield lambda: faults_of_material(grader.catalog, exercise, suite)


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.monotonic()
    result = work()
    return time.monotonic() - started, result


def _gathered(slug: str, found: list[tuple[float, Any]]) -> SelfCheck:
    graded = [result for _, result in found if isinstance(result, Graded)]
    faults = faults_among(graded) + [fault for _, result in found if isinstance(result, list) for fault in result]
    seconds = sum(seconds for seconds, _ in found)
    if seconds > SECONDS:
        faults.append(f"its check took {seconds:.0f} seconds of work; {SECONDS:.0f} are allowed")
    return SelfCheck(slug, [one.row for one in graded], faults, seconds)


def _cancel(futures: list[Future[Any]]) -> None:
    """Take back what has not begun: nobody waits for it after a fault or an interrupt."""
    for future in futures:
        future.cancel()

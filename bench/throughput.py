"""What a worker grades in a row: 200 mixed submissions on all cores, beside as many fresh pytest processes at a time.

    python bench/throughput.py [--exercise adam12] [--looping 0.1] [--fresh 40] [--stop job] [--tier landlock]

By default 60 % of the submissions are right, 30 % have one mistake of the suite's bank, and in 10 % `adam_step` never
returns, all in a seeded order. As many threads as there are cores call `Grader.grade`. Before and after that, half
each, a sample with the same shares goes through as many fresh pytest processes at a time, and its rate is taken for
the whole. A fresh process that loops is stopped `call_seconds` (what this grader gives one call) after the median of
the fresh runs: earlier than anybody could dare who does not know how long a run takes. With `--stop job` it has
`job_seconds`, the limit of a whole submission, as with this grader. It then reports nothing, while this grader has
stopped one call and keeps the points of the other tasks.

Ends with code 1 if a verdict was not the expected one, or if something grew after the first 20 submissions.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

from measure import EXERCISES, TIERS, Subject, descendants, machine, settle, table

from grader.catalog import load_exercise
from grader.domain.exercise import Exercise
from grader.domain.report import Report
from grader.domain.verdict import Verdict
from grader.evaluate import Grader
from grader.judge.misconceptions import read_mutants

SEED = 7
RUN_IN = 20
RIGHT_SHARE = 2 / 3
"""Of the submissions that end by themselves."""
LOOPING_FUNCTION = "adam_step"
LOOP = f"def {LOOPING_FUNCTION}(*args, **settings):\n    while True:\n        pass\n"
MEMORY_ALLOWED = 4 * 2**20
"""What the memory of a warm process may gain in the run. Allocators, and pages that forks share, move it by one or two
MiB either way; a leak of 32 KiB a job would be 6 MiB after 180 jobs. Files, processes and folders may gain nothing."""
FOLDERS = (Path("/tmp"), Path("/dev/shm"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--exercise", choices=EXERCISES, default="adaptive")
    parser.add_argument("--total", type=int, default=200, help=f"submissions, more than {RUN_IN}")
    parser.add_argument("--looping", type=float, default=0.1, help="the share of submissions that never end")
    parser.add_argument("--fresh", type=int, default=40, help="how many of them fresh processes grade")
    parser.add_argument("--stop", choices=("early", "job"), default="early", help="when a looping fresh run is stopped")
    parser.add_argument("--tier", choices=TIERS, default="auto", help="the sandbox tier")
    options = parser.parse_args()
    subject = Subject.named(options.exercise, options.tier)
    exercise, cores = load_exercise(subject.folder), os.cpu_count() or 1
    sample = mix(subject, exercise, options.fresh, options.looping)
    half = len(sample) // 2
    with tempfile.TemporaryDirectory() as folder:
        fresh = FreshProcesses(subject, exercise, Path(folder), cores, options.stop)
        theirs = fresh.grade(sample[:half])
        ours, growth, tier = grade_warm(
            subject, exercise, mix(subject, exercise, options.total, options.looping), cores
        )
        theirs += fresh.grade(sample[half:])
    print(
        f"{options.total} submissions of `{subject.slug}` in a row, {options.looping:.0%} of them looping, {cores} at "
        f"a time; {machine(tier)}. Fresh processes graded {options.fresh} of the same mix, and the rate of those "
        f"stands for all; a looping one was stopped after {fresh.seconds_for_looping:.1f} s.\n"
    )
    print(f"{_rates(ours, theirs)}\n\n{growth.table()}")
    faults = [*ours.unexpected, *theirs.unexpected, *growth.faults()]
    print("", *(faults or ["Every verdict was the expected one, and nothing grew."]), sep="\n")
    sys.exit(bool(faults))


@dataclass(frozen=True)
class Submission:
    """One of the mix; `mistake` names the mutant that a wrong one is."""

    kind: str
    content: bytes
    mistake: str = ""


def mix(subject: Subject, exercise: Exercise, total: int, looping: float) -> list[Submission]:
    """Return right, wrong and looping submissions in their shares, in an order that is always the same."""
    endless = round(total * looping)
    right = round((total - endless) * RIGHT_SHARE)
    draw = random.Random(SEED)
    mutants = [mutant.name for mutant in read_mutants(subject.suite, exercise) if not mutant.is_variant]
    mistakes = [draw.choice(mutants) for _ in range(total - endless - right)]
    mixed = [Submission("right", subject.reference)] * right
    mixed += [Submission("looping", subject.changed(LOOP))] * endless
    mixed += [Submission("wrong", subject.mutant(name), name) for name in mistakes]
    draw.shuffle(mixed)
    return mixed


@dataclass
class Graded:
    """How a row of submissions went: the seconds in all and of each, and every result that was not as expected."""

    seconds: float = 0.0
    each: list[float] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)

    def __iadd__(self, other: Graded) -> Graded:
        self.seconds += other.seconds
        self.each += other.each
        self.unexpected += other.unexpected
        return self

    @property
    def rate(self) -> float:
        return len(self.each) / self.seconds

    @property
    def slow(self) -> float:
        """The seconds that 95 of 100 submissions stay below."""
        return quantiles(self.each, n=20)[-1]


def grade_all(submissions: Sequence[Submission], threads: int, grade: Callable[[int, Submission], str]) -> Graded:
    """Grade a row of submissions on some threads; `grade` returns what was not as expected, or nothing."""

    def timed(number: int, submission: Submission) -> tuple[float, str]:
        began = time.perf_counter()
        unexpected = grade(number, submission)
        return time.perf_counter() - began, unexpected

    began = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        done = list(pool.map(timed, range(len(submissions)), submissions))
    seconds = time.perf_counter() - began
    return Graded(seconds, [each for each, _ in done], [unexpected for _, unexpected in done if unexpected])


def grade_warm(
    subject: Subject, exercise: Exercise, submissions: list[Submission], cores: int
) -> tuple[Graded, Growth, str]:
    """Grade them all with this grader. Returns also what grew after the first of them, and the sandbox's tier."""

    def grade(number: int, submission: Submission) -> str:
        return _unexpected(submission, subject.grade(grader, submission.content, number), exercise)

    grader: Grader
    with subject.warm_grader() as grader:
        graded = grade_all(submissions[:RUN_IN], cores, grade)
        first = Held.now()
        graded += grade_all(submissions[RUN_IN:], cores, grade)
        return graded, Growth(first, Held.now(), cores), grader.tier


def _unexpected(submission: Submission, report: Report, exercise: Exercise) -> str:
    told = [found.name for found in report.misconceptions]
    lost = next(task.points for task in exercise.tasks if task.function == LOOPING_FUNCTION)
    match submission.kind:
        case "right":
            expected = report.verdict is Verdict.ACCEPTED and report.points == report.max_points
        case "looping":
            expected = report.verdict is Verdict.TIME_LIMIT and report.points == report.max_points - lost
        case _:
            expected = report.verdict is not Verdict.ACCEPTED and told == [submission.mistake]
    if expected:
        return ""
    return f"{submission.kind} {submission.mistake}: {report.verdict}, {report.points:g} points, told as {told}"


class FreshProcesses:
    """The grader beside ours: a pytest process of its own for each submission, in the open."""

    def __init__(self, subject: Subject, exercise: Exercise, folder: Path, cores: int, stop: str) -> None:
        self._subject, self._folder, self._cores = subject, folder, cores
        self._seconds: float | None = None
        usual = self.grade([Submission("right", subject.reference)] * 2 * cores)
        limits = exercise.limits
        early = median(usual.each) + limits.call_seconds
        self.seconds_for_looping = self._seconds = limits.job_seconds if stop == "job" else early

    def grade(self, submissions: Sequence[Submission]) -> Graded:
        return grade_all(submissions, self._cores, self._grade)

    def _grade(self, number: int, submission: Submission) -> str:
        path = self._folder / f"solution_{number}.py"
        path.write_bytes(submission.content)
        seconds = self._seconds if submission.kind == "looping" else None
        passed = self._subject.run_fresh(path, number, seconds=seconds)
        expected = {"right": True, "wrong": False, "looping": None}[submission.kind]
        return "" if passed is expected else f"fresh pytest, {submission.kind} {submission.mistake}: {passed}"


@dataclass(frozen=True)
class Held:
    """What this worker and its warm processes hold while nothing is being graded."""

    memory: dict[str, int]
    counted: dict[str, int]
    ended: int
    entries: frozenset[str]

    @classmethod
    def now(cls) -> Held:
        settle()
        processes = descendants()
        living = [process for process in processes if not process.is_zombie]
        memory, counted = {}, {"open files, worker": len(list(Path("/proc/self/fd").iterdir()))}
        for role in ("zygote", "judge"):
            those = [process for process in living if process.role == role]
            # Not `Pss`: it also moves when somebody else on the machine starts or ends a process with torch.
            for name, key in (("RSS", "Rss"), ("PSS without files", "Pss_Anon")):
                memory[f"{name}, {role}"] = sum(process.memory()[key] for process in those)
            counted[f"open files, {role}"] = sum(process.open_files() for process in those)
        counted["processes"] = len(living)
        entries = frozenset(str(path) for folder in FOLDERS for path in folder.iterdir())
        return cls(memory, counted, len(processes) - len(living), entries)


class Row(NamedTuple):
    """One thing that must not grow, in the unit of its name."""

    name: str
    first: float
    last: float
    allowed: float


@dataclass(frozen=True)
class Growth:
    """What was held after the first submissions, and at the end."""

    first: Held
    last: Held
    cores: int

    def rows(self) -> list[Row]:
        mega = 2**20
        rows = [
            Row(f"{name}, MiB", self.first.memory[name] / mega, now / mega, MEMORY_ALLOWED / mega)
            for name, now in self.last.memory.items()
        ]
        rows += [Row(name, self.first.counted[name], now, 0) for name, now in self.last.counted.items()]
        # A judge takes leave of the jobs that have ended when the next one comes.
        rows.append(Row("ended, not yet waited for", self.first.ended, self.last.ended, self.cores))
        places = " and ".join(map(str, FOLDERS))
        rows.append(Row(f"entries in {places}", len(self.first.entries), len(self.last.entries), 0))
        return rows

    def table(self) -> str:
        head = ["held at rest", f"after {RUN_IN}", "at the end", "may gain"]
        return table(head, [[row.name, *(f"{value:.4g}" for value in row[1:])] for row in self.rows()])

    def faults(self) -> list[str]:
        """Say what grew beyond what is allowed."""
        told = [f"grew: {row.name}" for row in self.rows() if row.last - row.first > row.allowed]
        new = sorted(self.last.entries - self.first.entries)
        return told + ([f"new: {', '.join(new)}"] if new else [])


def _rates(ours: Graded, theirs: Graded) -> str:
    head = ["", "this grader", "fresh pytest", "ratio"]
    rows = [
        ["submissions per second", f"{ours.rate:.2f}", f"{theirs.rate:.2f}", f"**{ours.rate / theirs.rate:.1f} x**"]
    ]
    for name, mine, other in (
        ("median seconds", median(ours.each), median(theirs.each)),
        ("95 % within seconds", ours.slow, theirs.slow),
    ):
        rows.append([name, f"{mine:.2f}", f"{other:.2f}", f"{other / mine:.1f} x"])
    return table(head, rows)


if __name__ == "__main__":
    main()

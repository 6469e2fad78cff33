"""What one grade costs: this grader with its whole sandbox, beside a fresh pytest and beside the floor.

    python bench/warm_grading.py [--repeat 10] [--tier namespaces] [--memory]

Three ways run the same hidden tests on the same submissions (the reference, the stub, Adam without its bias
correction), in turn, in one run, so that a busy machine slows all three:

* this grader: `Grader.grade`, full isolation, ten grades in a row
* fresh: one pytest process in the open, as graders commonly start one for each submission; no isolation
* floor: the collected tests run again and again in one warm process; no fork, no isolation, the file loaded before

Wall time is the median over single grades. Processor time is the user and system time of every process involved: of
this grader's worker, zygote, judge and guest, whose start is not counted, it is paid once (some 4 s); of the whole
fresh process; of the floor's tests alone. Linux tells a dead grandchild's time in ticks of 10 ms, so this grader's is
taken over each batch of ten and divided by ten; the median over the batches is told. `--memory` tells the memory of
one job instead of the time.
"""

from __future__ import annotations

import argparse
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from measure import (
    BENCH,
    EXERCISES,
    TIERS,
    Process,
    Subject,
    children_seconds,
    descendants,
    machine,
    processor_seconds,
    settle,
    table,
)

from grader.domain.verdict import Verdict
from grader.evaluate import Grader
from grader.sandbox.messages import receive_message, send_message

BATCH = 10
WRONG = {"adaptive": "adam_no_bias_correction", "adam12": "no_bias_correction"}
STAYS = {"judge": "nursery or judge", "zygote": "zygote or waiting guest"}
OF_THE_JOB = {"judge": "**the job's judge**", "zygote": "**the job's guest**"}
LAST_FUNCTION = {"adaptive": "adamw_step", "adam12": "adam_step"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=10, help=f"rounds; each grades every submission {BATCH} times")
    parser.add_argument("--tier", choices=TIERS, default="auto", help="the sandbox tier")
    parser.add_argument("--memory", action="store_true", help="tell the memory of a job instead of its time")
    options = parser.parse_args()
    subjects = [Subject.named(slug, options.tier) for slug in EXERCISES]
    print("\n\n".join(map(memory, subjects)) if options.memory else times(subjects, options.repeat))


@dataclass
class Timed:
    """Seconds of one way with one submission."""

    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    def add(self, wall: list[float], processor: float) -> None:
        self.wall += wall
        self.processor.append(processor)


@dataclass
class Compared:
    """One submission, and the three ways that were measured with it."""

    subject: Subject
    name: str
    content: bytes
    path: Path
    ours: Timed = field(default_factory=Timed)
    fresh: Timed = field(default_factory=Timed)
    floor: Timed = field(default_factory=Timed)

    def less_processor_time(self) -> float:
        """Return how many times the processor time of this grader the fresh process takes."""
        return median(self.fresh.processor) / median(self.ours.processor)


def times(subjects: list[Subject], repeat: int) -> str:
    """Measure all three ways with every submission of these exercises, in turn; return tables of medians."""
    with tempfile.TemporaryDirectory() as folder:
        compared = [one for subject in subjects for one in _submissions(subject, Path(folder))]
        graders = {subject: subject.warm_grader() for subject in subjects}
        tier = graders[subjects[0]].tier
        try:
            with _floor(subjects[0]) as first, _floor(subjects[1]) as second:
                floors = dict(zip(subjects, (first, second), strict=True))
                for number in range(repeat):
                    seeds = list(range(number * BATCH, (number + 1) * BATCH))
                    for one in compared:
                        _measure(one, graders[one.subject], floors[one.subject], seeds)
        finally:
            for grader in graders.values():
                grader.close()
    told = f"Medians of {repeat * BATCH} grades each, {repeat} of the fresh process; {machine(tier)}."
    return "\n\n".join((told, _table(compared), _aims(compared)))


def _submissions(subject: Subject, folder: Path) -> Iterator[Compared]:
    contents = {"right": subject.reference, "stub": subject.stub, "wrong": subject.mutant(WRONG[subject.slug])}
    for name, content in contents.items():
        path = folder / f"{subject.slug}_{name}.py"
        path.write_bytes(content)
        yield Compared(subject, name, content, path)


def _measure(one: Compared, grader: Grader, floor: socket.socket, seeds: list[int]) -> None:
    """Take one batch of grades, one fresh process and one batch of the floor. All three must fail the same checks."""
    settle()
    used = processor_seconds()
    walls, failed = [], []
    for seed in seeds:
        began = time.perf_counter()
        report = one.subject.grade(grader, one.content, seed)
        walls.append(time.perf_counter() - began)
        failed.append(sum(check.verdict is not Verdict.ACCEPTED for check in report.checks))
    settle()
    one.ours.add(walls, (processor_seconds() - used) / len(seeds))

    began, used = time.perf_counter(), children_seconds()
    passed = one.subject.run_fresh(one.path, seeds[0])
    one.fresh.add([time.perf_counter() - began], children_seconds() - used)

    send_message(floor, {"solution": str(one.path), "seeds": seeds})
    answer = receive_message(floor)
    assert answer is not None, "the floor's process ended"
    runs = answer[0]["runs"]
    one.floor.add([wall for wall, _, _ in runs], sum(used for _, used, _ in runs) / len(runs))
    assert [count for _, _, count in runs] == failed, "the floor fails other checks than the grader"
    assert passed == (not failed[0]), "the fresh process fails other checks than the grader"


@contextmanager
def _floor(subject: Subject) -> Iterator[socket.socket]:
    """Start the process that tells the floor; yield the line to it."""
    mine, theirs = socket.socketpair()
    with theirs:
        command = [sys.executable, str(BENCH / "floor.py"), str(theirs.fileno())]
        process = subprocess.Popen(
            [*command, str(subject.folder), str(subject.suite)],
            pass_fds=[theirs.fileno()],
            stdout=subprocess.DEVNULL,
        )
    with process, mine:
        assert receive_message(mine) is not None, "the floor's process did not start"
        yield mine


def _table(compared: list[Compared]) -> str:
    head = ["exercise", "submission", "this grader, wall ms", "CPU ms", "fresh pytest, wall ms", "CPU ms"]
    head += ["floor, wall ms", "CPU ms", "less CPU than fresh", "faster than fresh"]
    rows = []
    for one in compared:
        cells = [f"`{one.subject.slug}`", one.name]
        for way in (one.ours, one.fresh, one.floor):
            cells += [_ms(median(way.wall)), _ms(median(way.processor))]
        faster = median(one.fresh.wall) / median(one.ours.wall)
        rows.append([*cells, f"**{one.less_processor_time():.1f} x**", f"{faster:.1f} x"])
    return table(head, rows)


def _aims(compared: list[Compared]) -> str:
    """Return what the grader is built to keep, and whether it does."""
    right = next(one for one in compared if (one.subject.slug, one.name) == ("adaptive", "right"))
    wall, floor = median(right.ours.wall), median(right.floor.wall)
    allowed = 2.5 * floor + 0.060
    rows = [
        [
            f"`adaptive`, right: wall at most 2.5 x floor + 60 ms = {_ms(allowed)} ms",
            f"{_ms(wall)} ms",
            _yes(wall <= allowed),
        ]
    ]
    for slug, times_less in (("adaptive", 10), ("adam12", 30)):
        least = min(one.less_processor_time() for one in compared if one.subject.slug == slug)
        rows.append(
            [
                f"`{slug}`, each submission: CPU of fresh at least {times_less} x",
                f"{least:.1f} x",
                _yes(least >= times_less),
            ]
        )
    return table(["aim", "measured", "kept"], rows)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f}" if seconds >= 0.0995 else f"{seconds * 1000:.1f}"


def _yes(kept: bool) -> str:
    return "yes" if kept else "**no**"


def memory(subject: Subject) -> str:
    """Grade a right solution that pauses in its very last call, and tell the memory of every process meanwhile.

    What is private then has been written or touched by that process alone: this is what one more job needs.
    """
    function = LAST_FUNCTION[subject.slug]
    content = subject.changed(
        f"import time\n\n_at_once = {function}\n\n\ndef {function}(*args, **settings):\n"
        "    if settings.get('lr') == 0:  # asked by the last check\n        time.sleep(1.5)\n"
        "    return _at_once(*args, **settings)\n"
    )
    with subject.warm_grader() as grader:
        subject.grade(grader, content, 0)
        settle()
        thread = threading.Thread(target=subject.grade, args=(grader, content, 1))
        thread.start()
        processes = _when_paused()
        told = {process.pid: (process.role, process.memory()) for process in processes}
        thread.join()
        settle()
        stay = {process.pid for process in descendants() if not process.is_zombie}
        rows, of_the_job = [], 0
        for pid, (role, numbers) in sorted(told.items()):
            private = numbers["Private_Clean"] + numbers["Private_Dirty"]
            name = (STAYS if pid in stay else OF_THE_JOB)[role]
            rows.append([name, f"{private / 2**20:.1f}", f"{(numbers['Rss'] - private) / 2**20:.1f}"])
            of_the_job += 0 if pid in stay else private
        told_machine = f"`{subject.slug}`, a job at its last check; {machine(grader.tier)}."
    rows.append(["**private per job**", f"**{of_the_job / 2**20:.1f}**", ""])
    return f"{told_machine}\n\n{table(['process', 'private MiB', 'shared MiB'], rows)}"


def _when_paused() -> list[Process]:
    """Wait until a job is there and has used no processor time for a while; return the living processes."""
    idle = {process.pid for process in descendants() if not process.is_zombie}
    used, quiet_since = -1.0, time.monotonic()
    while True:
        time.sleep(0.05)
        living = [process for process in descendants() if not process.is_zombie]
        now = sum(process.own_seconds for process in living)
        if now != used or {process.pid for process in living} == idle:
            used, quiet_since = now, time.monotonic()
        elif time.monotonic() - quiet_since > 0.4:
            return living


if __name__ == "__main__":
    main()

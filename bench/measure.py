"""What the measurements share: the exercises that are graded, the fresh pytest beside them, and what /proc tells.

Linux only: everything about processes is read from /proc.
"""

from __future__ import annotations

import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from grader.catalog import load_catalog
from grader.domain.report import Report
from grader.domain.submission import SourceFile
from grader.evaluate import Grader
from grader.sandbox.host import THREADLESS
from grader.settings import REPOSITORY, Settings, read_settings

BENCH = Path(__file__).resolve().parent
EXERCISES = ("adaptive", "adam12")
TIERS = ("auto", "namespaces", "landlock", "process")

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Subject:
    """One exercise that is graded: of the real course, or of the small one that lies beside this file."""

    slug: str
    settings: Settings

    @classmethod
    def named(cls, slug: str, tier: str) -> Subject:
        """Return the exercise `slug` with the settings that load its course, in this tier."""
        settings = replace(read_settings(), sandbox_tier=tier)
        if slug == "adam12":
            course = BENCH / "course"
            settings = replace(settings, exercises_dir=course / "exercises", suites_dir=course / "suites")
        return cls(slug, settings)

    @property
    def folder(self) -> Path:
        return self.settings.exercises_dir / self.slug

    @property
    def suite(self) -> Path:
        return self.settings.suites_dir / self.slug

    @property
    def stub(self) -> bytes:
        return (self.folder / f"{self.slug}.py").read_bytes()

    @property
    def reference(self) -> bytes:
        return (self.suite / "reference.py").read_bytes()

    def changed(self, code: str) -> bytes:
        """Return the reference with `code` after it, which may define a function anew."""
        return self.reference + f"\n\n{code}".encode()

    def mutant(self, name: str) -> bytes:
        """Return the reference with one mistake of the suite's bank in it."""
        return self.changed((self.suite / "mutants" / f"{name}.py").read_text())

    def warm_grader(self) -> Grader:
        """Start the warm processes for this exercise alone; close the grader when done."""
        grader = Grader(self.settings, load_catalog(self.settings.exercises_dir))
        grader.warm([self.slug])
        return grader

    def grade(self, grader: Grader, content: bytes, seed: int) -> Report:
        return grader.grade(self.slug, [SourceFile(f"{self.slug}.py", content)], seed=seed)

    def run_fresh(self, solution: Path, seed: int, *, seconds: float | None = None) -> bool | None:
        """Run the hidden tests on a file in a pytest process of its own, in the open: no isolation at all.

        It loads no plugin that it does not need. Returns whether all passed, `None` if it was stopped after `seconds`.
        """
        command = [sys.executable, "-m", "pytest", "-q", "-p", "grader.judge.in_the_open", str(self.suite)]
        options = ["--exercise", str(self.folder), "--solution", str(solution), "--seed", str(seed), "--tb=line"]
        lean = ["-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(self.suite), "--import-mode=importlib"]
        environ = os.environ | THREADLESS | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        try:
            ended = subprocess.run(
                [*command, *options, *lean],
                cwd=REPOSITORY,
                env=environ,
                stdout=subprocess.DEVNULL,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return None
        assert ended.returncode in (0, 1), "pytest itself failed"
        return ended.returncode == 0


class Process(NamedTuple):
    """A descendant of this process, as /proc tells it."""

    pid: int
    is_zombie: bool
    waited_seconds: float
    """Processor time of its children that it has waited for."""

    @property
    def own_seconds(self) -> float:
        """Processor time that it used itself; it has one thread."""
        try:
            return int(Path(f"/proc/{self.pid}/schedstat").read_text().split()[0]) / 1e9
        except OSError:
            return 0.0  # gone since: who waited for it has its time now

    @property
    def role(self) -> str:
        """`judge` for the nursery and all it forked, `zygote` likewise; empty for anything else, and for a zombie."""
        try:
            words = Path(f"/proc/{self.pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return ""
        roles = {b"grader.judge.nursery": "judge", b"grader.sandbox.zygote": "zygote"}
        return next((roles[word] for word in words if word in roles), "")

    def memory(self) -> dict[str, int]:
        """Return the bytes of /proc/PID/smaps_rollup by name; needs root where the process has a uid of its own."""
        lines = Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines()[1:]
        return {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines}

    def open_files(self) -> int:
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))


def descendants() -> list[Process]:
    """Return every process that this one has started, directly or not, and that has not been waited for."""
    parents, found = {}, {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it ended while we looked
            pid = int(folder.name)
            parents[pid] = int(fields[1])
            found[pid] = Process(pid, fields[0] == "Z", (int(fields[13]) + int(fields[14])) / _TICKS)
    me = os.getpid()

    def is_ours(pid: int) -> bool:
        while pid > 1 and pid != me:
            pid = parents.get(pid, 0)
        return pid == me

    return [process for pid, process in found.items() if pid != me and is_ours(pid)]


def processor_seconds() -> float:
    """Return the user and system time of this process and of all its descendants, the waited-for ones included.

    Exact to the microsecond but for children that a descendant has waited for: those Linux tells in ticks of 10 ms,
    so take the difference over a batch of grades, not over one. A process that ends meanwhile counts in both places
    or in none for a moment, so ask when nothing is going on.
    """
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    mine = time.process_time() + children.ru_utime + children.ru_stime
    return mine + sum(process.own_seconds + process.waited_seconds for process in descendants())


def children_seconds() -> float:
    """Return the user and system time of this process's children that have ended and been waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def settle() -> None:
    """Let the last job's processes end and the warm ones become idle again: a grade is told before they have."""
    time.sleep(0.3)


def machine(tier: str) -> str:
    """Return what a table of figures has to say of the machine, as one line."""
    return (
        f"{os.cpu_count()} cores, Python {platform.python_version()}, PyTorch {version('torch')}, "
        f"Linux {platform.release().split('-')[0]}, tier `{tier}`"
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))

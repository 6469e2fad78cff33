"""What one grade of `adaptive` costs: the warm grader with its whole sandbox, beside a fresh pytest in the open.

    python bench/warm_grading.py [--repeat 15]

Both run the same hidden tests on the same submissions (the reference, the stub and a wrong Adam), in turn, in one
run, so that a busy machine slows both. Processor time is user and system time of every process involved: for the
warm grader judge, guest, zygote and this worker process (its start is not counted, it is paid once); for pytest the
whole child process. Prints a Markdown table of medians.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from grader.catalog import load_catalog
from grader.domain.submission import SourceFile
from grader.evaluate import Grader
from grader.sandbox.host import THREADLESS
from grader.settings import REPOSITORY, read_settings

SLUG = "adaptive"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=15, help="rounds over the three submissions")
    repeat = parser.parse_args().repeat
    settings = read_settings()
    suite = settings.suites_dir / SLUG
    reference = (suite / "reference.py").read_bytes()
    submissions = {
        "right": reference,
        "stub": (settings.exercises_dir / SLUG / f"{SLUG}.py").read_bytes(),
        "wrong Adam": reference + b"\n\n" + (suite / "mutants" / "adam_no_bias_correction.py").read_bytes(),
    }
    with Grader(settings, load_catalog(settings.exercises_dir)) as grader, tempfile.TemporaryDirectory() as folder:
        grader.warm([SLUG])
        rows = []
        for name, content in submissions.items():
            path = Path(folder) / f"{name.replace(' ', '_')}.py"
            path.write_bytes(content)
            warm, fresh = [], []
            for seed in range(repeat):
                warm.append(measured(lambda content=content, seed=seed: _grade(grader, content, seed), tree_seconds))
                fresh.append(measured(lambda path=path, seed=seed: _pytest(suite, path, seed), children_seconds))
            rows.append((name, warm, fresh))
        print(_table(rows, grader.tier, repeat))


def measured(work: Callable[[], None], processor: Callable[[], float]) -> tuple[float, float]:
    """Return the wall seconds and the processor seconds that `work` took."""
    wall, used = time.perf_counter(), processor()
    work()
    return time.perf_counter() - wall, processor() - used


def children_seconds() -> float:
    """Return the processor seconds of this process's children that have ended and been waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def tree_seconds() -> float:
    """Return the processor seconds of this process and all its descendants, the waited-for ones included.

    Linux counts in ticks of 10 ms, so single grades are coarse and only a median over many says something.
    """
    parents, used = {}, {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it ended while we looked
            parents[int(folder.name)] = int(fields[1])
            used[int(folder.name)] = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

    def is_ours(pid: int) -> bool:
        while pid > 1 and pid != os.getpid():
            pid = parents.get(pid, 0)
        return pid == os.getpid()

    return sum(seconds for pid, seconds in used.items() if is_ours(pid))


def _grade(grader: Grader, content: bytes, seed: int) -> None:
    grader.grade(SLUG, [SourceFile(f"{SLUG}.py", content)], seed=seed)


def _pytest(suite: Path, solution: Path, seed: int) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "grader.judge.in_the_open", str(suite)]
    options = ["--solution", str(solution), "--seed", str(seed), "-p", "no:cacheprovider", "--tb=line"]
    lean = ["-c", os.devnull, "--rootdir", str(suite), "--import-mode=importlib"]
    environ = os.environ | THREADLESS | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # no slower than it has to be
    ended = subprocess.run(
        [*command, *options, *lean], cwd=REPOSITORY, env=environ, stdout=subprocess.DEVNULL, check=False
    )
    assert ended.returncode in (0, 1), "pytest itself failed"


def _table(rows: list[tuple[str, list[tuple[float, float]], list[tuple[float, float]]]], tier: str, repeat: int) -> str:
    lines = [
        f"Medians of {repeat} grades each, `{SLUG}`, tier `{tier}`, {os.cpu_count()} cores.",
        "",
        "| submission | warm grader, CPU s | fresh pytest, CPU s | less CPU | warm, wall s | fresh, wall s | faster |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, warm, fresh in rows:
        wall, cpu = (statistics.median(column) for column in zip(*warm, strict=True))
        fresh_wall, fresh_cpu = (statistics.median(column) for column in zip(*fresh, strict=True))
        lines.append(
            f"| {name} | {cpu:.3f} | {fresh_cpu:.2f} | **{fresh_cpu / cpu:.1f} x** "
            f"| {wall:.3f} | {fresh_wall:.2f} | {fresh_wall / wall:.1f} x |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()

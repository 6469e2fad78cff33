"""A worker process with a grader that does as it is told: `python scripted_worker.py FOLDER`, settings as for a worker.

It waits where a test wants it to: a stage of a submission goes on when a file of its name lies in FOLDER, such as
`checks-a` for the submission whose only file says `a`, and begins by laying `checks-a.begun` there. It fails, quoting
the file, where that begins with `fail`. It has a GPU where there is a file `gpu`.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from grader.domain.check import CheckResult, Visibility
from grader.domain.comparison import ComparisonReport, Device, Plan
from grader.domain.errors import GraderFault
from grader.domain.quiz import AnswerScore
from grader.domain.report import Report
from grader.domain.submission import SourceFile
from grader.domain.verdict import Verdict
from grader.sandbox import kernel
from grader.settings import read_settings
from grader.store.database import Database
from grader.worker import configure_logging, serve_queues

CHECK = CheckResult(
    name="c", task="1", verdict=Verdict.ACCEPTED, points=2.0, max_points=2.0, visibility=Visibility.VISIBLE
)


class ScriptedGrader:
    """Passes everything, when it is allowed to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def grade(
        self,
        slug: str,
        files: Sequence[SourceFile],
        *,
        seed: int,
        on_check: Callable[[CheckResult], None] | None = None,  # noqa: ARG002 - the grader's
    ) -> Report:
        code = files[0].content.decode()
        if code.startswith("fail"):
            raise GraderFault(f"while running {code}")
        self._wait(f"checks-{code}")
        return Report(exercise=slug, checks=(CHECK,), tier="t", seed=seed, suite_version="v", seconds=0.0)

    def conditions_of(self, slug: str, *, on_gpu: bool = False) -> tuple[str, str]:  # noqa: ARG002 - the grader's
        return "v", "gpu" if on_gpu else "cpu"

    def plan_of(self, slug: str) -> Plan | None:
        return {"adaptive": Plan(points=2.0), "on_gpu": Plan(points=2.0, device=Device.GPU)}.get(slug)

    def compare(
        self,
        slug: str,  # noqa: ARG002 - the grader's
        files: Sequence[SourceFile],
        *,
        seed: int,  # noqa: ARG002 - the grader's
        on_check: Callable[[CheckResult], None] | None = None,  # noqa: ARG002 - the grader's
        on_gpu: bool = False,
    ) -> ComparisonReport:
        self._wait(f"comparison-{files[0].content.decode()}{' on the GPU' if on_gpu else ''}")
        return ComparisonReport(max_points=2.0, checks=(CHECK,))

    def score_quiz(self, slug: str, answers: Mapping[str, str | list[str]]) -> list[AnswerScore]:
        raise NotImplementedError

    def open_gpu(self) -> str:
        if not (self._folder / "gpu").exists():
            raise GraderFault("this machine has no GPU")
        return "a scripted GPU"

    def _wait(self, stage: str) -> None:
        (self._folder / f"{stage}.begun").touch()
        while not (self._folder / stage).exists():
            time.sleep(0.01)


if __name__ == "__main__":
    kernel.die_with_parent(signal.SIGKILL)  # a test that is killed lets nothing go on
    settings = read_settings()
    configure_logging(settings)
    opened = Database(settings.resolved_database_url())
    code = serve_queues(settings, opened, ScriptedGrader(Path(sys.argv[1])))
    opened.close()
    sys.exit(code)

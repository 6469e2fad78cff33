"""A submission's result as its page shows it, made from what the report's one serializer lets this reader see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from grader.domain.exercise import Exercise
from grader.domain.report import Audience, serialize
from grader.domain.verdict import JobStatus, Verdict
from grader.store.jobs import report_of
from grader.store.tables import GradingJob
from webapp.comparisons import Comparison, comparison_of
from webapp.highlight import lines_named


@dataclass(frozen=True, kw_only=True)
class TaskResult:
    """One task's part of a result. `failed` and `passed` are checks as the serializer made them, except that what
    all failed checks say first (the task is not written yet, the function raises) is in `shared` alone.
    """

    id: str
    title: str
    function: str
    points: float
    max_points: float
    failed: list[dict[str, Any]]
    passed: list[dict[str, Any]]
    shared: str = ""

    @property
    def checks(self) -> int:
        return len(self.failed) + len(self.passed)


@dataclass(frozen=True, kw_only=True)
class Result:
    """What is known so far of a submission: of its job of checks, and of the comparison that follows."""

    status: JobStatus
    """Where the checks stand."""
    is_complete: bool
    """Whether the comparison has ended too, where there is one: until then the points are provisional."""
    verdict: Verdict | None
    points: float
    max_points: float
    tasks: list[TaskResult]
    report: dict[str, Any]
    fault_lines: frozenset[int]
    comparison: Comparison | None

    @property
    def is_provisional(self) -> bool:
        return self.status is JobStatus.GRADED and not self.is_complete

    @property
    def is_full(self) -> bool:
        return self.status is JobStatus.GRADED and self.is_complete and self.points >= self.max_points > 0

    @property
    def open_tasks(self) -> int:
        """How many tasks have a check that does not pass."""
        return sum(bool(task.failed) for task in self.tasks)

    @property
    def checks(self) -> int:
        return sum(task.checks for task in self.tasks)


def result_of(job: GradingJob, slug: str, exercise: Exercise | None, audience: Audience) -> Result:
    """Return the result of a job. `exercise` is `None` when the course no longer has it."""
    report = serialize(report_of(job, slug), audience)
    return Result(
        status=job.status,
        is_complete=job.is_complete,
        verdict=job.overall_verdict,
        points=report["points"],
        # Until everything has ended the points of what has do not add up to the exercise's.
        max_points=max(report["max_points"], exercise.max_points if exercise else 0.0),
        tasks=_tasks([check for check in report["checks"] if not (job.failure and _is_skipped(check))], exercise),
        report=report,
        fault_lines=frozenset(_fault_lines(report)),
        comparison=comparison_of(job, exercise, report),
    )


def _is_skipped(check: dict[str, Any]) -> bool:
    # When something ended the whole job, one message says so; a list of checks that never ran would bury it.
    return bool(check["verdict"] == Verdict.SKIPPED)


def _tasks(checks: list[dict[str, Any]], exercise: Exercise | None) -> list[TaskResult]:
    known = {task.id: task for task in exercise.tasks} if exercise else {}
    ids = [*known, *dict.fromkeys(check["task"] for check in checks if check["task"] not in known)]
    results = []
    for task_id in ids:
        mine = [check for check in checks if check["task"] == task_id]
        task = known.get(task_id)
        shared, failed = _shared_fault([check for check in mine if check["verdict"] != Verdict.ACCEPTED])
        results.append(
            TaskResult(
                id=task_id,
                title=task.title if task else "",
                function=task.function if task else "",
                points=sum(check["points"] for check in mine),
                max_points=task.points if task else sum(check["max_points"] for check in mine),
                failed=failed,
                shared=shared,
                passed=[check for check in mine if check["verdict"] == Verdict.ACCEPTED],
            )
        )
    return results


def _shared_fault(failed: list[dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    first = {check["message"].partition("\n")[0] for check in failed}
    if len(failed) < 2 or len(first) > 1 or "" in first:
        return "", failed
    return first.pop(), [{**check, "message": check["message"].partition("\n")[2]} for check in failed]


def _fault_lines(report: dict[str, Any]) -> set[int]:
    parts = [report, report["comparison"]] if report["comparison"] else [report]
    texts = [text for part in parts for text in (part["message"], *(check["message"] for check in part["checks"]))]
    return {line for text in texts for line in lines_named(text)}

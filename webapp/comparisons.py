"""The training comparison of a submission as its page shows it: where it stands, and checks with their pictures."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from grader.domain.exercise import Exercise
from grader.domain.verdict import JobStatus, Verdict
from grader.store.tables import GradingJob


class State(StrEnum):
    """Where the comparison of a submission stands."""

    AHEAD = "ahead"  # the checks have not ended yet
    WAITING = "waiting"
    RUNNING = "running"
    GRADED = "graded"
    FAILED = "failed"  # a fault of the grader
    CANCELLED = "cancelled"
    NOT_RUN = "not_run"  # the checks could not run, so there is nothing to train with
    OLDER = "older"  # the exercise had no comparison yet when this was graded


@dataclass(frozen=True, kw_only=True)
class ComparedCheck:
    """A check as the serializer made it, with its pictures by their place in the report."""

    check: dict[str, Any]
    pictures: list[tuple[int, dict[str, Any]]]


@dataclass(frozen=True, kw_only=True)
class ComparedTask:
    """What the comparison says of one task."""

    id: str
    function: str
    title: str
    compared: list[ComparedCheck]


@dataclass(frozen=True, kw_only=True)
class Match:
    """A known mistake that a failing run matches; of those of one task the likeliest is the first."""

    found: dict[str, Any]
    rank: int
    count: int

    @property
    def words(self) -> str:
        ranked = f", likeliest first: {self.rank} of {self.count}" if self.count > 1 else ""
        return f"Your run matches{' another convention' if self.found['is_variant'] else ''}{ranked}"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What a page tells of a comparison. `report` is the serializer's part of it, empty until there is one."""

    state: State
    points: float
    max_points: float
    tries: int
    edition: str
    """Changes when there is something new to fetch."""
    tasks: list[ComparedTask] = field(default_factory=list)
    matches: list[Match] = field(default_factory=list)
    report: dict[str, Any] = field(default_factory=dict)

    @property
    def is_full(self) -> bool:
        return self.state is State.GRADED and self.points >= self.max_points

    @property
    def is_scored(self) -> bool:
        """Whether its points say anything yet."""
        return self.state in (State.RUNNING, State.GRADED, State.NOT_RUN)

    @property
    def checks(self) -> int:
        return sum(len(task.compared) for task in self.tasks)

    @property
    def has_pictures(self) -> bool:
        return any(compared.pictures for task in self.tasks for compared in task.compared)

    @property
    def sentence(self) -> str:
        """What the head of a result says of it, after what it says of the checks."""
        return {
            State.WAITING: "The training comparison follows on its own queue, behind the checks of others.",
            State.RUNNING: "The training comparison is running.",
            State.GRADED: "" if self.is_full else "Not all of the training comparison is accepted; see below.",
            State.FAILED: "At the training comparison the grader failed, not you: the provisional score stands.",
            State.CANCELLED: "The training comparison was cancelled; the provisional score stands.",
            State.OLDER: "There was no training comparison yet when this was graded.",
        }.get(self.state, "")


def comparison_of(job: GradingJob, exercise: Exercise | None, report: dict[str, Any]) -> Comparison | None:
    """Return the comparison that belongs to a job of checks; `None` where there is none to speak of."""
    plan, following, found = exercise.comparison if exercise else None, job.comparison, report["comparison"]
    if following is not None:
        return Comparison(
            state=_STATES[following.status],
            points=found["points"],
            max_points=found["max_points"],
            tries=following.tries,
            edition=f"{following.id}.{following.tries}",
            tasks=_tasks(found, exercise),
            matches=_matches(found["misconceptions"]),
            report=found,
        )
    if plan is None or job.status in (JobStatus.FAILED, JobStatus.CANCELLED):
        return None
    ended = State.NOT_RUN if job.failure else State.OLDER
    state = ended if job.status.is_final else State.AHEAD
    return Comparison(state=state, points=0.0, max_points=plan.points, tries=0, edition="")


_STATES = {
    JobStatus.QUEUED: State.WAITING,
    JobStatus.RUNNING: State.RUNNING,
    JobStatus.GRADED: State.GRADED,
    JobStatus.FAILED: State.FAILED,
    JobStatus.CANCELLED: State.CANCELLED,
}


def _tasks(found: dict[str, Any], exercise: Exercise | None) -> list[ComparedTask]:
    # When something ended it all, one message says so; what has not run has nothing to add.
    checks = [check for check in found["checks"] if not (found["message"] and check["verdict"] == Verdict.SKIPPED)]
    known = {task.id: task for task in exercise.tasks} if exercise else {}
    used = dict.fromkeys(check["task"] for check in checks)
    return [
        ComparedTask(
            id=task_id,
            function=known[task_id].function if task_id in known else "",
            title=known[task_id].title if task_id in known else "",
            compared=[_with_pictures(check, found) for check in checks if check["task"] == task_id],
        )
        for task_id in dict.fromkeys([*known, *used])
        if task_id in used
    ]


def _with_pictures(check: dict[str, Any], found: dict[str, Any]) -> ComparedCheck:
    drawn = enumerate(found["pictures"])
    return ComparedCheck(check=check, pictures=[item for item in drawn if item[1]["check"] == check["name"]])


def _matches(misconceptions: list[dict[str, Any]]) -> list[Match]:
    of_tasks = [item["task"] for item in misconceptions]
    return [
        Match(found=item, rank=of_tasks[:place].count(item["task"]) + 1, count=of_tasks.count(item["task"]))
        for place, item in enumerate(misconceptions)
    ]

"""What a page says of the time that a result takes: the place in the line, and the phases with their durations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from grader.domain.verdict import JobStatus
from grader.store.standing import Progress
from grader.store.tables import GradingJob
from grader.store.waiting import Place


def waiting_words(progress: Progress, place: Place | None) -> str:
    """Say where a submission waits and when it starts, as far as that is known; nothing if it does not wait."""
    if place is None or not progress.is_waiting:
        return ""
    is_comparison = progress.comparison is not None
    if not place.is_served:
        if is_comparison:
            return "No worker for comparisons is there at the moment; yours is stored and will be run."
        return "No worker is there at the moment; your submission is stored and will be graded."
    starts = "" if place.starts_in is None else _starts(place.starts_in)
    if place.ahead == 0:
        return f"Yours is next{' and ' if starts else ''}{starts}."
    one, several = ("comparison", "comparisons") if is_comparison else ("submission", "submissions")
    ahead = f"1 {one} is" if place.ahead == 1 else f"{place.ahead} {several} are"
    return f"{ahead} ahead of yours{'; it ' if starts else ''}{starts}."


def _starts(seconds: float) -> str:
    if seconds == 0:
        return "starts in a moment"
    if seconds < 60:
        return f"starts in about {seconds:.0f} s"
    return f"starts in about {seconds / 60:.0f} min" if seconds < 5400 else f"starts in about {seconds / 3600:.1f} h"


@dataclass(frozen=True)
class Phase:
    """A part of the way from handing in to the result."""

    name: str
    seconds: float
    """How long it took, or has taken so far."""
    since: datetime | None = None
    """When it began, while it lasts."""


def phases_of(job: GradingJob, *, now: datetime) -> list[Phase]:
    """Return the phases that a job of checks and its comparison have gone through, the one that lasts as the last."""
    found = _stage("waiting", "checks", job, now)
    if following := job.comparison:
        found += _stage("waiting for the comparison", "comparison", following, now)
    return found


def _stage(waiting: str, working: str, job: GradingJob, now: datetime) -> list[Phase]:
    if job.status is JobStatus.QUEUED or job.started_at is None:  # `started_at` may be that of a try which failed
        return [_phase(waiting, job.created_at, job.finished_at, now)]
    return [
        _phase(waiting, job.created_at, job.started_at, now),
        _phase(working, job.started_at, job.finished_at, now),
    ]


def _phase(name: str, began: datetime, ended: datetime | None, now: datetime) -> Phase:
    # Portal and workers may be different machines, whose clocks differ a little.
    seconds = max(0.0, ((ended or now) - began).total_seconds())
    return Phase(name, seconds, began if ended is None else None)

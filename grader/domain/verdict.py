"""The words for how a check or a submission ended, worst first."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Verdict(StrEnum):
    """Declared worst first: the verdict of a submission is the worst one among its checks."""

    INTERNAL_ERROR = "internal_error"
    COMPILE_ERROR = "compile_error"
    FORBIDDEN = "forbidden"
    TIME_LIMIT = "time_limit"
    MEMORY_LIMIT = "memory_limit"
    OUTPUT_LIMIT = "output_limit"
    RUNTIME_ERROR = "runtime_error"
    WRONG_ANSWER = "wrong_answer"
    SKIPPED = "skipped"
    ACCEPTED = "accepted"

    @property
    def words(self) -> str:
        """The verdict as a person reads it: `time_limit` becomes `time limit`."""
        return self.value.replace("_", " ")


_SEVERITY = {verdict: rank for rank, verdict in enumerate(Verdict)}


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst of the verdicts; `skipped` if there is none."""
    return min(verdicts, key=_SEVERITY.__getitem__, default=Verdict.SKIPPED)


class JobStatus(StrEnum):
    """Where a grading job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    GRADED = "graded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self not in UNFINISHED


UNFINISHED = (JobStatus.QUEUED, JobStatus.RUNNING)

"""The queues that workers serve, and the order within one.

A queue's order is by time: a job is put where it would stand had it come then. Nobody waits for ever that way, since
time passes for everybody, and a single index holds the order.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum


class Queue(StrEnum):
    """A line of jobs with threads of its own on each worker that serves it."""

    CPU = "cpu"  # the checks of what is handed in, and quizzes: somebody waits for these
    COMPARISON = "comparison"  # training comparisons on the CPU
    GPU = "gpu"  # training comparisons that want a GPU
    REGRADE = "regrade"  # what is graded again: only while no checks wait


STEP_BACK = timedelta(minutes=2)
"""How far an earlier submission steps back for each later one of the same student that waits, too."""

HEAD_START = timedelta(minutes=5)
"""By how much a submission goes ahead whose deadline is near."""

NEAR = timedelta(hours=6)
"""A deadline is near when it is closer than that, and until its late comers are through."""


def place_of(now: datetime, due: datetime | None) -> datetime:
    """Return where a new submission stands: now, or earlier where its deadline is near."""
    is_near = due is not None and abs(due - now) <= NEAR
    return now - HEAD_START if is_near else now


def stepped_back(newest: datetime, waiting: Sequence[datetime]) -> list[datetime]:
    """Return the places of a student's waiting submissions, given newest first, once another one stands at `newest`.

    The newest is what the student wants to see; whoever hands in often waits with the others of it behind those who
    hand in once. None of them moves forward.
    """
    return [max(place, newest + STEP_BACK * number) for number, place in enumerate(waiting, 1)]

"""When and how often an exercise takes a submission. What the grader could not grade has used up nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class HandingIn:
    """The rules of one exercise. What is `None` or 0 limits nothing."""

    due: datetime | None = None
    """The last moment, unless a student was given an extension."""
    attempts: int | None = None
    per_day: int | None = None
    """How many are taken within any 24 hours."""
    cooldown_seconds: float = 0.0
    """How long after a submission the next one is taken."""

    def refusal(self, earlier: Sequence[datetime], now: datetime, due: datetime | None) -> str | None:
        """Return why a student cannot hand in now, in words for them, or `None`.

        `earlier` are the times of the attempts that count, in any order; `due` is the student's own last moment.
        """
        if due is not None and now > due:
            return f"The last moment to hand in was {_moment(due)}. If you need more time, ask your instructors."
        if self.attempts is not None and len(earlier) >= self.attempts:
            return f"This exercise can be handed in {_times(self.attempts)}, and you have done so."
        of_today = sorted(time for time in earlier if now - time < _DAY)
        if self.per_day is not None and len(of_today) >= self.per_day:
            again = of_today[-self.per_day] + _DAY
            taken = f"This exercise can be handed in {_times(self.per_day)} within 24 hours"
            return f"{taken}, and you have done so. The next submission is taken from {_moment(again)} on."
        wait = timedelta(seconds=self.cooldown_seconds)
        if of_today and now < of_today[-1] + wait:
            return (
                f"Between two submissions lie at least {_length(wait)}: the next one is taken in"
                f" {_length(of_today[-1] + wait - now)}. Time to read what the last one said."
            )
        return None

    def left(self, earlier: Sequence[datetime]) -> int | None:
        """Return how many attempts are left, or `None` where they are not counted."""
        return None if self.attempts is None else max(0, self.attempts - len(earlier))


def _moment(time: datetime) -> str:
    return f"{time:%d %B %Y, %H:%M} UTC".lstrip("0")


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _length(span: timedelta) -> str:
    seconds = max(1, round(span.total_seconds()))
    if seconds < 100:
        return f"{seconds} second{'s' * (seconds != 1)}"
    minutes = round(seconds / 60)
    return f"{minutes} minutes" if minutes < 100 else f"{round(minutes / 60)} hours"

"""When and how often an exercise takes a submission, and what a student is told when it does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from grader.domain.handing_in import HandingIn

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def test_without_rules_everything_is_taken() -> None:
    assert HandingIn().refusal([NOON] * 1000, NOON, None) is None
    assert HandingIn().left([NOON]) is None


def test_the_last_moment_still_counts() -> None:
    rules = HandingIn(due=NOON)
    assert rules.refusal([], NOON, NOON) is None
    assert rules.refusal([], NOON + SECOND, NOON + HOUR) is None, "this student has an extension"
    told = rules.refusal([], NOON + SECOND, NOON)
    assert (
        told == "The last moment to hand in was 2 March 2026, 12:00 UTC. If you need more time, ask your instructors."
    )


def test_attempts_are_counted_down() -> None:
    rules = HandingIn(attempts=2)
    assert [rules.left([NOON] * used) for used in range(4)] == [2, 1, 0, 0]
    assert rules.refusal([NOON], NOON, None) is None
    assert rules.refusal([NOON] * 2, NOON, None) == "This exercise can be handed in 2 times, and you have done so."


def test_the_quota_is_that_of_any_24_hours_and_says_when_it_opens_again() -> None:
    rules = HandingIn(per_day=2)
    earlier = [NOON - 30 * HOUR, NOON - 20 * HOUR, NOON - HOUR]
    told = rules.refusal(earlier, NOON, None)
    assert told is not None and told.endswith("The next submission is taken from 2 March 2026, 16:00 UTC on.")
    assert rules.refusal(earlier, NOON + 4 * HOUR, None) is None


@pytest.mark.parametrize(
    ("after", "told"), [(1, "in 59 seconds"), (59, "in 1 second."), (60, None), (59.7, "in 1 second.")]
)
def test_after_a_submission_there_is_a_pause(after: float, told: str | None) -> None:
    refusal = HandingIn(cooldown_seconds=60).refusal([NOON - HOUR, NOON], NOON + after * SECOND, None)
    assert refusal is None if told is None else refusal is not None and told in refusal

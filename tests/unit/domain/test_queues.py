"""The order of a queue: fair to those who hand in once, kind to those whose deadline is near."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.domain.queues import HEAD_START, NEAR, STEP_BACK, place_of, stepped_back

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TIMES = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("due", "ahead"),
    [
        (None, timedelta(0)),
        (NOON + NEAR, HEAD_START),
        (NOON + NEAR + timedelta(seconds=1), timedelta(0)),
        (NOON - timedelta(minutes=1), HEAD_START),
        (NOON - NEAR - timedelta(seconds=1), timedelta(0)),
    ],
)
def test_whose_deadline_is_near_goes_ahead(due: datetime | None, ahead: timedelta) -> None:
    assert place_of(NOON, due) == NOON - ahead


def test_earlier_submissions_of_a_student_step_back_behind_the_newest() -> None:
    minute = timedelta(minutes=1)
    waiting = [NOON - minute, NOON - 2 * minute]
    assert stepped_back(NOON, waiting) == [NOON + STEP_BACK, NOON + 2 * STEP_BACK]


@given(TIMES, st.lists(TIMES, max_size=20))
def test_the_newest_is_first_and_nobody_moves_forward(newest: datetime, waiting: list[datetime]) -> None:
    places = stepped_back(newest, waiting)
    assert all(place > newest for place in places)
    assert all(after >= before for before, after in zip(waiting, places, strict=True))

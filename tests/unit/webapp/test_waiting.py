"""What a page says of the time that a result takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from grader.domain.verdict import JobStatus
from grader.store.standing import Progress, StageProgress
from grader.store.tables import GradingJob
from grader.store.waiting import Place
from webapp.formats import duration
from webapp.waiting import Phase, phases_of, waiting_words

WAITS = Progress(JobStatus.QUEUED, 0, 0)
GRADED = Progress(JobStatus.GRADED, 1, 9)
COMPARED_NEXT = replace(GRADED, comparison=StageProgress(JobStatus.QUEUED, 0, 0))
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("progress", "place", "words"),
    [
        (WAITS, Place(3, None), "3 submissions are ahead of yours."),
        (WAITS, Place(3, 20), "3 submissions are ahead of yours; it starts in about 20 s."),
        (WAITS, Place(1, 0), "1 submission is ahead of yours; it starts in a moment."),
        (WAITS, Place(0, 0), "Yours is next and starts in a moment."),
        (WAITS, Place(0, 120), "Yours is next and starts in about 2 min."),
        (WAITS, Place(500, 5400), "500 submissions are ahead of yours; it starts in about 1.5 h."),
        (WAITS, Place(0, None), "Yours is next."),
        (COMPARED_NEXT, Place(2, 60), "2 comparisons are ahead of yours; it starts in about 1 min."),
        (
            WAITS,
            Place(2, None, False),
            "No worker is there at the moment; your submission is stored and will be graded.",
        ),
        (
            COMPARED_NEXT,
            Place(0, None, False),
            "No worker for comparisons is there at the moment; yours is stored and will be run.",
        ),
        (WAITS, None, ""),
        (GRADED, Place(0, 0), ""),
    ],
)
def test_the_place_is_told_in_words(progress, place, words):
    assert waiting_words(progress, place) == words


def job(now, status, *, started=None, finished=None, comparison=None):
    made = GradingJob(status=status, created_at=now)
    made.started_at = None if started is None else now + started * SECOND
    made.finished_at = None if finished is None else now + finished * SECOND
    if comparison is not None:
        made.__dict__["comparison"] = comparison
    return made


def test_the_phases_follow_a_job_through_both_stages(now):
    later = now + 100 * SECOND
    assert phases_of(job(now, JobStatus.QUEUED), now=later) == [Phase("waiting", 100, now)]
    running = job(now, JobStatus.RUNNING, started=30)
    assert phases_of(running, now=later) == [Phase("waiting", 30), Phase("checks", 70, now + 30 * SECOND)]
    following = job(now + 32 * SECOND, JobStatus.RUNNING, started=8)
    both = job(now, JobStatus.GRADED, started=30, finished=32, comparison=following)
    assert phases_of(both, now=later) == [
        Phase("waiting", 30),
        Phase("checks", 2),
        Phase("waiting for the comparison", 8),
        Phase("comparison", 60, now + 40 * SECOND),
    ]


def test_a_job_that_was_put_back_waits_again(now):
    assert phases_of(job(now, JobStatus.QUEUED, started=5), now=now + 9 * SECOND) == [Phase("waiting", 9, now)]


def test_clocks_that_differ_make_no_negative_times(now):
    early = job(now, JobStatus.GRADED, started=-2, finished=-1)
    assert phases_of(early, now=now) == [Phase("waiting", 0), Phase("checks", 1)]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.084, "84 ms"), (2.31, "2.3 s"), (9.96, "10.0 s"), (42.4, "42 s"), (59.7, "1 min 0 s"), (7800, "2 h 10 min")],
)
def test_durations_are_short(seconds, words):
    assert duration(seconds) == words


def test_the_page_says_what_is_ahead_and_afterwards_how_long_it_took(school, passed):
    school.hand_in(school.bob)
    _, job_id = school.hand_in(school.ada)
    client = school.visit("ada")
    page = client.get("/submissions/2").text
    assert "No worker is there at the moment; your submission is stored and will be graded." in page
    assert 'waiting <span class="number" data-since="2026-03-02T12:00:00+00:00">' in page
    school.finish(school.start(job_id), [passed])
    page = client.get("/submissions/2").text
    assert "No worker" not in page
    assert '<li>waiting <span class="number">0 ms</span></li><li>checks <span class="number">0 ms</span></li>' in page
    assert "data-since" not in page

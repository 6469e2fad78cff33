"""Which job comes next, and what staff may do with those that wait."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import selectinload

from grader.domain.check import CheckResult, Visibility
from grader.domain.comparison import ComparisonReport, Device, Plan
from grader.domain.errors import JobInUse, LeaseLost, NotNow
from grader.domain.queues import Queue
from grader.domain.report import Report
from grader.domain.submission import SourceFile
from grader.domain.verdict import JobStatus, Verdict
from grader.store import jobs
from grader.store.accounts import create_user
from grader.store.database import Database
from grader.store.gradebook import gradebook
from grader.store.jobs import REGRADES_WAIT, Claim
from grader.store.submissions import submission_by_id, submit
from grader.store.tables import GradingJob, Role, Submission, User

LEASE = timedelta(seconds=15)
MINUTE = timedelta(minutes=1)


def hand_in(database: Database, user: User, now: datetime, due: datetime | None = None) -> int:
    """Hand in; return the job's id."""
    with database.transaction() as session:
        files = [SourceFile("adaptive.py", f"{now}".encode())]
        return submit(session, user, "adaptive", files, seed=7, now=now, due=due).id


def another(database: Database, name: str, now: datetime) -> User:
    with database.transaction() as session:
        return create_user(session, name, name, Role.STUDENT, "password", now)


def take(database: Database, now: datetime, *queues: Queue) -> Claim | None:
    with database.transaction() as session:
        return jobs.claim_next(session, queues or [Queue.CPU], now=now, lease=LEASE)


def taken(database: Database, now: datetime, *queues: Queue) -> list[int]:
    found = []
    while (claim := take(database, now, *queues)) is not None:
        found.append(claim.job_id)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)  # on SQLite one of the two waits for the other
def test_a_job_that_somebody_holds_for_a_moment_is_asked_for_again(
    database: Database, student: User, now: datetime
) -> None:
    job_id = hand_in(database, student, now)
    with database.transaction() as sender:
        jobs.mark_sent(sender, job_id, now=now)
        with pytest.raises(JobInUse):  # not that there is none: its message has come, and it is the only one
            take(database, now)
    assert taken(database, now) == [job_id]


def grade(database: Database, now: datetime, points: float, plan: Plan | None = None) -> None:
    """Grade the job that comes next, as a worker does."""
    claim = take(database, now, Queue.CPU, Queue.REGRADE)
    assert claim is not None
    with database.transaction() as session:
        jobs.finish(session, claim, report(points), now=now, comparison=plan)


def report(points: float) -> Report:
    check = CheckResult(
        name="c", task="1", verdict=Verdict.ACCEPTED, points=points, max_points=9.0, visibility=Visibility.VISIBLE
    )
    return Report(exercise="adaptive", checks=(check,), tier="t", seed=7, suite_version="v", seconds=0.0)


def submission_of(database: Database, job_id: int) -> Submission:
    with database.reading() as session:
        number = session.get_one(GradingJob, job_id).submission_id
        assert number is not None
        found = submission_by_id(session, number)
        assert found is not None
        return found


def grade_again(database: Database, job_id: int, now: datetime, *, urgently: bool = False) -> int:
    with database.transaction() as session:
        submission = submission_by_id(session, submission_of(database, job_id).id)
        assert submission is not None
        return jobs.grade_again(session, submission, now=now, urgently=urgently).id


def cancel(database: Database, job_id: int, now: datetime, *, also_running: bool = False) -> int:
    with database.transaction() as session:
        submission = submission_by_id(session, submission_of(database, job_id).id)
        assert submission is not None
        return jobs.cancel(session, submission, now=now, also_running=also_running)


def points_of(database: Database, user: User) -> dict[str, float]:
    with database.reading() as session:
        return gradebook(session, [user])[0].points


def test_jobs_are_taken_in_the_order_in_which_they_came(database: Database, student: User, now: datetime) -> None:
    others = [another(database, name, now) for name in ("grace", "alan")]
    handed_in = [hand_in(database, user, now + number * MINUTE) for number, user in enumerate([student, *others])]
    assert taken(database, now + 5 * MINUTE) == handed_in


def test_who_hands_in_often_does_not_fill_the_queue_and_sees_the_newest_first(
    database: Database, student: User, now: datetime
) -> None:
    first, second, third = (hand_in(database, student, now + number * MINUTE) for number in range(3))
    other = hand_in(database, another(database, "grace", now), now + 3 * MINUTE)
    assert taken(database, now + 5 * MINUTE) == [third, other, second, first]


def test_whose_deadline_is_near_goes_first(database: Database, student: User, now: datetime) -> None:
    early = hand_in(database, student, now)
    pressed = hand_in(database, another(database, "grace", now), now + MINUTE, now + 10 * MINUTE)
    assert taken(database, now + 2 * MINUTE) == [pressed, early]


def test_a_dead_workers_job_is_first_again_and_a_living_ones_is_nobody_elses(
    database: Database, student: User, now: datetime
) -> None:
    dead = hand_in(database, student, now)
    claim = take(database, now)
    waiting = hand_in(database, another(database, "grace", now), now + MINUTE)
    with database.transaction() as session:
        assert claim is not None
        jobs.renew(session, claim, now=now + MINUTE, lease=LEASE)
    assert taken(database, now + MINUTE + LEASE) == [waiting]
    assert taken(database, now + MINUTE + LEASE + timedelta(microseconds=1)) == [dead]


def test_each_queue_has_a_line_of_its_own(database: Database, student: User, now: datetime) -> None:
    hand_in(database, student, now)
    grade(database, now, 1.0, Plan(points=2.0, device=Device.GPU))
    assert taken(database, now, Queue.CPU, Queue.COMPARISON, Queue.REGRADE) == []
    assert len(taken(database, now, Queue.GPU)) == 1


def test_what_is_graded_again_stands_in_a_line_of_its_own_with_the_seed_of_the_first(
    database: Database, student: User, now: datetime
) -> None:
    first = hand_in(database, student, now)
    grade(database, now, 3.0)
    again = grade_again(database, first, now + MINUTE)
    assert taken(database, now + MINUTE, Queue.CPU) == []
    claim = take(database, now + MINUTE, Queue.REGRADE)
    assert claim is not None and claim.job_id == again
    with database.reading() as session:
        assert session.get_one(GradingJob, again).seed == 7


def test_its_comparison_waits_behind_those_of_new_submissions(database: Database, student: User, now: datetime) -> None:
    plan = Plan(points=2.0)
    first = hand_in(database, student, now)
    grade(database, now, 3.0)
    grade_again(database, first, now)
    grade(database, now, 3.0, plan)
    hand_in(database, student, now + MINUTE)
    grade(database, now + MINUTE, 3.0, plan)
    with database.reading() as session:
        later, sooner = (session.get_one(GradingJob, job_id) for job_id in (3, 5))
    assert later.order_at == now + REGRADES_WAIT and sooner.order_at == now + MINUTE
    assert taken(database, now + MINUTE, Queue.COMPARISON) == [sooner.id, later.id]


def test_what_was_found_stands_until_the_new_verdict_does_and_then_no_more(
    database: Database, student: User, now: datetime
) -> None:
    job_id = hand_in(database, student, now)
    grade(database, now, 8.0)
    again = grade_again(database, job_id, now)
    assert points_of(database, student) == {"adaptive": 8.0}
    assert submission_of(database, job_id).current.id == job_id
    grade(database, now, 5.0)
    assert points_of(database, student) == {"adaptive": 5.0}
    assert submission_of(database, job_id).current.id == again


def test_a_grading_that_fails_by_our_fault_leaves_the_earlier_one_standing(
    database: Database, student: User, now: datetime
) -> None:
    job_id = hand_in(database, student, now)
    grade(database, now, 8.0)
    grade_again(database, job_id, now)
    for _ in range(jobs.MAX_TRIES):
        claim = take(database, now, Queue.REGRADE)
        assert claim is not None
        with database.transaction() as session:
            jobs.put_back(session, claim, "a fault of ours", now=now)
    assert submission_of(database, job_id).current.id == job_id
    assert points_of(database, student) == {"adaptive": 8.0}


def test_a_submission_is_not_graded_twice_at_a_time(database: Database, student: User, now: datetime) -> None:
    job_id = hand_in(database, student, now)
    with pytest.raises(NotNow, match="is being graded, or waits"):
        grade_again(database, job_id, now)
    grade(database, now, 1.0, Plan(points=2.0))
    with pytest.raises(NotNow):
        grade_again(database, job_id, now)


def test_the_database_itself_takes_no_second_unfinished_job(database: Database, student: User, now: datetime) -> None:
    number = submission_of(database, hand_in(database, student, now)).id
    again = GradingJob(submission_id=number, seed=7, queue=Queue.REGRADE, order_at=now, created_at=now)
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.add(again)


def test_what_waits_can_be_cancelled_and_is_never_taken(database: Database, student: User, now: datetime) -> None:
    job_id = hand_in(database, student, now)
    assert cancel(database, job_id, now) == 1
    assert taken(database, now) == []
    current = submission_of(database, job_id).current
    assert (current.status, current.finished_at, current.is_complete) == (JobStatus.CANCELLED, now, True)
    with pytest.raises(NotNow, match="does not wait"):
        cancel(database, job_id, now, also_running=True)


def test_only_who_may_cancels_what_has_begun_and_its_worker_can_write_nothing_more(
    database: Database, student: User, now: datetime
) -> None:
    job_id = hand_in(database, student, now)
    claim = take(database, now)
    assert claim is not None
    with pytest.raises(NotNow, match="being graded already"):
        cancel(database, job_id, now)
    assert cancel(database, job_id, now, also_running=True) == 1
    with pytest.raises(LeaseLost), database.transaction() as session:
        jobs.finish(session, claim, report(1.0), now=now)
    assert points_of(database, student) == {}


def test_a_cancelled_comparison_leaves_the_points_of_the_checks(
    database: Database, student: User, now: datetime
) -> None:
    job_id = hand_in(database, student, now)
    grade(database, now, 3.0, Plan(points=2.0))
    cancel(database, job_id, now)
    current = submission_of(database, job_id).current
    assert current.is_complete and current.total_points == 3.0
    assert jobs.report_of(current, "adaptive").comparison == ComparisonReport(max_points=2.0)
    with database.reading() as session:
        assert gradebook(session, [student])[0].unfinished == set()


def test_a_comparison_that_runs_makes_the_grade_provisional(database: Database, student: User, now: datetime) -> None:
    hand_in(database, student, now)
    grade(database, now, 3.0, Plan(points=2.0))
    with database.reading() as session:
        assert gradebook(session, [student])[0].unfinished == {"adaptive"}


def history_of(database: Database, job_id: int) -> list[tuple[str, str]]:
    with database.reading() as session:
        job = session.get_one(GradingJob, job_id, options=[selectinload(GradingJob.events)])
        return [(event.kind.value, event.worker) for event in job.events]


def test_the_history_of_a_job_tells_who_had_it_and_how_it_ended(
    database: Database, student: User, now: datetime
) -> None:
    job_id = hand_in(database, student, now)
    for worker in ("one", "two"):
        with database.transaction() as session:
            claim = jobs.claim_next(session, [Queue.CPU], now=now, lease=LEASE, worker=worker)
            assert claim is not None
            if worker == "one":
                jobs.put_back(session, claim, "a fault of ours", now=now)
            else:
                jobs.give_back(session, claim)
    grade(database, now, 1.0)
    assert history_of(database, job_id) == [
        ("taken", "one"),
        ("put back", ""),
        ("taken", "two"),
        ("given back", ""),
        ("taken", ""),
        ("graded", ""),
    ]


def test_the_history_of_a_cancelled_and_of_a_failed_job_ends_so(
    database: Database, student: User, now: datetime
) -> None:
    cancelled = hand_in(database, student, now)
    cancel(database, cancelled, now)
    assert history_of(database, cancelled) == [("cancelled", "")]
    failed = hand_in(database, student, now)
    for number in range(jobs.MAX_TRIES):
        assert take(database, now + number * MINUTE) is not None
    with database.transaction() as session:
        jobs.sweep(session, now=now + jobs.MAX_TRIES * MINUTE, resend_after=LEASE)
    assert history_of(database, failed) == [*[("taken", "")] * jobs.MAX_TRIES, ("failed", "")]

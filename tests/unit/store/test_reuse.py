"""Which results are taken over: those of the same files under the same conditions, and no others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from grader.domain.check import CheckResult, Visibility
from grader.domain.comparison import ComparisonReport, Plan
from grader.domain.report import Report
from grader.domain.submission import SourceFile
from grader.domain.verdict import JobStatus, Verdict
from grader.store import jobs
from grader.store.accounts import create_user
from grader.store.database import Database
from grader.store.jobs import Claim, Origin
from grader.store.reuse import Known, known_report
from grader.store.submissions import submission_by_id, submit
from grader.store.tables import GradingJob, Role, User

LEASE = timedelta(seconds=15)
CHECK = CheckResult(
    name="c", task="1", verdict=Verdict.WRONG_ANSWER, points=2.0, max_points=9.0, visibility=Visibility.VISIBLE
)
REPORT = Report(exercise="adaptive", checks=(CHECK,), tier="t", seed=7, suite_version="v", seconds=0.5)
COMPARED = ComparisonReport(max_points=5.0, checks=(CHECK,), suite_version="v", device="CPU")

Take = Callable[..., Claim]


@pytest.fixture
def take(database: Database, now: datetime) -> Take:
    """Hand in, and claim the job."""

    def hand_in(user: User, content: bytes = b"x = 1", exercise: str = "adaptive", seed: int = 7) -> Claim:
        with database.transaction() as session:
            files = [SourceFile(f"{exercise}.py", content)]
            job = submit(session, user, exercise, files, seed=seed, now=now)
            claim = jobs.claim(session, job.id, now=now, lease=LEASE)
        assert claim is not None
        return claim

    return hand_in


def finish(
    database: Database, claim: Claim, now: datetime, report: Report = REPORT, environment: str = "e", **origin: int
) -> int | None:
    with database.transaction() as session:
        found = Origin(environment, **origin)
        following = jobs.finish(session, claim, report, now=now, comparison=Plan(points=5.0), origin=found)
        return following.id if following else None


def known(database: Database, claim: Claim, suite_version: str = "v", environment: str = "e") -> Known | None:
    with database.reading() as session:
        return known_report(session, claim, suite_version, environment)


def test_the_result_of_the_same_files_is_known(database: Database, student: User, take: Take, now: datetime) -> None:
    finish(database, take(student), now)
    found = known(database, take(student, seed=8))
    assert found is not None
    assert (found.of_the_checks(), found.seed) == (REPORT, 7)


def test_nobody_learns_by_a_quick_result_what_another_student_has_handed_in(
    database: Database, student: User, take: Take, now: datetime
) -> None:
    with database.transaction() as session:
        other = create_user(session, "grace", "Grace", Role.STUDENT, "password", now)
    finish(database, take(student), now)
    assert known(database, take(other)) is None


@pytest.mark.parametrize(
    ("content", "exercise", "suite_version", "environment"),
    [
        (b"x = 2", "adaptive", "v", "e"),
        (b"x = 1", "momentum", "v", "e"),
        (b"x = 1", "adaptive", "w", "e"),
        (b"x = 1", "adaptive", "v", "another torch"),
    ],
)
def test_whatever_a_result_depends_on_has_to_be_the_same(
    database: Database,
    student: User,
    take: Take,
    now: datetime,
    content: bytes,
    exercise: str,
    suite_version: str,
    environment: str,
) -> None:
    finish(database, take(student), now)
    assert known(database, take(student, content, exercise), suite_version, environment) is None


@pytest.mark.parametrize("verdict", [Verdict.TIME_LIMIT, Verdict.MEMORY_LIMIT])
def test_what_a_busy_machine_can_cause_is_tried_again(
    database: Database, student: User, take: Take, now: datetime, verdict: Verdict
) -> None:
    slow = replace(CHECK, name="slow", verdict=verdict)
    wrong = replace(CHECK, name="wrong", verdict=Verdict.FORBIDDEN)
    finish(database, take(student), now, replace(REPORT, checks=(slow, wrong)))
    assert known(database, take(student)) is None


def test_what_is_graded_again_is_graded(database: Database, student: User, take: Take, now: datetime) -> None:
    finish(database, first := take(student), now)
    with database.transaction() as session:
        number = session.get_one(GradingJob, first.job_id).submission_id
        following = session.get_one(GradingJob, first.job_id + 1)
        following.status = JobStatus.CANCELLED
        session.flush()
        assert number is not None
        submission = submission_by_id(session, number)
        assert submission is not None
        again = jobs.grade_again(session, submission, now=now).id
        claim = jobs.claim(session, again, now=now, lease=LEASE)
    assert claim is not None
    assert known(database, claim) is None


def test_a_result_that_was_taken_over_is_not_the_origin_of_another(
    database: Database, student: User, take: Take, now: datetime
) -> None:
    finish(database, first := take(student), now)
    finish(database, take(student), now, reused_job_id=first.job_id)
    found = known(database, take(student))
    assert found is not None and found.job_id == first.job_id


def test_a_comparison_is_taken_over_with_its_pictures(
    database: Database, student: User, take: Take, now: datetime
) -> None:
    def compare(claim: Claim) -> Claim:
        following = finish(database, claim, now)
        assert following is not None
        with database.transaction() as session:
            taken = jobs.claim(session, following, now=now, lease=LEASE)
        assert taken is not None
        return taken

    with database.transaction() as session:
        jobs.finish_comparison(session, first := compare(take(student)), COMPARED, now=now, origin=Origin("e"))
    second = compare(take(student))
    found = known(database, second)
    assert found is not None and found.job_id == first.job_id
    assert found.of_the_comparison() == COMPARED
    assert known(database, second, environment="gpu") is None

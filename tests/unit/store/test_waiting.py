"""The waiting line: places and the times that are told, and those that are not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from grader.domain.comparison import ComparisonReport, Device, Plan, Stage
from grader.domain.report import Report
from grader.domain.submission import SourceFile
from grader.store.jobs import claim, finish, finish_comparison, finish_quiz
from grader.store.quizzes import submit_answers
from grader.store.submissions import submit
from grader.store.tables import GradingJob, Role, User
from grader.store.waiting import Kind, Line, Place, line_up, means, place, places
from grader.store.workers import worker_seen

LEASE = timedelta(hours=1)
FILE = SourceFile("adaptive.py", b"x = 1")
SECOND = timedelta(seconds=1)
FAST, SLOW, UNKNOWN = (Kind(name, Stage.CHECKS, False) for name in ("fast", "slow", "unknown"))
EXPECTED = {FAST: 2.0, SLOW: 10.0}


def line(*kinds, threads=1, running=()):
    """The times that are told to jobs of these kinds, in their order."""
    queue = Line(threads, list(running), list(enumerate(kinds)))
    return [found.starts_in for found in line_up(queue, EXPECTED).values()]


def test_a_free_thread_takes_the_first_job_at_once_and_the_others_as_it_becomes_free():
    assert line(FAST, SLOW, FAST) == [0.0, 2.0, 12.0]


def test_each_job_goes_to_the_thread_that_is_free_first():
    assert line(SLOW, FAST, FAST, FAST, threads=2) == [0.0, 0.0, 2.0, 4.0]


def test_what_runs_is_waited_for_as_long_as_its_like_take():
    assert line(FAST, FAST, running=[(SLOW, 4.0)]) == [6.0, 8.0]
    assert line(FAST, threads=2, running=[(SLOW, 4.0)]) == [0.0]


def test_a_job_that_takes_longer_than_its_like_is_not_counted_on():
    assert line(FAST, running=[(FAST, 5.0)]) == [None]
    assert line(FAST, threads=2, running=[(FAST, 5.0), (SLOW, 4.0)]) == [6.0]


def test_behind_a_job_of_a_kind_that_was_never_measured_no_time_is_told():
    assert line(FAST, UNKNOWN, FAST, FAST) == [0.0, 2.0, None, None]
    assert line(FAST, running=[(UNKNOWN, 1.0)]) == [None]


def test_where_threads_were_not_told_no_time_is_told_either():
    assert line(FAST, FAST, threads=None) == [None, None]


def test_after_a_workers_death_the_threads_that_are_left_are_counted():
    assert line(FAST, threads=1, running=[(SLOW, 9.0), (SLOW, 2.0)]) == [8.0]


def test_places_count_what_is_ahead_and_say_whether_anybody_is_there():
    queue = Line(0, [], [(7, FAST), (9, FAST)])
    assert line_up(queue, EXPECTED) == {7: Place(0, None, is_served=False), 9: Place(1, None, is_served=False)}
    assert line_up(Line(None, [], [(7, FAST)]), {})[7].is_served


def test_a_kinds_duration_is_the_mean_of_its_last_jobs_once_there_are_three():
    taken = {FAST: [SECOND, 2 * SECOND, 6 * SECOND], SLOW: [SECOND, SECOND]}
    assert means(taken) == {FAST: pytest.approx(3.0)}
    assert means({FAST: [SECOND] * 30 + [1000 * SECOND]}) == {FAST: pytest.approx(1.0)}


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, 0),
        (2.9, 0),
        (3, 5),
        (18.2, 20),
        (57, 55),
        (58, 60),
        (89, 60),
        (100, 120),
        (569, 540),
        (570, 600),
        (4000, 3900),
    ],
)
def test_a_time_is_told_roundly(seconds, told):
    assert Place(1, seconds).rounded() == Place(1, told)


def test_what_nobody_can_tell_stays_so():
    assert Place(1, None).rounded() == Place(1, None)


@pytest.fixture
def line_of(database, now):
    """Store jobs with times as a worker leaves them, and look at the line."""

    class Line:
        def submit(self, exercise="adaptive"):
            """By somebody else each time: a student's own submissions would step back."""
            with database.transaction() as session:
                count = session.scalar(select(func.count(User.id)))
                somebody = User(
                    username=f"u{count}", display_name="U", role=Role.STUDENT, password_hash="", created_at=now
                )
                session.add(somebody)
                session.flush()
                return submit(session, somebody, exercise, [FILE], seed=1, now=now).id

        def grade(self, seconds, exercise="adaptive", plan=None):
            """Returns the comparison's job, if there is a plan for one."""
            job_id = self.submit(exercise)
            report = Report(exercise=exercise, checks=(), tier="t", seed=1, suite_version="1", seconds=0.1)
            with database.transaction() as session:
                taken = claim(session, job_id, now=now, lease=LEASE)
                return finish(session, taken, report, now=now + seconds * SECOND, comparison=plan)

        def compare(self, job, seconds):
            with database.transaction() as session:
                taken = claim(session, job.id, now=now, lease=LEASE)
                finish_comparison(session, taken, ComparisonReport(max_points=5), now=now + seconds * SECOND)

        def start(self, job_id, at):
            with database.transaction() as session:
                assert claim(session, job_id, now=at, lease=LEASE)

        def worker(self, **threads):
            with database.transaction() as session:
                worker_seen(session, "w", list(threads), threads=threads, now=now)

        def look(self, at=now):
            with database.reading() as session:
                return places(session, now=at, seen_since=now - SECOND)

    return Line()


def test_a_line_is_read_from_what_the_workers_left(line_of, now):
    line_of.worker(cpu=1, comparison=1)
    for seconds in (1, 2, 3):
        line_of.grade(seconds)
    running, first, second = line_of.submit(), line_of.submit(), line_of.submit()
    line_of.start(running, now)
    assert line_of.look(now + 0.5 * SECOND) == {first: Place(0, 1.5), second: Place(1, 3.5)}


def test_a_comparison_waits_behind_comparisons_alone(line_of, now):
    line_of.worker(cpu=1, comparison=1)
    plan = Plan(points=5)
    for following in [line_of.grade(1, plan=plan) for _ in range(3)]:
        line_of.compare(following, 20)
    first, second = (line_of.grade(1, plan=plan).checks_job_id for _ in range(2))
    checks = line_of.submit()
    assert line_of.look() == {first: Place(0, 0.0), second: Place(1, 20.0), checks: Place(0, 0.0)}


def test_a_comparison_that_wants_a_gpu_waits_for_one_while_there_is_one(line_of):
    plans = Plan(points=5, device=Device.GPU), Plan(points=5)
    on_gpu, on_cpu = (line_of.grade(1, plan=plan).checks_job_id for plan in plans)
    line_of.worker(cpu=1, comparison=1)
    assert line_of.look() == {on_gpu: Place(0, 0.0), on_cpu: Place(1, None)}
    line_of.worker(cpu=1, comparison=1, gpu=1)
    assert line_of.look() == {on_gpu: Place(0, 0.0), on_cpu: Place(0, 0.0)}


def test_without_a_worker_nobody_is_told_a_time(line_of):
    waiting_job = line_of.submit()
    assert line_of.look() == {waiting_job: Place(0, None, is_served=False)}


def test_a_quiz_is_measured_apart_from_the_exercises_code(database, student, now, line_of):
    line_of.worker(cpu=1)
    for _ in range(3):
        line_of.grade(60)
    with database.transaction() as session:
        quiz = submit_answers(session, student, "adaptive", {"a": "b"}, allowed=9, now=now).id
    behind = line_of.submit()
    assert line_of.look()[behind] == Place(1, None), "a quiz goes first, and was never measured"
    with database.transaction() as session:
        finish_quiz(session, claim(session, quiz, now=now, lease=LEASE), 1, [], now=now)
    assert line_of.look()[behind] == Place(0, 0.0)


def test_the_place_of_one_job_is_told_while_it_waits(database, line_of, now):
    line_of.worker(cpu=1)
    job_id = line_of.submit()
    with database.reading() as session:
        job = session.get_one(GradingJob, job_id)
        assert place(session, job, now=now, seen_since=now - SECOND) == Place(0, 0.0)
    line_of.start(job_id, now)
    with database.reading() as session:
        assert place(session, job, now=now, seen_since=now - SECOND) is None

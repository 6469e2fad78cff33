"""A page that waits and fills in, in a real browser; the test is the worker, on a portal of its own that has none."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from grader.demo import DEMO_USERS
from grader.domain.check import CheckResult, Visibility
from grader.domain.comparison import ComparisonReport, Plan
from grader.domain.report import Report
from grader.domain.submission import SourceFile
from grader.domain.verdict import Verdict
from grader.store.accounts import create_user
from grader.store.jobs import claim, finish, finish_comparison, record_checks
from grader.store.submissions import submit
from grader.store.workers import worker_seen

pytestmark = pytest.mark.e2e

LEASE = timedelta(hours=1)
SECOND = timedelta(seconds=1)
PLAN = Plan(points=25)


def check(name, task="3.3"):
    return CheckResult(
        name=name, task=task, verdict=Verdict.ACCEPTED, points=5, max_points=5, visibility=Visibility.VISIBLE
    )


class Worker:
    """Moves jobs on, as a worker does, when a test wants it to; `took` seconds, as its clock says."""

    def __init__(self, database):
        self._database = database
        with database.transaction() as session:
            known = [
                create_user(session, user.username, user.display_name, user.role, user.password, datetime.now(UTC))
                for user in DEMO_USERS
                if user.username in ("carl", "sofia", "emmy")
            ]
        self._users = {user.username: user for user in known}

    def hand_in(self, username, *, before=0):
        """Returns the submission's path and its job's id."""
        moment = datetime.now(UTC) - before * SECOND
        with self._database.transaction() as session:
            files = [SourceFile("adaptive.py", b"import torch\n")]
            job = submit(session, self._users[username], "adaptive", files, seed=1, now=moment)
            return f"/submissions/{job.submission_id}", job.id

    def is_there(self, **threads):
        with self._database.transaction() as session:
            worker_seen(session, "w", list(threads), threads=threads, now=datetime.now(UTC) + LEASE)

    def start(self, job_id):
        with self._database.transaction() as session:
            return claim(session, job_id, now=datetime.now(UTC), lease=LEASE)

    def record(self, taken, *checks):
        with self._database.transaction() as session:
            record_checks(session, taken, checks, now=datetime.now(UTC), lease=LEASE)

    def finish(self, taken, *checks, took=0):
        """Returns the id of the comparison's job."""
        report = Report(
            exercise="adaptive", checks=checks, tier="namespaces", seed=1, suite_version="v", seconds=took or 0.08
        )
        with self._database.transaction() as session:
            moment = datetime.now(UTC) + took * SECOND
            return finish(session, taken, report, now=moment, comparison=PLAN).id

    def compare(self, taken, *checks, took=0):
        report = ComparisonReport(max_points=25, checks=checks, seconds=took or 1.2, device="CPU")
        with self._database.transaction() as session:
            finish_comparison(session, taken, report, now=datetime.now(UTC) + took * SECOND)


@pytest.fixture
def address(served_portal):
    """The portal of `log_in`: here one without a worker."""
    return served_portal.address


@pytest.fixture
def worker(database):
    return Worker(database)


@pytest.fixture
def visit(browser, address):
    """Log in as Carl, and open a page of his, where a lost connection may be complained of in the console."""
    contexts = []

    def opened(path, prepare=None):
        contexts.append(browser.new_context(base_url=address))
        page = contexts[-1].new_page()
        page.set_default_timeout(20_000)
        page.goto("/log-in")
        page.get_by_label("User name").fill("carl")
        page.get_by_label("Password").fill(next(user.password for user in DEMO_USERS if user.username == "carl"))
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("button", name="Log out").wait_for()
        if prepare:
            prepare(page)
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()


def summary(page):
    return page.locator("#result [data-summary]")


def waiting(page):
    return page.locator("#result [data-waiting]")


def phases(page):
    """What the line of phases says, without its times."""
    said = page.locator(".phases li").all_inner_texts()
    return [re.sub(r"^… | \d[\d.]* (ms|s|min \d+ s)$", "", text) for text in said]


def fits(page):
    """Look at the page in both colour schemes and on a phone."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (1280, 375):
            page.set_viewport_size({"width": width, "height": 812})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{scheme}, {width} px"
    page.set_viewport_size({"width": 1280, "height": 812})


def test_a_page_tells_its_place_its_start_and_its_phases_until_all_has_ended(log_in, worker):
    for _ in range(3):  # what the times are measured by: checks of 10 s, comparisons of 60 s
        following = worker.finish(worker.start(worker.hand_in("sofia")[1]), took=10)
        worker.compare(worker.start(following), took=60)
    ahead = [worker.hand_in("sofia", before=earlier)[1] for earlier in (600, 500, 400)]
    path, job_id = worker.hand_in("carl", before=75)
    page = log_in("carl")
    page.goto(path)
    expect(waiting(page)).to_have_text(
        "No worker is there at the moment; your submission is stored and will be graded."
    )
    assert phases(page) == ["waiting"]
    expect(page.locator(".phases .current .number")).to_have_text(re.compile(r"^1 min \d+ s$"))
    fits(page)

    worker.is_there(cpu=1, comparison=1)
    expect(waiting(page)).to_have_text("3 submissions are ahead of yours; it starts in about 30 s.")
    fits(page)
    for_the_ear = page.locator("#live-status")
    expect(for_the_ear).to_have_text(re.compile("ahead of yours"))
    worker.finish(worker.start(ahead[0]), took=10)
    expect(waiting(page)).to_have_text("2 submissions are ahead of yours; it starts in about 20 s.")
    for other in ahead[1:]:
        worker.finish(worker.start(other), took=10)
    expect(waiting(page)).to_have_text("Yours is next and starts in a moment.")

    taken = worker.start(job_id)
    expect(summary(page)).to_have_text("Being graded: 0 checks done")
    expect(waiting(page)).to_have_count(0)
    assert phases(page) == ["waiting", "checks"]
    worker.record(taken, check("adam-first"))
    expect(summary(page)).to_have_text("Being graded: 1 check done")
    expect(for_the_ear).to_have_text("Being graded: 1 check done")

    following = worker.finish(taken, check("adam-first"), check("adam-second"), took=20)
    expect(summary(page)).to_have_text(re.compile("^Provisional score: 10 of"))
    expect(waiting(page)).to_have_text("3 comparisons are ahead of yours; it starts in about 3 min.")
    assert phases(page) == ["waiting", "checks", "waiting for the comparison"]
    fits(page)

    taken = worker.start(following)
    expect(page.get_by_text("0 checks done")).to_be_visible()
    assert phases(page)[3] == "comparison"
    worker.compare(taken, check("adam-curve"))
    expect(summary(page)).to_have_text(re.compile("^15 of"))
    assert phases(page) == ["waiting", "checks", "waiting for the comparison", "comparison"]
    expect(page.locator(".phases .current")).to_have_count(0)
    fits(page)
    page.reload()
    assert phases(page) == ["waiting", "checks", "waiting for the comparison", "comparison"]


def test_a_submission_that_is_graded_again_keeps_its_result_until_the_new_one_is_there(log_in, worker):
    path, job_id = worker.hand_in("carl")
    worker.compare(worker.start(worker.finish(worker.start(job_id), check("adam-first"))))
    page = log_in("emmy")
    page.goto(path)
    page.get_by_role("button", name="Grade it again").click()
    expect(page.get_by_text("It is being graded again. Until that is done, this is what counts.")).to_be_visible()
    expect(summary(page)).to_have_text(re.compile("^5 of"))
    fits(page)

    taken = worker.start(job_id + 2)
    worker.record(taken, check("adam-first"))
    expect(page.get_by_text("It is being graded again: 1 check done.")).to_be_visible()
    worker.compare(worker.start(worker.finish(taken, check("adam-first"), check("adam-second"))))
    expect(summary(page)).to_have_text(re.compile("^10 of"))
    expect(page.get_by_text("graded again")).to_have_count(0)
    expect(page.get_by_role("button", name="Grade it again")).to_be_visible()


def test_a_lost_connection_is_told_and_what_happened_meanwhile_is_shown_when_it_is_back(visit, worker, served_portal):
    path, job_id = worker.hand_in("carl")
    page = visit(path)
    expect(summary(page)).to_have_text("Waiting for a grader")
    connection = page.locator("#live-connection")
    expect(connection).to_be_hidden()
    served_portal.stop()
    expect(connection).to_have_text(re.compile("^The connection is lost"))
    worker.record(worker.start(job_id), check("adam-first"))
    served_portal.start()
    expect(summary(page)).to_have_text("Being graded: 1 check done", timeout=60_000)
    expect(connection).to_be_hidden()


@pytest.mark.parametrize("blocked", ["refused", "full"])
def test_where_streams_do_not_come_through_the_page_asks_instead(visit, worker, blocked):
    path, job_id = worker.hand_in("carl")

    def prepare(page):
        refuse = {"refused": lambda route: route.abort(), "full": lambda route: route.fulfill(status=503)}[blocked]
        page.route("**/events?*", refuse)

    page = visit(path, prepare)
    taken = worker.start(job_id)
    expect(summary(page)).to_have_text("Being graded: 0 checks done", timeout=60_000)
    worker.compare(worker.start(worker.finish(taken, check("adam-first"))))
    expect(summary(page)).to_have_text(re.compile("^5 of"), timeout=60_000)
    expect(page.locator("#live-connection")).to_be_hidden()


def test_an_older_state_that_comes_late_is_not_shown(visit, worker):
    path, job_id = worker.hand_in("carl")
    page = visit(path)
    old = page.locator("#result").get_attribute("data-state")
    taken = worker.start(job_id)
    worker.record(taken, check("adam-first"))
    expect(summary(page)).to_have_text("Being graded: 1 check done")
    page.route("**/result?*", lambda route: route.fulfill(json={"id": old, "html": "old", "isDone": False}))
    with page.expect_response("**/result?*"):
        page.evaluate("() => askInstead()")
    expect(summary(page)).to_have_text("Being graded: 1 check done")
    page.unroute("**/result?*")
    worker.record(taken, check("adam-second"))
    expect(summary(page)).to_have_text("Being graded: 2 checks done")


IS_HIDDEN = """hidden => {
  Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
  document.dispatchEvent(new Event("visibilitychange"));
  return source === null;
}"""


def test_a_page_that_nobody_sees_holds_no_connection_and_catches_up_when_it_is_seen(visit, worker):
    path, job_id = worker.hand_in("carl")
    page = visit(path)
    expect(summary(page)).to_have_text("Waiting for a grader")
    assert page.evaluate(IS_HIDDEN, True)
    worker.record(worker.start(job_id), check("adam-first"))
    assert not page.evaluate(IS_HIDDEN, False)
    expect(summary(page)).to_have_text("Being graded: 1 check done")


def test_who_was_logged_out_meanwhile_is_told(visit, worker):
    path, _ = worker.hand_in("carl")
    page = visit(path)
    expect(waiting(page)).to_have_text(re.compile("^No worker"))
    page.context.clear_cookies()
    page.evaluate("() => askInstead()")
    expect(page.locator("#live-connection")).to_have_text(re.compile("^You are logged out"))

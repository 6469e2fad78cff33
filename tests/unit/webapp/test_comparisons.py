"""The training comparison on a submission's page: its states, its points, its pictures, and who may read them."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from grader.domain.check import CheckResult, Visibility
from grader.domain.comparison import Plan
from grader.domain.misconception import Misconception
from grader.domain.picture import Mark, Picture, Role, Series
from grader.domain.verdict import Verdict
from grader.store.jobs import put_back
from webapp.formats import STATIC

PLAN = Plan(points=5)


@pytest.fixture
def settings(settings):
    """The small course, its exercise with a comparison that is worth 5 more points."""
    manifest = settings.exercises_dir / "slope" / "manifest.toml"
    manifest.write_text(f"{manifest.read_text()}\n[comparison]\npoints = 5\n")
    return settings


@pytest.fixture
def whole(passed):
    """Checks that make up all points of the tasks."""
    return [
        replace(passed, points=10, max_points=10),
        replace(passed, name="leaps", task="1.2", points=5, max_points=5),
    ]


@pytest.fixture
def followed():
    """A check of the comparison that failed: its message is written for students."""
    return CheckResult(
        name="step-follows-pytorch",
        task="1.1",
        verdict=Verdict.WRONG_ANSWER,
        points=0,
        max_points=3,
        visibility=Visibility.VISIBLE,
        message="It leaves PyTorch's path at step 3 <b>here</b>; see line 1.",
    )


@pytest.fixture
def remarked(followed):
    """A check of the comparison that was accepted with a remark."""
    words = "It works in float32 inside."
    return replace(followed, name="leaps", task="1.2", verdict=Verdict.ACCEPTED, points=2, max_points=2, message=words)


@pytest.fixture
def picture():
    return Picture(
        name="loss",
        check="step-follows-pytorch",
        task="1.1",
        title="Loss <i>falls</i>",
        caption="Both lines fall; <script>alert(1)</script> yours more slowly.",
        x_label="step",
        y_label="loss",
        log_y=True,
        series=(
            Series.of("PyTorch", Role.REFERENCE, [1.0, 0.5, 0.25]),
            Series.of("yours", Role.YOURS, [1.0, float("nan"), 0.5]),
        ),
        marks=(Mark(1, "</script><b>first step that differs</b>"),),
    )


@pytest.fixture
def compared(school, whole, followed, remarked, picture):
    """A submission of Ada's with both stages graded. Returns its path."""
    submission, job = school.hand_in(school.ada)
    following = school.finish(school.start(job), whole, PLAN)
    school.finish_comparison(school.start(following), [followed, remarked], pictures=(picture,), device="CPU")
    return f"/submissions/{submission}"


def read(school, submission, name="ada"):
    return school.visit(name).get(f"/submissions/{submission}").text


def words(page):
    """What is written on a page, on one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))


def test_before_the_checks_have_ended_the_comparison_is_announced(school):
    submission, _ = school.hand_in(school.ada)
    page = words(read(school, submission))
    assert "Training comparison" in page
    assert "– / 5" in page
    assert "It follows the checks" in page


def test_while_the_comparison_waits_the_score_is_called_provisional(school, whole):
    submission, job = school.hand_in(school.ada)
    school.finish(school.start(job), whole, PLAN)
    page = words(read(school, submission))
    assert "Provisional score: 15 of 20 points" in page
    assert "The training comparison follows on its own queue, behind the checks of others." in page
    assert "Full points" not in page
    assert "– / 5" in page


def test_while_it_runs_its_checks_appear_and_their_points_count(school, whole, remarked):
    submission, job = school.hand_in(school.ada)
    taken = school.start(school.finish(school.start(job), whole, PLAN))
    school.record(taken, remarked)
    page = read(school, submission)
    assert f'data-events="/submissions/{submission}/events"' in page
    assert "data-report" not in page
    assert "1 check done" in words(page)
    assert "Provisional score: 17 of 20 points" in words(page)
    assert "It works in float32 inside." in page


def test_a_comparison_that_the_grader_could_not_run_counts_against_nobody(school, whole):
    submission, job = school.hand_in(school.ada)
    following = school.finish(school.start(job), whole, PLAN)
    for _ in range(3):
        taken = school.start(following)
        with school.database.transaction() as session:
            put_back(session, taken, "no <CUDA>", now=school.now)
    page = read(school, submission)
    assert "data-events" not in page
    assert "15 of 20 points" in words(page)
    assert "The grader failed here, not you. The provisional score stands and nothing counts against you" in page
    assert "CUDA" not in page
    staff = read(school, submission, "iris")
    assert "no &lt;CUDA&gt;" in staff
    assert "Diagnostics of the comparison" in staff


def test_a_file_that_cannot_be_checked_is_not_trained_and_the_page_says_why(school, failed):
    skipped = replace(failed, verdict=Verdict.SKIPPED, fault="")
    submission, job = school.hand_in(school.ada)
    school.finish(school.start(job), [skipped], PLAN, message="SyntaxError in line 1", failure=Verdict.COMPILE_ERROR)
    page = read(school, submission)
    assert "data-events" not in page
    assert "0 / 5" in words(page)
    assert "It was not run, because the checks could not run." in page


def test_what_was_graded_before_there_was_a_comparison_says_so(school, whole):
    page = words(read(school, school.graded(school.ada, whole)))
    assert "15 of 20 points" in page
    assert "The exercise had none yet when this was graded." in page
    assert "Full points" not in page


def test_full_points_need_both_stages(school, whole, remarked):
    submission, job = school.hand_in(school.ada)
    following = school.finish(school.start(job), whole, PLAN)
    assert "full points" not in school.visit("ada").get("/exercises/slope").text
    school.finish_comparison(
        school.start(following), [remarked, replace(remarked, name="more", points=3, max_points=3)]
    )
    page = read(school, submission)
    assert "Full points. Well done." in page
    assert "and so does the training comparison" in page
    for path in ("/", "/exercises/slope"):
        assert "full points" in school.visit("ada").get(path).text, path
    assert "full points" in school.visit("iris").get("/staff/submissions").text


def test_lists_call_a_score_provisional_until_the_comparison_has_ended(school, whole):
    _, job = school.hand_in(school.ada)
    school.finish(school.start(job), whole, PLAN)
    for name, path in (("ada", "/exercises/slope"), ("iris", "/staff/submissions"), ("iris", "/staff/students/1")):
        page = school.visit(name).get(path).text
        assert "provisional" in page, path
        assert "15" in page, path


def test_checks_and_captions_are_read_without_scripts(school, compared):
    page = school.visit("ada").get(compared).text
    assert "17 of 20 points" in words(page)
    assert "Not all of the training comparison is accepted; see below." in page
    assert "step-follows-pytorch" in page
    assert 'It leaves PyTorch&#39;s path at step 3 &lt;b&gt;here&lt;/b&gt;; see <a href="#line-1">line 1</a>.' in page
    assert '<span class="line marked" id="line-1">' in page
    assert "It works in float32 inside." in page
    assert "trained on CPU" in words(page)
    assert "compared in 2.3 s" in words(page)
    assert "Both lines fall; &lt;script&gt;alert(1)&lt;/script&gt; yours more slowly." in page
    assert "Loss &lt;i&gt;falls&lt;/i&gt;" in page
    assert "<noscript>" in page
    assert page.index("step-follows-pytorch") < page.index("Loss &lt;i&gt;falls") < page.index("It works in float32")


def test_a_page_with_pictures_keeps_to_the_policy(school, compared):
    page = school.visit("ada").get(compared).text
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)
    assert not re.search(r"\s(style|on[a-z]+)=", page)
    for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', page):
        assert school.app.test_client().get(address, buffered=True).status_code == 200, address


def test_no_script_of_the_charts_writes_markup():
    for path in (STATIC / "charts").glob("*.js"):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|setAttribute\(.style", path.read_text()
        ), path


def test_notes_say_how_the_comparison_ran(school, whole, remarked):
    submission, job = school.hand_in(school.ada)
    following = school.finish(school.start(job), whole, PLAN)
    notes = ("No <GPU> worker was to be had.",)
    school.finish_comparison(school.start(following), [remarked], device="GPU (<b>H200</b>)", notes=notes)
    page = read(school, submission)
    assert "No &lt;GPU&gt; worker was to be had." in page
    assert "GPU (&lt;b&gt;H200&lt;/b&gt;)" in page


def test_matching_mistakes_of_a_task_are_ranked(school, whole, followed):
    submission, job = school.hand_in(school.ada)
    following = school.finish(school.start(job), whole, PLAN)
    likely = Misconception("uphill", "Your step goes <up>.", "1.1")
    alone = Misconception("short", "Your leap is short.", "1.2")
    variant = Misconception("sideways", "Your velocity has the other sign.", "1.1", is_variant=True)
    school.finish_comparison(school.start(following), [followed], misconceptions=(likely, alone, variant))
    page = words(read(school, submission))
    assert "Your run matches, likeliest first: 1 of 2 · task 1.1 Your step goes &lt;up&gt;." in page
    assert "Your run matches · task 1.2 Your leap is short." in page
    assert "Your run matches another convention, likeliest first: 2 of 2 · task 1.1 Your velocity has" in page
    assert "uphill" not in page
    assert "uphill" in read(school, submission, "iris")


def test_what_ended_a_comparison_is_said_instead_of_checks_that_never_ran(school, whole, followed):
    submission, job = school.hand_in(school.ada)
    following = school.finish(school.start(job), whole, PLAN)
    skipped = replace(followed, verdict=Verdict.SKIPPED, message="")
    message = "torch.optim is closed: line 1 <uses> it."
    school.finish_comparison(school.start(following), [skipped], message=message, failure=Verdict.FORBIDDEN)
    page = read(school, submission)
    assert 'torch.optim is closed: <a href="#line-1">line 1</a> &lt;uses&gt; it.' in page
    assert "step-follows-pytorch" not in page
    assert "15 of 20 points" in words(page)
    assert "Every check of every task accepts your solution." in page


def test_the_report_holds_the_pictures_as_plain_data(school, compared, picture):
    answer = school.visit("ada").get(f"{compared}/report.json")
    assert answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"] == "private, no-store"
    found = json.loads(answer.text, parse_constant=pytest.fail)
    assert found["comparison"]["pictures"] == [picture.as_data()]
    assert found["comparison"]["pictures"][0]["series"][1]["y"] == [1.0, None, 0.5]
    assert found["points"] == 17


def test_the_report_tells_a_student_no_more_than_the_page(school, failed, followed):
    secret = replace(
        followed, visibility=Visibility.HIDDEN, message="expected 0.27182", hint="Mind the sign.", fault=""
    )
    submission, job = school.hand_in(school.ada)
    following = school.finish(school.start(job), [failed], PLAN)
    school.finish_comparison(school.start(following), [secret])
    for path in (
        f"/submissions/{submission}",
        f"/submissions/{submission}/events",
        f"/submissions/{submission}/report.json",
    ):
        text = school.visit("ada").get(path).text
        assert "0.31337" not in text, path
        assert "0.27182" not in text, path
        assert "424242" not in text, path
        assert "Mind the sign." in text, path
    staff = school.visit("iris").get(f"/submissions/{submission}/report.json").json
    assert staff["checks"][0]["message"] == "expected 0.31337, got 1"
    assert staff["comparison"]["checks"][0]["message"] == "expected 0.27182"
    assert staff["seed"] == 424242


def test_a_report_is_for_its_student_and_staff_only(school, compared):
    path = f"{compared}/report.json"
    assert school.visit("bob").get(path).status_code == 404
    assert school.app.test_client().get(path).status_code == 302
    assert school.visit("ada").get("/submissions/99/report.json").status_code == 404
    assert school.visit("iris").get(path).status_code == 200


def test_a_report_can_be_asked_for_before_anything_has_ended(school):
    submission, _ = school.hand_in(school.ada)
    found = school.visit("ada").get(f"/submissions/{submission}/report.json").json
    assert found["comparison"] is None
    assert found["checks"] == []


def test_the_exercise_page_says_how_many_points_are_the_comparisons(school):
    page = words(school.visit("ada").get("/exercises/slope").text)
    assert "– / 20" in page
    assert "5 of these points come from the training comparison with PyTorch" in page


def test_headings_of_the_gradebook_count_the_comparison(school, compared):
    staff = school.visit("iris")
    assert '</a><span class="of"> / 20</span>' in staff.get("/staff/gradebook").text
    lines = staff.get("/staff/gradebook.csv").data.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("username,name,slope (of 20)")
    assert lines[1].startswith("ada,Ada Lovelace,17")

"""Handing in, and the page of a submission."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from grader.domain.check import Visibility
from grader.domain.handing_in import HandingIn
from grader.domain.misconception import Misconception
from grader.domain.verdict import JobStatus, Verdict
from grader.store.jobs import claim, put_back
from grader.store.staffing import audit_log, extend
from grader.store.submissions import submission_by_id
from grader.store.tables import GradingJob, Submission

LEASE = timedelta(seconds=15)


def upload(client, name, content, **fields):
    data = {"file": (io.BytesIO(content), name), **fields}
    return client.post("/exercises/slope/submit", data=data, content_type="multipart/form-data")


def count(school):
    with school.database.reading() as session:
        return session.scalar(select(func.count(Submission.id)))


def test_an_uploaded_file_is_stored_sent_and_shown(school):
    client = school.visit("ada")
    answer = upload(client, "slope.py", b"x = 1\n")
    assert answer.status_code == 302
    assert answer.location == "/submissions/1"
    assert school.sent == [1]
    with school.database.reading() as session:
        stored = submission_by_id(session, 1)
    assert stored.files[0].content == b"x = 1\n"
    assert 0 <= stored.jobs[0].seed < 2**31


def test_pasted_code_is_stored_with_the_line_breaks_of_an_editor(school):
    school.visit("ada").post("/exercises/slope/submit", data={"code": "x = 1\r\ny = 2\r\n"})
    with school.database.reading() as session:
        assert submission_by_id(session, 1).files[0].content == b"x = 1\ny = 2\n"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("slope.py", b"", "slope.py is empty"),
        ("slope.py", b" \n\t\n", "slope.py is empty"),
        ("other.py", b"x", "This exercise takes slope.py and, if it imports them, valley.py"),
        ("<img src=x>.py", b"x", "&lt;img src=x&gt;.py"),
        ("../slope.py", b"x", "A file&#39;s name cannot be a path"),
        ("/etc/slope.py", b"x", "A file&#39;s name cannot be a path"),
        ("C:\\slope.py", b"x", "This exercise takes slope.py and, if it imports them, valley.py"),
        ("slope.py\x01", b"x", "control characters"),
        ("\u202eyp.epols", b"x", "\\u202eyp.epols"),
        ("slope.py", b"x" * (64 * 1024 + 1), "a solution may have 65,536"),
        ("slope.py", b"PK\x03\x04\x00\x00", "slope.py is not a Python source file"),
    ],
)
def test_an_unusable_upload_is_refused_in_words(school, name, content, words):
    answer = upload(school.visit("ada"), name, content)
    assert answer.status_code == 422
    assert words in answer.text
    assert "Not handed in." in answer.text
    assert count(school) == 0
    assert school.sent == []


def test_companions_come_along_with_a_file_or_with_pasted_code(school):
    client = school.visit("ada")
    several = [(io.BytesIO(b"y = 2\n"), "valley.py"), (io.BytesIO(b"x = 1\n"), "slope.py")]
    first = client.post("/exercises/slope/submit", data={"file": several}, content_type="multipart/form-data")
    pasted = {"file": [(io.BytesIO(b"z = 3\n"), "valley.py")], "code": "x = 3\n"}
    second = client.post("/exercises/slope/submit", data=pasted, content_type="multipart/form-data")
    assert (first.location, second.location) == ("/submissions/1", "/submissions/2")
    with school.database.reading() as session:
        stored = [{file.name: file.content for file in submission_by_id(session, number).files} for number in (1, 2)]
    assert stored[0] == {"slope.py": b"x = 1\n", "valley.py": b"y = 2\n"}
    assert stored[1] == {"slope.py": b"x = 3\n", "valley.py": b"z = 3\n"}
    page = client.get("/submissions/1").text
    assert "Download valley.py" in page
    assert "Download slope.py" in page
    assert 'type="file" accept=".py,text/x-python" multiple' in client.get("/exercises/slope/submit").text
    assert client.get("/exercises/slope/submit?from=1").text.count("x = 1") == 1


def test_a_companion_alone_is_refused_in_words(school):
    answer = upload(school.visit("ada"), "valley.py", b"x = 1")
    assert answer.status_code == 422
    assert "slope.py is missing" in answer.text


def test_nothing_at_all_is_refused_in_words(school):
    answer = school.visit("ada").post("/exercises/slope/submit", data={"code": "  \n"})
    assert answer.status_code == 422
    assert "There is nothing to grade yet" in answer.text


def test_a_file_and_pasted_code_together_are_refused_and_the_code_is_kept(school):
    answer = upload(school.visit("ada"), "slope.py", b"x = 1", code="</textarea>y = 2")
    assert answer.status_code == 422
    assert "&lt;/textarea&gt;y = 2</textarea>" in answer.text


def test_fifty_megabytes_get_a_page_that_speaks(school):
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="slope.py"\r\n\r\n'
    body = head + b"x" * 50_000_000 + b"\r\n--b--\r\n"
    client = school.visit("ada")
    answer = client.post("/exercises/slope/submit", data=body, content_type="multipart/form-data; boundary=b")
    assert answer.status_code == 413
    assert "That is too large" in answer.text
    assert count(school) == 0


def test_bytes_that_are_not_text_can_be_handed_in_and_shown(school):
    client = school.visit("ada")
    assert upload(client, "slope.py", b"\xff\xfe\x07\x1b[31mred").status_code == 302
    page = client.get("/submissions/1").text
    assert "␇" in page
    assert "␛" in page
    assert "\x1b" not in page


def test_a_double_click_makes_one_submission(school):
    client = school.visit("ada")
    first, second = upload(client, "slope.py", b"x = 1\n"), upload(client, "slope.py", b"x = 1\n")
    assert first.location == second.location
    assert count(school) == 1
    assert school.sent == [1]


def test_the_same_file_may_be_handed_in_again_once_it_is_graded(school, passed):
    client = school.visit("ada")
    upload(client, "slope.py", b"x = 1\n")
    school.finish(school.start(1), [passed])
    assert upload(client, "slope.py", b"x = 1\n").location == "/submissions/1", "a second tab, a moment later"
    with school.database.transaction() as session:
        session.get_one(Submission, 1).created_at -= timedelta(minutes=1)
    assert upload(client, "slope.py", b"x = 1\n").location == "/submissions/2"


def test_a_request_that_is_replayed_leads_to_what_it_made(school, passed):
    client = school.visit("ada")
    key = re.search(r'name="request_key" value="([^"]+)"', client.get("/exercises/slope/submit").text)[1]
    first = upload(client, "slope.py", b"x = 1\n", request_key=key)
    school.finish(school.start(1), [passed])
    upload(client, "slope.py", b"x = 2\n")
    again = upload(client, "slope.py", b"x = 1\n", request_key=key)
    assert again.location == first.location
    assert (count(school), school.sent) == (2, [1, 2])


def test_the_key_of_another_students_form_is_worth_nothing(school):
    upload(school.visit("ada"), "slope.py", b"x = 1\n", request_key="k" * 22)
    assert upload(school.visit("bob"), "slope.py", b"x = 1\n", request_key="k" * 22).location == "/submissions/2"


@pytest.mark.parametrize("key", ["", "short", "x" * 65, "ключ" * 8, "k" * 20 + "'--"])
def test_a_key_that_is_none_is_left_out(school, key):
    assert upload(school.visit("ada"), "slope.py", b"x = 1\n", request_key=key).status_code == 302
    with school.database.reading() as session:
        assert session.get_one(Submission, 1).request_key is None


def with_rules(school, **rules):
    """Give the exercise these rules of handing in."""
    parts = school.app.extensions["gradescent"]
    exercise = replace(parts.catalog.exercise("slope"), handing_in=HandingIn(**rules))
    others = tuple(other for other in parts.catalog.exercises if other.slug != "slope")
    catalog = replace(parts.catalog, exercises=(exercise, *others))
    school.app.extensions["gradescent"] = replace(parts, catalog=catalog)


def test_when_the_attempts_are_used_up_the_form_says_so_and_takes_nothing(school, passed):
    with_rules(school, attempts=2)
    client = school.visit("ada")
    assert "2 attempts left" in client.get("/exercises/slope/submit").text
    for number in (1, 2):
        upload(client, "slope.py", f"x = {number}\n".encode())
    page = client.get("/exercises/slope/submit").text
    assert "can be handed in 2 times" in page and "disabled" in page
    answer = upload(client, "slope.py", b"x = 3\n")
    assert (answer.status_code, count(school)) == (422, 2)
    assert "can be handed in 2 times" in answer.text


def test_what_the_grader_could_not_grade_uses_up_no_attempt(school):
    with_rules(school, attempts=1)
    client = school.visit("ada")
    upload(client, "slope.py", b"x = 1\n")
    for _ in range(3):
        with school.database.transaction() as session:
            put_back(session, claim(session, 1, now=school.now, lease=LEASE), "our fault", now=school.now)
    assert upload(client, "slope.py", b"x = 1\n").location == "/submissions/2"


def test_after_the_last_moment_only_who_has_an_extension_can_hand_in(school):
    now = datetime.now(UTC)
    with_rules(school, due=now - timedelta(hours=1))
    assert upload(school.visit("ada"), "slope.py", b"x = 1\n").status_code == 422
    with school.database.transaction() as session:
        extend(session, school.bob, "slope", now + timedelta(hours=1), "ill", actor=school.iris, now=now)
    assert upload(school.visit("bob"), "slope.py", b"x = 1\n").status_code == 302


def status_of(school, job_id):
    with school.database.reading() as session:
        return session.get_one(GradingJob, job_id).status


def audited(school):
    with school.database.reading() as session:
        return [(entry.action, entry.subject, entry.actor_id) for entry in audit_log(session, limit=9)]


def test_a_student_cancels_what_waits_and_nothing_more(school):
    number, job_id = school.hand_in(school.ada)
    assert school.visit("bob").post(f"/submissions/{number}/cancel").status_code == 404
    client = school.visit("ada")
    assert "Cancel the grading" in client.get(f"/submissions/{number}").text
    page = client.post(f"/submissions/{number}/cancel", follow_redirects=True).text
    assert "Cancelled before it was graded" in page and "Cancel the grading" not in page
    assert status_of(school, job_id) is JobStatus.CANCELLED
    assert audited(school) == [("cancel", f"submission {number}", school.ada.id)]
    number, job_id = school.hand_in(school.ada)
    school.start(job_id)
    assert "Cancel the grading" not in client.get(f"/submissions/{number}").text
    page = client.post(f"/submissions/{number}/cancel", follow_redirects=True).text
    assert "is being graded already" in page
    assert status_of(school, job_id) is JobStatus.RUNNING


def test_staff_cancel_what_is_being_graded(school):
    number, job_id = school.hand_in(school.ada)
    school.start(job_id)
    school.visit("iris").post(f"/submissions/{number}/cancel")
    assert status_of(school, job_id) is JobStatus.CANCELLED


def test_staff_have_a_submission_graded_again_and_students_do_not(school, passed):
    number = school.graded(school.ada, [passed])
    assert school.visit("ada").post(f"/submissions/{number}/grade-again").status_code == 403
    assert "Grade it again" not in school.visit("ada").get(f"/submissions/{number}").text
    client = school.visit("iris")
    assert "Grade it again" in client.get(f"/submissions/{number}").text
    page = client.post(f"/submissions/{number}/grade-again", follow_redirects=True).text
    assert "It is being graded again" in page and "6 of 15 points" in page
    assert school.sent == [2]
    assert audited(school) == [("grade again", f"submission {number}", school.iris.id)]
    page = client.post(f"/submissions/{number}/grade-again", follow_redirects=True).text
    assert "is being graded, or waits for it" in page
    assert school.sent == [2]


def test_two_students_with_the_same_file_have_two_submissions(school):
    upload(school.visit("ada"), "slope.py", b"x = 1\n")
    assert upload(school.visit("bob"), "slope.py", b"x = 1\n").location == "/submissions/2"


def test_the_page_shows_points_feedback_and_the_faulty_line(school, passed, failed):
    school.graded(school.ada, [passed, failed], code=b"import torch\nstep = None < 3\n")
    page = school.visit("ada").get("/submissions/1").text
    assert "6 of 15 points" in page
    assert "step-keeps-dtype" in page
    assert "runtime error" in page
    assert 'TypeError in <a href="#line-2">line 2</a>: &lt;i&gt;no&lt;/i&gt;' in page
    assert "Which dtype does the result have?" in page
    assert '<span class="line marked" id="line-2">' in page
    assert '<span class="line" id="line-1">' in page
    assert "namespaces" in page
    assert "84 ms" in page


def test_a_student_reads_nothing_that_is_for_staff(school, passed, failed):
    school.graded(school.ada, [passed, failed])
    for client in (school.visit("ada"),):
        for path in ("/submissions/1", "/submissions/1/events"):
            page = client.get(path).text
            assert "0.31337" not in page
            assert "424242" not in page
            assert "slope-v7" not in page


def test_staff_read_the_whole_report(school, passed, failed):
    school.graded(school.ada, [passed, failed])
    page = school.visit("iris").get("/submissions/1").text
    assert "expected 0.31337, got 1" in page
    assert "424242" in page
    assert "slope-v7" in page


def test_other_students_find_nothing(school, passed):
    school.graded(school.ada, [passed])
    bob = school.visit("bob")
    for path in ("/submissions/1", "/submissions/1/events", "/submissions/1/slope.py"):
        assert bob.get(path).status_code == 404, path
    assert "x = 1" not in bob.get("/exercises/slope/submit?from=1").text


def test_the_likely_cause_stands_out(school, failed):
    found = Misconception("uphill", "Your step goes up: <b>mind</b> the sign.", "1.1")
    school.graded(school.ada, [failed], misconceptions=(found,))
    page = school.visit("ada").get("/submissions/1").text
    assert "The likely cause" in page
    assert "Your step goes up: &lt;b&gt;mind&lt;/b&gt; the sign." in page
    assert "uphill" not in page


def test_a_syntax_error_keeps_its_caret_and_marks_its_line(school, failed):
    words = "SyntaxError in line 1: invalid syntax\n    def step(:\n             ^"
    skipped = replace(failed, verdict=Verdict.SKIPPED, fault="")
    school.graded(school.ada, [skipped], code=b"def step(:\n", message=words, failure=Verdict.COMPILE_ERROR)
    page = school.visit("ada").get("/submissions/1").text
    assert "No check has run." in page
    assert "step-keeps-dtype" not in page
    assert "Python cannot read this file" in page
    assert "</a>: invalid syntax\n    def step(:\n             ^" in page
    assert '<span class="line marked" id="line-1">' in page


def test_full_points_are_said(school, passed):
    rest = replace(passed, name="rest", task="1.2", points=9, max_points=9)
    school.graded(school.ada, [passed, rest])
    assert "Full points" in school.visit("ada").get("/submissions/1").text


def test_a_failed_grader_is_never_the_students_fault(school):
    _, job_id = school.hand_in(school.ada)
    for _ in range(3):
        taken = school.start(job_id)
        with school.database.transaction() as session:
            put_back(session, taken, "the zygote <died>", now=school.now)
    page = school.visit("ada").get("/submissions/1").text
    assert "The grader failed, not you" in page
    assert "zygote" not in page
    assert "the zygote &lt;died&gt;" in school.visit("iris").get("/submissions/1").text


def test_without_scripts_the_page_reloads_itself_until_the_result_is_there(school, passed):
    _, job_id = school.hand_in(school.ada)
    client = school.visit("ada")
    assert '<noscript><meta http-equiv="refresh"' in client.get("/submissions/1").text
    assert 'data-events="/submissions/1/events"' in client.get("/submissions/1").text
    school.finish(school.start(job_id), [passed])
    page = client.get("/submissions/1").text
    assert 'http-equiv="refresh"' not in page
    assert "data-events" not in page


def test_an_earlier_attempt_can_be_edited_and_downloaded(school, passed):
    school.graded(school.ada, [passed], code=b"first = '<try>'\n")
    client = school.visit("ada")
    assert "first = &#39;&lt;try&gt;&#39;" in client.get("/exercises/slope/submit?from=1").text
    answer = client.get("/submissions/1/slope.py")
    assert answer.data == b"first = '<try>'\n"
    assert answer.headers["Content-Disposition"] == "attachment; filename=slope.py"
    assert answer.mimetype == "text/plain"


@pytest.mark.parametrize("number", ["x", "-1", "0", "99999999999999999999", "7"])
def test_an_odd_earlier_attempt_gives_an_empty_form(school, number):
    answer = school.visit("ada").get(f"/exercises/slope/submit?from={number}")
    assert answer.status_code == 200
    assert "spellcheck" in answer.text


def test_the_page_of_a_dropped_exercise_can_still_be_read(school, passed):
    school.hand_in(school.ada, exercise="dropped")
    school.finish(school.start(1), [passed])
    page = school.visit("ada").get("/submissions/1").text
    assert "6 / 6" in page.replace('</span><span class="of">', "")


def test_hidden_code_does_not_hide(school, passed):
    school.graded(school.ada, [passed], code="x = 1 # \u202eadmin\u2066\n".encode())
    page = school.visit("ada").get("/submissions/1").text
    assert "\u202e" not in page
    assert "‹U+202E›admin‹U+2066›" in page


def test_a_visible_check_tells_its_whole_message(school, failed):
    school.graded(school.ada, [replace(failed, visibility=Visibility.VISIBLE)])
    assert "expected 0.31337, got 1" in school.visit("ada").get("/submissions/1").text


def test_a_job_that_the_queue_did_not_take_is_stored_all_the_same(school):
    school.visit("ada").post("/exercises/slope/submit", data={"code": "x = 1"})
    with school.database.reading() as session:
        assert session.get(GradingJob, school.sent[0]).submission_id == 1


def test_what_all_checks_of_a_task_say_is_said_once(school, failed):
    checks = [replace(failed, name=f"check-{number}", fault="Not written yet", hint="Look up.") for number in range(5)]
    school.graded(school.ada, checks)
    page = school.visit("ada").get("/submissions/1").text
    assert page.count("Not written yet") == 1
    assert page.count("Look up.") == 5
    assert "5 checks not passed" in page


def test_the_first_failed_checks_are_open_and_the_others_folded(school, failed):
    checks = [replace(failed, name=f"check-{number}", fault=f"fault {number}") for number in range(5)]
    school.graded(school.ada, checks)
    page = school.visit("ada").get("/submissions/1").text
    assert page.index("check-2") < page.index("2 more checks not passed") < page.index("check-3")


def test_a_page_that_asks_hears_what_counts_and_follows_the_grading_that_waits(school, passed, failed):
    number = school.graded(school.ada, [passed, failed])
    school.visit("iris").post(f"/submissions/{number}/grade-again")
    client = school.visit("ada")
    said = client.get(f"/submissions/{number}/result").json
    assert said["isDone"] is False
    assert "6 of 15 points" in said["html"] and "It is being graded again" in said["html"]
    assert "html" not in client.get(f"/submissions/{number}/result?since={said['id']}").json
    school.finish(school.start(2), [passed, replace(failed, verdict=passed.verdict, points=failed.max_points)])
    again = client.get(f"/submissions/{number}/result?since={said['id']}").json
    assert again["isDone"] is True
    assert "10 of 15 points" in again["html"] and "graded again" not in again["html"]


def test_staff_are_told_of_a_grading_again_that_was_cancelled_and_students_see_what_counts(school, passed):
    number = school.graded(school.ada, [passed])
    client = school.visit("iris")
    client.post(f"/submissions/{number}/grade-again")
    client.post(f"/submissions/{number}/cancel")
    assert "Grading it again was cancelled" in client.get(f"/submissions/{number}").text
    page = school.visit("ada").get(f"/submissions/{number}").text
    assert "6 of 15 points" in page and "again" not in page.partition("Submitted code")[0]

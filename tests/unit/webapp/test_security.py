"""What every answer and every form has to have, whoever asks."""

from __future__ import annotations

import re

import pytest

from webapp.access import ROLES_OF_VIEW

OPEN = {"static", "auth.log_in", "auth.log_out", "health.healthz", "health.readyz", "health.metrics"}


def test_every_view_says_who_may_see_it(school):
    unguarded = {
        name
        for name, view in school.app.view_functions.items()
        if not hasattr(view, ROLES_OF_VIEW) and name not in OPEN
    }
    assert unguarded == set()


def test_every_staff_view_is_for_instructors_only(school):
    paths = [
        "/staff/gradebook",
        "/staff/gradebook.csv",
        "/staff/submissions",
        "/staff/students/1",
        "/staff/answers",
    ]
    student, staff = school.visit("ada"), school.visit("iris")
    for path in paths:
        assert student.get(path).status_code == 403, path
        assert staff.get(path).status_code == 200, path
    assert student.post("/staff/answers/1", data={"points": "1"}).status_code == 403
    covered = {rule.rule for rule in school.app.url_map.iter_rules() if rule.endpoint.startswith("staff.")}
    assert len(covered) == len(paths) + 1, "a new staff view belongs into this test"


@pytest.mark.parametrize("path", ["/log-in", "/healthz", "/", "/exercises/slope", "/nowhere", "/static/portal.css"])
def test_every_answer_carries_the_policy(school, path):
    headers = school.visit("ada").get(path, buffered=True).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_personal_pages_are_never_cached_but_assets_are(school):
    client = school.visit("ada")
    for path in ("/", "/exercises/slope", "/exercises/slope/submit", "/bundle.zip"):
        assert client.get(path).headers["Cache-Control"] == "private, no-store", path
    assert "max-age" in client.get("/static/portal.css", buffered=True).headers["Cache-Control"]


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/log-in", {"username": "ada", "password": "pw"}),
        ("/log-out", {}),
        ("/exercises/slope/submit", {"code": "x = 1"}),
        ("/exercises/slope/quiz", {"answer-which": "a"}),
        ("/staff/answers/1", {"points": "1"}),
    ],
)
def test_a_form_without_its_token_changes_nothing(school, path, data):
    client = school.visit("iris")
    school.app.config["WTF_CSRF_ENABLED"] = True
    answer = client.post(path, data=data)
    assert answer.status_code == 400
    assert "This form has expired" in answer.text
    assert school.sent == []


def test_a_form_with_its_token_works(school, csrf):
    client = school.visit("ada")
    school.app.config["WTF_CSRF_ENABLED"] = True
    token = csrf(client.get("/exercises/slope/submit").text)
    answer = client.post("/exercises/slope/submit", data={"code": "x = 1", "csrf_token": token})
    assert answer.status_code == 302


def test_no_page_has_inline_scripts_styles_or_handlers(school, passed, failed):
    submission = school.graded(school.ada, [passed, failed])
    attempt, _ = school.answer(school.ada, {"why": "because"})
    client = school.visit("iris")
    for path in (
        "/",
        "/exercises/slope",
        "/exercises/slope/submit",
        "/exercises/slope/quiz",
        f"/submissions/{submission}",
        f"/quiz-attempts/{attempt}",
        "/staff/gradebook",
        "/staff/submissions",
        "/staff/answers",
        "/nowhere",
    ):
        page = client.get(path).text
        assert not re.search(r"<script(?![^>]*\ssrc=)", page), path
        assert not re.search(r"\s(style|on[a-z]+)=", page), path
        assert "<style" not in page, path


def test_a_hostile_display_name_is_only_text(school, passed):
    school.graded(school.bob, [passed])
    staff = school.visit("iris")
    for path in ("/staff/gradebook", "/staff/submissions", f"/staff/students/{school.bob.id}", "/submissions/1"):
        page = staff.get(path).text
        assert "Bob &lt;b&gt;Bold&lt;/b&gt;" in page, path
        assert "<b>Bold" not in page, path


def test_a_number_beyond_the_database_is_simply_not_found(school):
    staff = school.visit("iris")
    for path in (
        "/submissions/99999999999999999999",
        "/quiz-attempts/4294967296",
        "/staff/submissions?before=99999999999",
    ):
        assert staff.get(path).status_code == 404, path

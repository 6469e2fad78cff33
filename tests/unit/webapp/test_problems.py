"""Pages about what went wrong."""

from __future__ import annotations

from dataclasses import replace

from grader.store.database import Database


def test_a_failed_database_still_gets_a_page_that_speaks(school, monkeypatch, tmp_path):
    client = school.visit("ada")
    school.app.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False)
    gone = replace(school.app.extensions["gradescent"], database=Database(f"sqlite:///{tmp_path}"))
    monkeypatch.setitem(school.app.extensions, "gradescent", gone)
    answer = client.get("/")
    assert answer.status_code == 500
    assert "This is our fault, not yours." in answer.text
    assert "OperationalError" not in answer.text


def test_a_visitor_who_is_not_logged_in_learns_no_exercise(school):
    answer = school.app.test_client().get("/nowhere")
    assert answer.status_code == 404
    assert "slope" not in answer.text


def test_a_wrong_method_is_told(school):
    assert "That is not how this page works" in school.visit("ada").post("/").text

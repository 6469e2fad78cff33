"""Logging in and out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import request
from sqlalchemy import update

from grader.store.tables import User
from webapp.app import create_app


def test_a_visitor_is_sent_to_the_log_in_and_then_where_they_wanted_to_go(school):
    client = school.app.test_client()
    answer = client.get("/exercises/slope?x=1")
    assert answer.status_code == 302
    assert answer.location == "/log-in?next=/exercises/slope?x%3D1"
    answer = client.post("/log-in", data={"username": "ada", "password": "pw", "next": "/exercises/slope?x=1"})
    assert answer.location == "/exercises/slope?x=1"


@pytest.mark.parametrize("name", ["ada", "nobody", "", "a\x00da", "ada" * 100, "\u202eada"])
def test_a_wrong_password_or_name_gets_the_same_words(school, name):
    answer = school.app.test_client().post("/log-in", data={"username": name, "password": "wrong"})
    assert answer.status_code == 401
    assert "The name or the password is not right" in answer.text


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "/\t/evil.example/",
        "javascript:alert(1)",
        "evil.example",
        "\\\\evil.example",
        "/%0d%0aLocation:x\r\n",
    ],
)
def test_the_log_in_leads_to_no_other_site(school, elsewhere):
    answer = school.app.test_client().post("/log-in", data={"username": "ada", "password": "pw", "next": elsewhere})
    assert answer.location == "/"


def test_logging_out_ends_the_session_and_is_a_post(school):
    client = school.visit("ada")
    assert client.get("/log-out").status_code == 405
    assert client.post("/log-out").status_code == 302
    assert client.get("/").status_code == 302


def test_ten_failures_in_a_minute_are_enough(school):
    client = school.app.test_client()
    codes = [client.post("/log-in", data={"username": "ada", "password": "no"}).status_code for _ in range(11)]
    assert codes == [401] * 10 + [429]
    assert "Wait a minute" in client.post("/log-in", data={"username": "ada", "password": "pw"}).text


def test_a_lecture_hall_behind_one_address_can_log_in(school):
    for _ in range(12):
        school.visit("ada")


def test_a_new_password_ends_older_sessions(school):
    client = school.visit("ada")
    with school.database.transaction() as session:
        session.execute(update(User).where(User.username == "ada").values(password_hash="another"))
    assert client.get("/").status_code == 302


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(school):
    answer = school.app.test_client().post("/log-in", data={"username": "ada", "password": "pw"})
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


@pytest.mark.parametrize(("hops", "seen"), [(0, "127.0.0.1"), (1, "203.0.113.9")])
def test_a_forwarded_address_counts_behind_a_trusted_proxy_only(settings, hops, seen):
    app = create_app(replace(settings, trusted_proxies=hops), send=print)
    heard = []
    app.before_request(lambda: heard.append(request.remote_addr))
    app.test_client().get("/healthz", headers={"X-Forwarded-For": "198.51.100.7, 203.0.113.9"})
    assert heard == [seen]


def test_in_production_the_session_cookie_needs_https(settings):
    production = replace(settings, environment="production", secret_key="s" * 32)
    assert create_app(production, send=print).config["SESSION_COOKIE_SECURE"] is True

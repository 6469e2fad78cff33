"""The factory of the portal: its parts, put together for one set of settings."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask
from flask_wtf.csrf import CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from grader.catalog import load_catalog
from grader.queue import JobQueue
from grader.readiness import Readiness
from grader.settings import Settings
from grader.store.database import Database
from grader.tracing import open_tracer
from webapp import access, auth, exercises, formats, health, problems, quizzes, security, staff, submissions, visits
from webapp.metrics import Metrics
from webapp.portal import Portal, Send
from webapp.watching import Watcher

MAX_REQUEST_BYTES = 1024 * 1024
"""A solution has at most 64 KiB; the rest is room for the form around it."""


def create_app(settings: Settings, *, send: Send | None = None) -> Flask:
    """Return the portal for these settings. `send` hands a stored job to the queue (default: the real one)."""
    app = Flask("webapp")
    if hops := settings.trusted_proxies:
        proxied = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)
        app.wsgi_app = proxied  # type: ignore[method-assign]  # Flask's own way of wrapping
    app.config.update(
        SECRET_KEY=settings.resolved_secret_key(),
        MAX_CONTENT_LENGTH=MAX_REQUEST_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_REQUEST_BYTES,
        SESSION_COOKIE_NAME="gradescent",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies or settings.is_production,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=7),
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: an exercise's page stays open for hours
        RATELIMIT_STORAGE_URI="memory://",
    )
    app.jinja_options = {**app.jinja_options, "undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    database = Database(settings.resolved_database_url())
    metrics, tracer = Metrics(settings, database), open_tracer(settings, "portal")
    app.extensions["gradescent"] = Portal(
        settings=settings,
        catalog=load_catalog(settings.exercises_dir),
        database=database,
        send=send or JobQueue(settings, database).send_job,
        readiness=Readiness(settings, database),
        metrics=metrics,
        tracer=tracer,
        watcher=Watcher(database, timedelta(seconds=settings.lease_seconds)),
    )
    app.jinja_env.globals["tier"] = settings.sandbox_tier
    CSRFProtect(app)
    access.install(app)
    auth.limiter.init_app(app)
    formats.install(app)
    problems.install(app)
    security.install(app)
    visits.install(app, metrics, tracer)
    areas: list[Any] = [auth, exercises, health, quizzes, staff, submissions]
    for area in areas:
        app.register_blueprint(area.blueprint)
    return app

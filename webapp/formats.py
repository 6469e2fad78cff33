"""How numbers, times and words appear on pages."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from markupsafe import Markup

from grader.domain.verdict import Verdict
from webapp.highlight import message_html, visible
from webapp.markdown import render_line, render_text

STATIC = Path(__file__).parent / "static"


def install(app: Flask) -> None:
    """Add the filters and globals that templates use."""
    app.add_template_filter(points)
    app.add_template_filter(seconds)
    app.add_template_filter(duration)
    app.add_template_filter(moment)
    app.add_template_filter(verdict_words)
    app.add_template_filter(percent)
    app.add_template_filter(message_html)
    app.add_template_filter(visible)
    app.add_template_filter(render_text, "rich_text")
    app.add_template_filter(render_line, "rich_line")
    app.url_defaults(_version_static)


def points(value: float) -> str:
    """Write points without a superfluous fraction: 12, 12.5, 8.33."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def percent(part: float, whole: float) -> float:
    """Return what percentage `part` is of `whole`, between 0 and 100; 0 of nothing is 0."""
    return round(min(1.0, max(0.0, part / whole)) * 100, 1) if whole > 0 else 0.0


def seconds(value: float) -> str:
    """Write a duration: 84 ms, 2.3 s."""
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"


def duration(value: float) -> str:
    """Write how long something took, or has taken so far: 84 ms, 2.3 s, 42 s, 3 min 5 s, 2 h 10 min."""
    if value < 10:
        return seconds(value)
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def moment(value: datetime) -> Markup:
    """Write a time in UTC; the page's script rewrites it in the reader's own zone."""
    shown = f"{value.day} {value:%b %Y, %H:%M} UTC"
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(timespec="seconds"), shown)


def verdict_words(value: str) -> str:
    """Write a verdict as a person reads it."""
    return Verdict(value).words


def _version_static(endpoint: str, values: dict[str, Any]) -> None:
    # A changed file has a new address, so browsers may keep what they have.
    if endpoint == "static" and "filename" in values:
        values.setdefault("v", _fingerprint(values["filename"]))


@cache
def _fingerprint(name: str) -> str:
    path = STATIC / name
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10] if path.is_file() else "0"

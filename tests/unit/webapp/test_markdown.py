"""Markdown on pages."""

from __future__ import annotations

import pytest

from grader.settings import Settings
from webapp.markdown import render_document, render_line, render_text


def document(source, files=()):
    return render_document(source, files=frozenset(files), files_url="/files/").html


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        '<a href="javascript:alert(1)">x</a>',
        "<iframe src='https://evil.example'></iframe>",
        "<p style='position:fixed'>x</p>",
        "<svg onload=alert(1)>",
        "$<img src=x onerror=alert(1)>$",
        "```python\n<script>alert(1)</script>\n```",
    ],
)
def test_nothing_hostile_survives(hostile):
    for html in (document(hostile), render_text(hostile), render_line(hostile)):
        for part in ("<script", "<iframe", "<svg", "<img src=x", " onerror=alert(1)>", "style=", 'href="javascript:'):
            assert part not in html.replace("&lt;", "⟨")


def test_underscores_and_stars_in_formulas_are_left_alone():
    assert '<span class="math inline">m_t * v_t_1</span>' in render_text("so $m_t * v_t_1$ it is")


def test_prices_are_no_formulas():
    assert "math" not in render_text("It costs $5 or $ 6.")


def test_images_from_elsewhere_are_not_loaded():
    assert "evil" not in document("![x](https://evil.example/pixel.png)")


def test_a_link_inside_the_document_finds_its_heading():
    html = document("# T\n\n[see](#the-rules)\n\n## The rules\n")
    assert 'href="#section-the-rules"' in html
    assert 'id="section-the-rules"' in html


def test_the_real_instructions_leave_no_raw_formula():
    for readme in Settings().exercises_dir.glob("*/README.md"):
        text = readme.read_text(encoding="utf-8")
        html = document(text)
        assert "$$" not in html, readme
        assert html.count("math block") == text.count("\n$$") // 2, readme

"""What only a real browser can show: no scripts, small screens, large files, the keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e

PAGES = ["/", "/exercises/adaptive", "/exercises/adaptive/submit", "/exercises/adaptive/quiz", "/submissions/2"]


def test_everything_works_without_scripts(log_in):
    page = log_in("carl", java_script_enabled=False)
    page.goto("/exercises/adaptive")
    expect(page.locator(".math.block").first).to_contain_text("\\")
    page.goto("/exercises/adaptive/submit")
    page.get_by_label("Paste the code of adaptive.py").fill("def adam_step(:\n    pass\n")
    page.get_by_role("button", name="Submit").click()
    # The page reloads itself until the result is there.
    expect(page.get_by_role("heading", name="Python cannot read this file")).to_be_visible(timeout=60_000)
    expect(page.locator("#line-1.marked")).to_be_visible()


def test_no_page_is_wider_than_a_phone(log_in):
    for username, paths in {"ada": PAGES, "emmy": ["/staff/gradebook", "/staff/submissions", "/staff/answers"]}.items():
        page = log_in(username, viewport={"width": 360, "height": 740})
        for path in paths:
            page.goto(path)
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= 360, f"{path} is {width} px wide"


def test_a_file_of_fifty_megabytes_is_told_before_and_after_it_is_sent(log_in, tmp_path):
    large = tmp_path / "adaptive.py"
    large.write_bytes(b"#" * 50_000_000)
    page = log_in("carl")
    page.goto("/exercises/adaptive/submit")
    field = page.get_by_label("or choose the file")
    field.set_input_files(large)
    assert "a file may have 64" in field.evaluate("input => input.validationMessage")
    page.locator("form[data-limit]").evaluate("form => { form.noValidate = true; }")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", name="That is too large")).to_be_visible(timeout=60_000)


def test_the_editor_indents_and_lets_the_keyboard_out(log_in):
    page = log_in("carl")
    page.goto("/exercises/adaptive/submit")
    editor = page.get_by_label("Paste the code of adaptive.py")
    editor.focus()
    page.keyboard.type("def f():")
    page.keyboard.press("Enter")
    page.keyboard.type("return 1")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(editor).to_have_value("def f():\n    return 1\n        ")
    page.keyboard.press("Shift+Tab")
    expect(editor).to_have_value("def f():\n    return 1\n    ")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(page.get_by_label("or choose the file")).to_be_focused()


def test_a_refusal_keeps_the_code_and_takes_the_focus(log_in, tmp_path):
    other = tmp_path / "homework.py"
    other.write_text("x = 1")
    page = log_in("carl")
    page.goto("/exercises/adaptive/submit")
    page.get_by_label("or choose the file").set_input_files(other)
    page.get_by_role("button", name="Submit").click()
    notice = page.get_by_role("alert")
    expect(notice).to_be_focused()
    expect(notice).to_contain_text("This exercise takes one file named adaptive.py")


def test_the_first_tab_leads_past_the_header(log_in):
    page = log_in("carl")
    page.goto("/exercises/adaptive")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#main$"))


def test_a_second_click_sends_nothing_more(log_in):
    page = log_in("carl")
    page.goto("/exercises/adaptive/submit")
    page.get_by_label("Paste the code of adaptive.py").fill("x = 2\n")
    page.get_by_role("button", name="Submit").dblclick()
    page.wait_for_url("**/submissions/*")
    first = page.url
    page.goto("/exercises/adaptive")
    newest = page.locator("#your-attempts + table tbody tr a").first
    assert first.endswith(newest.get_attribute("href"))

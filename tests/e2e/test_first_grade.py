"""The first whole path, as people walk it: from a student's file to a score on a page and in the gradebook."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import grader.demo

pytestmark = pytest.mark.e2e

SOLUTIONS = Path(grader.demo.__file__).parent / "demo_solutions"


def result(page: Page):
    """The heading that sums a result up, once it is final."""
    return page.locator("#result [data-summary]")


@pytest.mark.timeout(420)  # two whole grades, and the first comparison of a worker waits until its judge is warm
def test_a_student_goes_from_a_wrong_adam_to_full_points_and_staff_see_it(log_in, tmp_path):
    page = log_in("sofia")

    # A wrong solution, as a file.
    page.get_by_role("link", name=re.compile("Adaptive")).click()
    expect(page.locator(".math.rendered").first).to_be_visible()
    wrong = tmp_path / "adaptive.py"
    wrong.write_bytes((SOLUTIONS / "adaptive_wrong.py").read_bytes())
    page.get_by_label("Hand in adaptive.py").set_input_files(wrong)
    page.get_by_role("button", name="Submit file").click()
    page.wait_for_url("**/submissions/*")

    # Why it is wrong, on a page that nobody reloads; the training comparison completes the score.
    expect(result(page)).to_have_text(re.compile(r"^\d+(\.\d+)? of \d+ points$"), timeout=120_000)
    expect(page.get_by_text("wrong answer").first).to_be_visible()
    cause = page.get_by_role("region", name="Likely cause").first
    expect(cause).to_contain_text(re.compile("bias correction", re.IGNORECASE))
    comparison = page.get_by_role("region", name="Training comparison")
    expect(comparison.get_by_text(re.compile("leaves PyTorch's path at step")).first).to_be_visible()
    expect(comparison.locator(".uplot").first).to_be_visible()

    # The right one, pasted over it.
    page.get_by_role("link", name="Edit and hand in again").click()
    editor = page.get_by_label("Paste the code of adaptive.py")
    expect(editor).to_have_value(re.compile("def adam_step"))
    editor.fill((SOLUTIONS / "adaptive_right.py").read_text())
    page.get_by_role("button", name="Submit").click()
    page.wait_for_url("**/submissions/*")
    expect(result(page)).to_have_text("Full points. Well done.", timeout=120_000)
    full = page.locator("#result .ring strong").inner_text()
    expect(page.locator("#result .ring")).to_contain_text(f"of {full} points")

    # The quiz.
    page.goto("/exercises/adaptive/quiz")
    for question in page.locator("fieldset.question").all():
        choice = question.locator("input[type=radio], input[type=checkbox]")
        if choice.count():
            choice.first.check()
        else:
            answer = question.locator("textarea, input.short")
            answer.fill("They adapt to the variance of each gradient." if answer.get_attribute("rows") else "0.5")
    page.get_by_role("button", name="Hand in").click()
    page.wait_for_url("**/quiz-attempts/*")
    expect(result(page)).to_have_text(re.compile(r" of \d+ points$"), timeout=30_000)
    expect(page.get_by_text("provisional until an instructor confirms").first).to_be_visible()

    # What the instructor sees, and settles.
    staff = log_in("emmy")
    staff.get_by_role("link", name="Gradebook").click()
    row = staff.get_by_role("row").filter(has_text="Sofia Kovalevskaya")
    expect(row).to_contain_text(full)
    expect(row).to_contain_text("provisional")
    staff.get_by_role("link", name="Answers").click()
    waiting = staff.locator(".question").filter(has_text="Sofia Kovalevskaya").first
    waiting.get_by_label(re.compile("^Points")).fill("1")
    waiting.get_by_role("button", name="Confirm").click()
    staff.get_by_role("link", name="Gradebook").click()
    expect(row).not_to_contain_text("provisional")
    page.reload()
    expect(page.get_by_text("provisional until an instructor confirms")).to_have_count(0)

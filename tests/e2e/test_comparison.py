"""The pictures of a training comparison, in a real browser: drawn, read, and the same in the dark and on a phone."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from grader.domain.check import CheckResult, Visibility
from grader.domain.comparison import ComparisonReport, Plan
from grader.domain.picture import Band, Mark, Picture, Role, Series, Surface
from grader.domain.report import Report
from grader.domain.submission import SourceFile
from grader.domain.verdict import Verdict
from grader.store.jobs import claim, finish, finish_comparison
from grader.store.submissions import submit
from grader.store.tables import User

pytestmark = pytest.mark.e2e

FALLING = [2.0 * 0.98**step for step in range(200)]


def check(name, verdict=Verdict.ACCEPTED):
    points = 5.0 if verdict is Verdict.ACCEPTED else 0.0
    return CheckResult(
        name=name,
        task="3.3",
        verdict=verdict,
        points=points,
        max_points=5.0,
        visibility=Visibility.VISIBLE,
        message="" if points else "It leaves PyTorch's curve at step 13.",
    )


def picture(**fields):
    about = {"check": "adam-curve", "task": "3.3", "x_label": "step", "y_label": "loss"}
    return Picture(**{**about, "caption": f"What to see in “{fields['title']}”.", **fields})


def around(scale):
    """A line that has lost its way at step 13, in values of this size."""
    return [scale * value * (1.0 if step < 13 else 1.1) for step, value in enumerate(FALLING)]


CURVE = picture(
    name="loss",
    title="Training loss",
    log_y=True,
    series=(Series.of("PyTorch", Role.REFERENCE, FALLING), Series.of("yours", Role.YOURS, around(1.0))),
    band=Band.of("PyTorch, over many seeds", [0.9 * value for value in FALLING], [1.1 * value for value in FALLING]),
    marks=(Mark(13, "first step that differs"),),
)
DISTANCE = picture(
    name="distance",
    check="adam-parity",
    title="Distance to PyTorch",
    log_y=True,
    series=tuple(Series.of(f"case {power}", Role.YOURS, [10.0**power, 0.0, 10.0**-9]) for power in (-17, -13)),
)
DIVERGENT = picture(
    name="sweep",
    title="Learning rates",
    series=(
        Series.of("yours, lr 3", Role.YOURS, [10.0**step for step in range(100)] + [math.inf] * 20),
        Series.of("PyTorch, lr 0.1", Role.REFERENCE, FALLING[:60]),
        Series.of("without momentum", Role.OTHER, FALLING[:40], [3.0 * step for step in range(40)]),
    ),
)
BELOW_ZERO = picture(
    name="below",
    title="Nothing above zero",
    series=(Series.of("yours", Role.YOURS, [-1.0, -2.0]), Series.of("PyTorch", Role.REFERENCE, [-1.0, -1.5])),
)
VALLEY = picture(
    name="valley",
    check="adam-parity",
    title="The way down a valley",
    x_label="first parameter",
    y_label="second parameter",
    series=(
        Series.of("PyTorch", Role.REFERENCE, [1.0, 0.5, 0.1, 0.0], [-3.0, -2.0, -1.0, 0.0]),
        Series.of("yours", Role.YOURS, [1.0, -1.5, 99.0], [-3.0, -1.0, 40.0]),
    ),
    surface=Surface(
        x=(-4.0, 4.0),
        y=(-2.0, 2.0),
        rows=tuple(tuple(x * x / 8 + y * y for x in range(-4, 5)) for y in (-2, -1, 0, 1, 2)),
        levels=(0.5, 1.0, 2.0, 4.0),
    ),
)
FOUND = ComparisonReport(
    max_points=10.0,
    checks=(check("adam-parity"), check("adam-curve", Verdict.WRONG_ANSWER)),
    pictures=(CURVE, DISTANCE, DIVERGENT, BELOW_ZERO, VALLEY),
    device="CPU",
)


@pytest.fixture
def compare(stored):
    """Store a submission of Carl's whose checks are graded; return its path and what ends its comparison."""
    now, lease = datetime.now(UTC), timedelta(hours=1)
    report = Report(
        exercise="adaptive",
        checks=(check("adam-property"),),
        tier="namespaces",
        seed=1,
        suite_version="sample",
        seconds=0.1,
    )
    with stored.transaction() as session:
        carl = session.scalars(select(User).where(User.username == "carl")).one()
        job = submit(session, carl, "adaptive", [SourceFile("adaptive.py", b"x = 1\n")], seed=1, now=now)
        session.flush()
        following = finish(
            session, claim(session, job.id, now=now, lease=lease), report, now=now, comparison=Plan(points=10)
        )
        taken = claim(session, following.id, now=now, lease=lease)
        path = f"/submissions/{job.submission_id}"

    def end():
        with stored.transaction() as session:
            finish_comparison(session, taken, FOUND, now=now)

    return path, end


@pytest.fixture
def compared(compare):
    """The path of a submission whose comparison has ended."""
    path, end = compare
    end()
    return path


@pytest.fixture
def read(log_in, compared):
    """Open the page of that submission, its pictures drawn."""

    def opened(**options):
        page = log_in("carl", **options)
        page.goto(compared)
        expect(page.locator(".uplot")).to_have_count(len(FOUND.pictures))
        return page

    return opened


def figure(page, title):
    return page.locator("figure.chart").filter(has_text=title)


def values(found):
    """The lines of a legend with what stands beside them."""
    lines = [line.inner_text().split("\n") for line in found.locator(".chart-legend li").all()]
    return dict(lines)


IS_DRAWN = """canvas => {
  const style = getComputedStyle(document.documentElement);
  const wanted = ["--yours", "--reference"].map(name => style.getPropertyValue(name).trim());
  const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return wanted.every(hex => {
    const colour = [1, 3, 5].map(at => parseInt(hex.slice(at, at + 2), 16));
    const isNear = at => data[at + 3] > 200 && colour.every((part, which) => Math.abs(data[at + which] - part) < 30);
    for (let at = 0; at < data.length; at += 4) if (isNear(at)) return true;
    return false;
  });
}"""


ARE_WITHIN = "() => [...document.querySelectorAll('.uplot')].every(plot => plot.offsetWidth < innerWidth)"


def expect_drawn(found):
    """Wait until both parties' lines stand on the canvas, in the colours of this moment."""
    eventually(found.page, lambda: found.locator("canvas").evaluate(IS_DRAWN))


def eventually(page, holds):
    """Wait until something holds. (The browser's own waiting evaluates strings, which the portal's policy forbids.)"""
    for _ in range(100):
        if holds():
            return
        page.wait_for_timeout(100)
    pytest.fail("it did not come to hold within 10 s")


def test_every_picture_is_drawn_beside_its_check(read):
    page = read()
    for title in ("Training loss", "The way down a valley", "Nothing above zero"):
        expect_drawn(figure(page, title))
    of_the_curve = page.locator("li.check").filter(has_text="adam-curve").locator("figure")
    expect(of_the_curve).to_have_count(3)
    expect(figure(page, "Training loss").locator(".chart-mark")).to_have_text("first step that differs")


def test_a_pointer_reads_the_values_of_all_lines(read):
    page = read()
    curve = figure(page, "Training loss")
    assert values(curve)["yours"] == f"{around(1.0)[-1]:.6g}"
    curve.locator(".u-over").hover()
    expect(curve.locator(".chart-at")).to_have_text(re.compile(r"^at step (99|100)$"))
    step = int(curve.locator(".chart-at").inner_text().split()[-1])
    assert values(curve) == {
        "yours": f"{around(1.0)[step]:.6g}",
        "PyTorch": f"{FALLING[step]:.6g}",
        "PyTorch, over many seeds": f"{0.9 * FALLING[step]:.6g} to {1.1 * FALLING[step]:.6g}",
    }
    valley = figure(page, "The way down a valley")
    valley.locator(".u-over").hover()
    expect(valley.locator(".chart-at")).to_have_text("at step 3")
    assert values(valley) == {"yours": "–", "PyTorch": "(0, 0)"}


def test_the_keyboard_reads_a_picture_and_says_it(read):
    page = read()
    area = figure(page, "The way down a valley").locator(".chart-area")
    area.focus()
    page.keyboard.press("Home")
    expect(area).to_have_attribute("aria-valuetext", "step 0: yours (−3, 1); PyTorch (−3, 1)")
    page.keyboard.press("ArrowRight")
    expect(area).to_have_attribute("aria-valuetext", "step 1: yours (−1, −1.5); PyTorch (−2, 0.5)")
    area = figure(page, "Learning rates").locator(".chart-area")
    area.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    said = "step 1: yours, lr 3 10; PyTorch, lr 0.1 1.96; without momentum 1.98667"  # read between its own points
    expect(area).to_have_attribute("aria-valuetext", said)
    page.keyboard.press("End")
    expect(area).to_have_attribute("aria-valuetext", re.compile("lr 3 no number; PyTorch, lr 0.1 –"))


def test_a_finger_reads_too(read):
    page = read(has_touch=True, viewport={"width": 390, "height": 844})
    curve = figure(page, "Training loss")
    curve.locator(".u-over").tap()
    expect(curve.locator(".chart-at")).to_have_text(re.compile(r"^at step (99|100)$"))


def test_the_scale_can_be_changed_where_it_makes_sense(read):
    page = read()
    curve = figure(page, "Training loss")
    toggle = curve.get_by_role("button", name="log scale")
    expect(toggle).to_have_attribute("aria-pressed", "true")
    before = curve.locator("canvas").evaluate("canvas => canvas.toDataURL()")
    toggle.click()
    expect(toggle).to_have_attribute("aria-pressed", "false")
    assert curve.locator("canvas").evaluate("canvas => canvas.toDataURL()") != before
    expect_drawn(curve)
    expect(figure(page, "Nothing above zero").get_by_role("button", name="log scale")).to_be_disabled()
    expect(figure(page, "The way down a valley").get_by_role("button", name="log scale")).to_have_count(0)


def test_a_line_can_be_hidden_to_see_the_others(read):
    page = read()
    rates = figure(page, "Learning rates")
    name = rates.get_by_role("button", name="yours, lr 3")
    name.click()
    expect(name).to_have_attribute("aria-pressed", "false")
    expect(name).to_be_focused()
    rates.get_by_role("button", name="log scale").click()
    expect(name).to_have_attribute("aria-pressed", "false")


def test_pictures_follow_the_colour_scheme_and_fit_a_phone(read):
    page = read()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 844})
            eventually(page, lambda: page.evaluate(ARE_WITHIN))
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{scheme}, {width} px"
            expect_drawn(figure(page, "Training loss"))


def test_pictures_appear_on_a_page_that_nobody_reloads(log_in, compare):
    path, end = compare
    page = log_in("carl")
    page.goto(path)
    expect(page.locator("#result [data-summary]")).to_have_text(re.compile(r"^Provisional score: 5 of \d+ points$"))
    fold = page.locator("#passed-3\\.3")
    fold.locator("summary").click()
    expect(fold).to_have_attribute("open", "")
    end()
    expect(page.locator(".uplot")).to_have_count(5)
    expect(page.locator("#result [data-summary]")).to_have_text(re.compile(r"^10 of \d+ points$"))
    expect(fold).to_have_attribute("open", "")  # as the reader left it


def test_without_scripts_checks_and_captions_are_read(log_in, compared):
    page = log_in("carl", java_script_enabled=False)
    page.goto(compared)
    expect(page.get_by_text("What to see in “Training loss”.")).to_be_visible()
    expect(page.get_by_text("It leaves PyTorch's curve at step 13.")).to_be_visible()
    expect(page.locator(".comparison noscript p")).to_be_visible()

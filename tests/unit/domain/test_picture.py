"""Pictures as plain data."""

from __future__ import annotations

import json
import math

from grader.domain.picture import MAX_POINTS, Band, Mark, Picture, Role, Series, Surface


def picture() -> Picture:
    return Picture(
        name="adam-loss",
        check="adam",
        task="3.3",
        title="Loss",
        caption="What to see.",
        x_label="step",
        y_label="loss",
        log_y=True,
        series=(Series.of("yours", Role.YOURS, [3.0, math.nan, 1.0]), Series.of("PyTorch", Role.REFERENCE, [3.0, 2.0])),
        band=Band.of("many seeds", [1.0, 1.0], [4.0, math.inf]),
        surface=Surface(x=(-1.0, 1.0), y=(0.0, 2.0), rows=((1.0, 2.0), (3.0, 4.0)), levels=(1.5,)),
        marks=(Mark(1.0, "leaves PyTorch's path"),),
    )


def test_a_picture_survives_json() -> None:
    made = picture()
    assert Picture.from_data(json.loads(json.dumps(made.as_data(), allow_nan=False))) == made


def test_a_picture_without_band_and_surface_survives_json() -> None:
    made = Picture(
        name="a", check="a", task="1", title="", caption="", x_label="", y_label="", series=(), band=None, surface=None
    )
    assert Picture.from_data(json.loads(json.dumps(made.as_data()))) == made


def test_what_is_not_finite_is_a_gap() -> None:
    assert Series.of("yours", Role.YOURS, [1.0, math.nan, math.inf, -math.inf]).y == (1.0, None, None, None)


def test_long_lines_are_thinned_and_keep_their_ends() -> None:
    line = Series.of("yours", Role.YOURS, [float(step) for step in range(10_000)])
    assert len(line.x) == len(line.y) == MAX_POINTS
    assert (line.x[0], line.y[0], line.x[-1], line.y[-1]) == (0.0, 0.0, 9999.0, 9999.0)
    assert list(line.x) == sorted(set(line.x))


def test_values_have_six_digits() -> None:
    assert Series.of("yours", Role.YOURS, [math.pi * 1e-9]).y == (3.14159e-9,)


def test_marks_are_added_to_those_that_are_there() -> None:
    marked = picture().marked([Mark(2.0, "reduced")])
    assert [mark.words for mark in marked.marks] == ["leaves PyTorch's path", "reduced"]

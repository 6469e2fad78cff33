"""A comparison as a worker finds it, with a picture of every kind."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.domain.check import CheckResult, Visibility
from grader.domain.comparison import ComparisonReport
from grader.domain.misconception import Misconception
from grader.domain.picture import Band, Mark, Picture, Role, Series, Surface
from grader.domain.verdict import Verdict

CURVES = Picture(
    name="adam-loss",
    check="adam-parity",
    task="3.3",
    title="Training loss, the same seed",
    caption="Yours leaves PyTorch's at step 7.",
    x_label="step",
    y_label="loss",
    log_y=True,
    series=(
        Series.of("PyTorch", Role.REFERENCE, [2.0, 1.0, 0.5, 0.25]),
        Series.of("yours", Role.YOURS, [2.0, 1.0, float("nan"), 0.3]),
        Series.of("without bias correction", Role.OTHER, [2.0, 1.5, 1.1, 0.9]),
    ),
    band=Band.of("PyTorch, over many seeds", [1.8, 0.9, 0.4, 0.2], [2.2, 1.1, 0.6, 0.3]),
    marks=(Mark(1, "leaves PyTorch's path"), Mark(3, "the last step")),
)
PATHS = Picture(
    name="adam-ravine",
    check="adam-parity",
    task="3.3",
    title="The way through a ravine",
    caption="",
    x_label="first parameter",
    y_label="second parameter",
    series=(
        Series.of("PyTorch", Role.REFERENCE, [2.0, -1.0, 0.0], [-3.0, -1.0, 0.0]),
        Series.of("yours", Role.YOURS, [2.0, 9.0, float("inf")], [-3.0, -9.0, 0.0]),
    ),
    surface=Surface(
        x=(-4.0, 4.0), y=(-2.0, 2.0), rows=((20.0, 4.0, 20.0), (16.0, 0.0, 16.0), (20.0, 4.0, 20.0)), levels=(1.0, 9.0)
    ),
)


@pytest.fixture
def pictures() -> dict[str, Picture]:
    """One picture of each kind, by what is special about it."""
    plain = replace(CURVES, log_y=False, band=None, marks=())
    return {
        "curves": CURVES,
        "linear": plain,
        "paths": PATHS,
        "one point": replace(plain, series=(Series.of("yours", Role.YOURS, [1.0]),)),
        "no line": replace(plain, series=()),
        "nothing known": replace(CURVES, series=(Series.of("yours", Role.YOURS, [float("nan")] * 3),), band=None),
        "nothing positive": replace(CURVES, series=(Series.of("yours", Role.YOURS, [0.0, -1.0]),), band=None),
        "huge": replace(plain, series=(Series.of("yours", Role.YOURS, [1e308, -1e308, 1e199, -1e199]),)),
        "many lines": replace(CURVES, series=tuple(Series.of(f"{n}", role, [n, 1]) for n in range(9) for role in Role)),
        "a flat surface": replace(PATHS, surface=Surface(x=(0, 1), y=(0, 1), rows=((1.0, 1.0),) * 2, levels=(1.0,))),
        "no surface at all": replace(PATHS, surface=Surface(x=(0, 1), y=(0, 1), rows=((1.0,),), levels=(1.0,))),
    }


@pytest.fixture
def comparison() -> ComparisonReport:
    """A comparison of which one check failed."""
    failed = CheckResult(
        name="adam-parity",
        task="3.3",
        verdict=Verdict.WRONG_ANSWER,
        points=0.0,
        max_points=10.0,
        visibility=Visibility.VISIBLE,
        message="From step 7 on, `layer1.weight` differs by 0.3.",
        hint="Look at step 7.",
    )
    passed = replace(
        failed, name="adagrad-parity", task="3.1", verdict=Verdict.ACCEPTED, points=5.0, max_points=5.0, message="E = 0"
    )
    return ComparisonReport(
        max_points=15.0,
        checks=(passed, failed),
        pictures=(CURVES, PATHS),
        misconceptions=(
            Misconception("no-correction", "Your run is that of Adam without bias correction.", "3.3"),
            Misconception("eps-inside", "Your eps stands inside the root.", "3.3", is_variant=True),
        ),
        device="CPU",
        notes=("No GPU was to be had.",),
        tier="namespaces",
        seconds=2.31,
    )

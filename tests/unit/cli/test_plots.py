from __future__ import annotations

import builtins
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib
import pytest

from grader.cli.figure import render
from grader.cli.plots import PlotFolder, PlotsRefused
from grader.domain.picture import Mark, Picture, Role, Series

pytestmark = pytest.mark.slow  # matplotlib takes seconds

SVG = "{http://www.w3.org/2000/svg}"
EVIL = "\x1b]0;owned\x07 <script>alert(1)</script> & $\\frac{ [red] \udcff\x00 \u202e _"

WITH_ANOTHER_STYLE = """
import json, sys
import matplotlib
matplotlib.rcParams.update({"lines.linewidth": 9, "font.size": 20, "svg.hashsalt": None})
from grader.cli.figure import render
from grader.domain.picture import Picture
sys.stdout.buffer.write(render(Picture.from_data(json.load(sys.stdin)), "adaptive.py")["svg"])
"""


def words(svg: bytes) -> str:
    """Return all that is written in an SVG file."""
    return " ".join(ElementTree.fromstring(svg).itertext())


def test_a_picture_of_every_kind_is_a_png_and_an_svg_file(pictures: dict[str, Picture]) -> None:
    for kind, picture in pictures.items():
        drawn = render(picture, "adaptive.py")
        assert drawn["png"].startswith(b"\x89PNG\r\n\x1a\n") and drawn["png"].endswith(b"IEND\xaeB`\x82"), kind
        assert ElementTree.fromstring(drawn["svg"]).tag == f"{SVG}svg", kind


def test_the_words_of_a_picture_stand_in_it_as_text(pictures: dict[str, Picture]) -> None:
    told = words(render(pictures["curves"], "ada/adaptive.py")["svg"])
    for part in (
        "Training loss, the same seed",
        "ada/adaptive.py",
        "leaves PyTorch's path",
        "PyTorch, over many seeds",
        "without bias correction",
        "Yours leaves PyTorch's at step 7.",
    ):
        assert part in told


def test_two_runs_draw_the_same_svg_whatever_style_is_configured(pictures: dict[str, Picture]) -> None:
    for kind in ("curves", "paths"):
        told = json.dumps(pictures[kind].as_data()).encode()
        other = subprocess.run(
            [sys.executable, "-c", WITH_ANOTHER_STYLE], input=told, capture_output=True, check=True
        ).stdout
        assert other == render(pictures[kind], "adaptive.py")["svg"]


def test_drawing_leaves_the_configuration_of_matplotlib_alone(pictures: dict[str, Picture]) -> None:
    before = matplotlib.rcParams.copy()
    render(pictures["curves"], "adaptive.py")
    assert matplotlib.rcParams.copy() == before
    assert "matplotlib.pyplot" not in sys.modules


def test_whose_a_line_is_shows_without_colours(pictures: dict[str, Picture]) -> None:
    drawn = {role: replace(pictures["linear"], series=(Series.of("a line", role, [1, 2, 3]),)) for role in Role}
    dashes = [render(picture, "f")["svg"].count(b"stroke-dasharray") for picture in drawn.values()]
    assert dashes[0] == 0 and dashes[1] > 0 and dashes[2] > 0


def test_hostile_text_is_drawn_as_it_stands(pictures: dict[str, Picture]) -> None:
    evil = Picture(
        name=EVIL,
        check=EVIL,
        task=EVIL,
        title=EVIL,
        caption=EVIL * 9,
        x_label=EVIL,
        y_label=EVIL,
        series=tuple(Series.of(f"_{EVIL}", role, [1, 2]) for role in Role),
        marks=(Mark(1, EVIL),),
    )
    drawn = render(evil, EVIL)
    told = words(drawn["svg"])
    assert "\\x1b]0;owned\\x07 <script>alert(1)</script> & $\\frac{ [red]" in told
    assert b"<script" not in drawn["svg"] and b"\x1b" not in drawn["svg"]


def test_letters_that_the_font_lacks_are_no_fault(pictures: dict[str, Picture]) -> None:
    assert "日本" in words(render(pictures["linear"], "日本.py")["svg"])


def test_files_are_called_by_solution_and_picture(tmp_path: Path, pictures: dict[str, Picture]) -> None:
    written = PlotFolder(tmp_path / "new" / "plots").write(Path("hand/adaptive.py"), [pictures["curves"]])
    assert written == [tmp_path / "new" / "plots" / f"adaptive-adam-loss.{ending}" for ending in ("png", "svg")]
    assert all(path.stat().st_size > 1000 for path in written)


def test_solutions_of_the_same_name_do_not_overwrite_each_other(tmp_path: Path, pictures: dict[str, Picture]) -> None:
    folder = PlotFolder(tmp_path)
    two = [replace(pictures["no line"], name=name) for name in ("loss", "path")]
    for file in ("ada/adaptive.py", "bob/adaptive.py", "eve/ADAPTIVE.py", "adaptive-2.py"):
        folder.write(Path(file), two)
    assert sorted(path.name for path in tmp_path.glob("*.png")) == [
        "ADAPTIVE-3-loss.png",
        "ADAPTIVE-3-path.png",
        "adaptive-2-2-loss.png",
        "adaptive-2-2-path.png",
        "adaptive-2-loss.png",
        "adaptive-2-path.png",
        "adaptive-loss.png",
        "adaptive-path.png",
    ]


def test_a_name_that_comes_about_in_two_ways_is_given_once(tmp_path: Path, pictures: dict[str, Picture]) -> None:
    folder, picture = PlotFolder(tmp_path), pictures["no line"]
    folder.write(Path("adam.py"), [replace(picture, name="new-loss")])
    folder.write(Path("adam-new.py"), [replace(picture, name="loss")])
    assert len(list(tmp_path.glob("*.png"))) == 2


@pytest.mark.parametrize(
    ("file", "name", "begins"),
    [
        ("../../etc/..py", "../../x", "_-______x"),
        ("a b;$(rm).py", "\x1b[31m", "a_b___rm_-__31m"),
        ("\u202efile\udcff.py", "..", "_file_-__"),
        ("müller.py", "", "müller-_"),
        ("x" * 200 + ".py", "é" * 200, "x" * 80 + "-" + "é" * 40),
    ],
)
def test_no_name_leads_out_of_the_folder(
    tmp_path: Path, pictures: dict[str, Picture], file: str, name: str, begins: str
) -> None:
    folder = tmp_path / "plots"
    written = PlotFolder(folder).write(Path(file), [replace(pictures["no line"], name=name)])
    assert [path.name for path in written] == [f"{begins}.png", f"{begins}.svg"]
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(written)


def test_without_matplotlib_the_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    really = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "grader.cli.figure":
            raise ModuleNotFoundError("No module named 'matplotlib'", name="matplotlib")
        return really(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(PlotsRefused, match=r"--plots needs matplotlib .*: pip install matplotlib"):
        PlotFolder(tmp_path / "plots")
    assert not (tmp_path / "plots").exists()


@pytest.mark.parametrize("inside", ["", "plots"])
def test_a_folder_that_cannot_be_is_told_before_anything_is_graded(tmp_path: Path, inside: str) -> None:
    file = tmp_path / "a file"
    file.write_bytes(b"")
    with pytest.raises(PlotsRefused, match=r"a file.* cannot be written: "):
        PlotFolder(file / inside)


def test_a_picture_that_cannot_be_written_is_told(tmp_path: Path, pictures: dict[str, Picture]) -> None:
    folder = PlotFolder(tmp_path)
    (tmp_path / "adaptive-adam-loss.png").mkdir()
    with pytest.raises(PlotsRefused, match=r"adaptive-adam-loss\.png cannot be written: Is a directory"):
        folder.write(Path("adaptive.py"), [pictures["curves"]])

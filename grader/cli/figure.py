"""A picture as PNG and SVG: the drawing and the words around it, each with the room that it needs. Needs matplotlib.

The same picture gives the same SVG, byte for byte, whatever style somebody has configured for matplotlib.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from io import BytesIO
from textwrap import wrap
from typing import Any

from matplotlib import style
from matplotlib.figure import Figure
from matplotlib.legend import Legend

from grader.cli.drawing import INK, SOFT, Entry, draw_lines, shown
from grader.domain.picture import Picture

_LOOK = {
    "axes.axisbelow": True,
    "axes.edgecolor": "#7d879b",
    "axes.formatter.useoffset": False,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "grid.color": "#d9dee8",
    "grid.linewidth": 0.6,
    "savefig.dpi": 144,
    "svg.fonttype": "none",  # text stays text: it can be searched, and read aloud
    "svg.hashsalt": "gradescent",
    "text.color": INK,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
}

# Inches, and the characters that fit in a row.
_WIDTH, _LEFT, _RIGHT, _PAD = 8.0, 0.95, 0.3, 0.2
_AXES, _AXIS_WORDS = 3.6, 0.62
_TITLE_ROW, _LEGEND_ROW, _ROW = 0.26, 0.21, 0.18
_TITLE_CHARACTERS, _ROW_CHARACTERS, _LEGEND_CHARACTERS = 72, 108, 92


def render(picture: Picture, of: str) -> dict[str, bytes]:
    """Return the picture by file ending, `png` and `svg`. `of` tells whose it is: a line beneath the title."""
    about: dict[str, Any] = {"Title": shown(picture.title), "Description": shown(picture.caption)}
    with style.context(["default", _LOOK]), warnings.catch_warnings():
        # A name may have letters that the font lacks; a PNG shows boxes for them, and an SVG whatever its reader has.
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        figure = _compose(picture, of)
        return {"png": _saved(figure, "png", about), "svg": _saved(figure, "svg", {**about, "Date": None})}


def _compose(picture: Picture, of: str) -> Figure:
    """Return the figure. From the top: title, whose it is, marks, axes, legend, caption."""
    figure = Figure()
    axes = figure.add_axes((0, 0, 1, 1))
    entries = draw_lines(axes, picture, _ROW / _AXES)
    axes.set_xlabel(shown(picture.x_label), parse_math=False)
    axes.set_ylabel(shown(picture.y_label), parse_math=False)

    title, caption = wrap(shown(picture.title), _TITLE_CHARACTERS), wrap(shown(picture.caption), _ROW_CHARACTERS)
    columns = _columns(entries)
    title_ends, caption_ends = _PAD + len(title) * _TITLE_ROW, _PAD + len(caption) * _ROW
    above = title_ends + _ROW * (1.5 + len(picture.marks))
    below = caption_ends + -(-len(entries) // columns) * _LEGEND_ROW + _AXIS_WORDS
    height = below + _AXES + above

    figure.set_size_inches(_WIDTH, height)
    axes.set_position((_LEFT / _WIDTH, below / height, 1 - (_LEFT + _RIGHT) / _WIDTH, _AXES / height))
    left = _PAD / _WIDTH
    _write(figure, left, 1 - _PAD / height, title, va="top", size=12.5, weight="bold", linespacing=1.3)
    _write(figure, left, 1 - title_ends / height, [shown(of)[-_ROW_CHARACTERS:]], va="top", size=8.5, color=SOFT)
    _write(figure, left, _PAD / height, caption, va="bottom", size=9.5, linespacing=1.25)
    _add_legend(figure, entries, columns, at=(left, (caption_ends + 0.08) / height))
    return figure


def _add_legend(figure: Figure, entries: Sequence[Entry], columns: int, *, at: tuple[float, float]) -> None:
    legend = Legend(
        figure,
        [sample for sample, _ in entries],
        [shown(words).lstrip("_") for _, words in entries],  # an underscore in front would hide it
        loc="lower left",
        bbox_to_anchor=at,
        ncols=columns,
        frameon=False,
        fontsize=9.5,
        borderpad=0,
        borderaxespad=0,
        handlelength=3.4,
        labelspacing=0.4,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)
    figure.add_artist(legend)


def _columns(entries: Sequence[Entry]) -> int:
    longest = max((len(shown(words)) for _, words in entries), default=0)
    return max(1, min(len(entries), _LEGEND_CHARACTERS // (longest + 9)))


def _write(figure: Figure, x: float, y: float, lines: Sequence[str], **look: Any) -> None:
    figure.text(x, y, "\n".join(lines), parse_math=False, **look)


def _saved(figure: Figure, ending: str, about: dict[str, Any]) -> bytes:
    file = BytesIO()
    figure.savefig(file, format=ending, metadata=about)
    return file.getvalue()

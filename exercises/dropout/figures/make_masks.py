"""Draws masks.svg: the same layer under ten masks, for two rates. Plain Python, plain SVG, the same bytes every time.

python make_masks.py    writes masks.svg beside this file
"""

from __future__ import annotations

from math import sqrt
from pathlib import Path
from random import Random

RATES = (0.2, 0.5)
SAMPLES, UNITS = 10, 20
SEED = 5

CELL = 16
RADIUS = 4.2
PANEL = UNITS * CELL
LEFT, GAP, TOP = 24, 40, 44
WIDTH, HEIGHT = 2 * LEFT + 2 * PANEL + GAP, TOP + SAMPLES * CELL + 40
# Middle tones: each is readable on a white page and on a dark one.
GREY, COLOURS = "#808080", ("#3d82f0", "#d9730d")


def main() -> None:
    """Write the figure."""
    (Path(__file__).parent / "masks.svg").write_text(figure(), encoding="utf-8", newline="\n")


def figure() -> str:
    """Return the SVG as text."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        ' font-family="system-ui, sans-serif" font-size="14">',
        "<title>A layer under ten masks, for p = 0.2 and p = 0.5</title>",
        "<desc>Each row is one sample of a batch, each column one unit. Dropped units are small rings, kept units are"
        " discs whose area is 1 / (1 - p). No row and no column is dropped as a whole, and no two rows are"
        " alike.</desc>",
    ]
    random = Random(SEED)  # noqa: S311 - coins for a picture
    for number, (rate, colour) in enumerate(zip(RATES, COLOURS, strict=True)):
        lines += panel(LEFT + number * (PANEL + GAP), rate, colour, mask(random, rate))
    return "\n".join([*lines, "</svg>"]) + "\n"


def mask(random: Random, rate: float) -> list[list[bool]]:
    """Return one coin per sample and unit: True is kept."""
    return [[random.random() >= rate for _ in range(UNITS)] for _ in range(SAMPLES)]


def panel(left: int, rate: float, colour: str, kept: list[list[bool]]) -> list[str]:
    """Return one batch with its heading and the legend below it."""
    scale = 1 / (1 - rate)
    dropped = sum(not unit for row in kept for unit in row)
    bottom = TOP + SAMPLES * CELL + 26
    lines = [
        f'<text x="{left}" y="26" fill="{colour}" font-weight="600">p = {rate:g}: {dropped} of {SAMPLES * UNITS}'
        " dropped</text>"
    ]
    for row, units in enumerate(kept):
        y = TOP + CELL // 2 + row * CELL
        for column, unit in enumerate(units):
            x = left + CELL // 2 + column * CELL
            lines.append(disc(x, y, scale, colour) if unit else ring(x, y))
    return [
        *lines,
        disc(left + CELL // 2, bottom - 5, scale, colour),
        f'<text x="{left + 22}" y="{bottom}" fill="{GREY}">kept, times {scale:g}</text>',
        ring(left + 170, bottom - 5),
        f'<text x="{left + 184}" y="{bottom}" fill="{GREY}">dropped: 0</text>',
    ]


def disc(x: int, y: int, scale: float, colour: str) -> str:
    return f'<circle cx="{x}" cy="{y}" r="{RADIUS * sqrt(scale):.2f}" fill="{colour}"/>'


def ring(x: int, y: int) -> str:
    return f'<circle cx="{x}" cy="{y}" r="2.5" fill="none" stroke="{GREY}" stroke-opacity="0.7"/>'


if __name__ == "__main__":
    main()

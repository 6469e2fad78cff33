"""Draws network.svg: the layers in their order, what they have to learn, and where it was written. Plain Python.

python make_network.py    writes network.svg beside this file
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

WIDTH, HEIGHT = 736, 312
# Middle tones: each is readable on a white page and on a dark one.
GREY, ORANGE, GREEN, BLUE = "#808080", "#d9730d", "#1f9d57", "#3d82f0"


class Layer(NamedTuple):
    """A box of the figure."""

    name: str
    size: str
    learns: int
    keeps: int
    colour: str


HIDDEN = [
    Layer("Linear fc1", "64 to 128", 64 * 128 + 128, 0, BLUE),
    Layer("ReLU", "128", 0, 0, GREY),
    Layer("BatchNorm bn1", "128", 2 * 128, 2 * 128, GREEN),
    Layer("Dropout", "p = 0.3", 0, 0, ORANGE),
]
SECOND = [
    Layer("Linear fc2", "128 to 64", 128 * 64 + 64, 0, BLUE),
    Layer("ReLU", "64", 0, 0, GREY),
    Layer("BatchNorm bn2", "64", 2 * 64, 2 * 64, GREEN),
    Layer("Dropout", "p = 0.3", 0, 0, ORANGE),
]
LAST = Layer("Linear fc3", "64 to 10", 64 * 10 + 10, 0, BLUE)
ROWS = (HIDDEN, SECOND, [LAST])
LEFT, TOP, STEP, DROP, BOX, TALL = 92, 18, 164, 100, 138, 62


def main() -> None:
    """Write the figure."""
    (Path(__file__).parent / "network.svg").write_text(figure(), encoding="utf-8", newline="\n")


def figure() -> str:
    """Return the SVG as text."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        ' font-family="system-ui, sans-serif" font-size="14">',
        "<title>The network of the capstone</title>",
        "<desc>Three rows of boxes. Linear 64 to 128, ReLU, BatchNorm, Dropout; then Linear 128 to 64, ReLU, BatchNorm,"
        " Dropout; then Linear 64 to 10. Below each box stands how many parameters it learns.</desc>",
        *label(36, TOP + 28, "x", GREY, weight="600"),
        *label(36, TOP + 46, "(N, 64)", GREY),
    ]
    for number, row in enumerate(ROWS):
        y = TOP + DROP * number
        for place, layer in enumerate(row):
            x = LEFT + STEP * place
            lines += [*arrow(x, y), *box(x, y, layer)]
        if row is not ROWS[-1]:
            lines += turn(LEFT + STEP * 3 + BOX / 2, y + TALL)
    x, y = LEFT + BOX, TOP + DROP * 2
    lines += [*arrow(x + STEP - BOX, y), *label(x + 76, y + 36, "logits (N, 10)", GREY)]
    total = sum(layer.learns for row in ROWS for layer in row)
    kept = sum(layer.keeps for row in ROWS for layer in row)
    lines += label(x + 366, y + 27, f"{total} numbers to learn", BLUE)
    lines += label(x + 366, y + 47, f"{kept} running statistics to keep", GREEN)
    return "\n".join([*lines, "</svg>"]) + "\n"


def box(x: float, y: float, layer: Layer) -> list[str]:
    """Return a layer: its name and size in a frame, and what it learns."""
    middle = x + BOX / 2
    lines = [
        f'<rect x="{x}" y="{y}" width="{BOX}" height="{TALL}" rx="7" fill="{layer.colour}" fill-opacity="0.13"'
        f' stroke="{layer.colour}" stroke-width="1.6"/>',
        *label(middle, y + 19, layer.name, layer.colour, weight="600"),
        *label(middle, y + 36, layer.size, GREY),
    ]
    told = f"learns {layer.learns}" if layer.learns else "learns nothing"
    return [*lines, *label(middle, y + 53, told, GREY)]


def label(x: float, y: float, text: str, colour: str, weight: str = "400") -> list[str]:
    return [f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="middle" fill="{colour}" font-weight="{weight}">{text}</text>']


def arrow(x: float, y: float) -> list[str]:
    """Return an arrow that ends at the left side of a box."""
    middle = y + TALL / 2
    return [
        f'<path d="M{x - 24:.0f} {middle:.0f}H{x - 4:.0f}" stroke="{GREY}" stroke-width="1.6"/>',
        f'<path d="M{x - 2:.0f} {middle:.0f}l-8 -4v8z" fill="{GREY}"/>',
    ]


def turn(x: float, y: float) -> list[str]:
    """Return a line from below the end of a row to the beginning of the next."""
    half, start = (DROP - TALL) / 2, LEFT - 24
    return [
        f'<path d="M{x:.0f} {y:.0f}v{half:.0f}H{start}v{half + TALL / 2:.0f}" fill="none" stroke="{GREY}"'
        ' stroke-width="1.6"/>'
    ]


if __name__ == "__main__":
    main()

"""Draws learning_rates.svg: the same valley at four learning rates. Plain Python, plain SVG, the same bytes every time.

python make_learning_rates.py    writes learning_rates.svg beside this file
"""

from __future__ import annotations

from pathlib import Path

Point = tuple[float, float]

START = -1.0
STEPS = 6

WIDTH, HEIGHT = 720, 292
PANEL_WIDTH = 172.0
"""Four panels stand side by side."""
FLOOR = 232.0
"""How far below the upper edge of the picture the minimum lies."""
SCALE: Point = (38.0, 118.0)
REACH = 1.9
"""How far the curve is drawn to either side."""
# Middle tones: each is readable on a white page and on a dark one.
GREY, ORANGE, GREEN, BLUE, RED = "#808080", "#d9730d", "#1f9d57", "#3d82f0", "#dc4a4a"
PANELS = (
    (0.1, "too small", BLUE),
    (0.7, "good", GREEN),
    (1.9, "oscillating", ORANGE),
    (2.1, "divergent", RED),
)


def main() -> None:
    """Write the figure."""
    (Path(__file__).parent / "learning_rates.svg").write_text(figure(), encoding="utf-8", newline="\n")


def figure() -> str:
    """Return the SVG as text."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        ' font-family="system-ui, sans-serif" font-size="14">',
        "<title>One valley, four learning rates</title>",
        "<desc>Six steps of gradient descent on half theta squared, from minus one. With learning rate 0.1 the point"
        " creeps towards the minimum, with 0.7 it is there after a few steps, with 1.9 it jumps from side to side and"
        " comes down slowly, with 2.1 it jumps from side to side and climbs.</desc>",
    ]
    for number, (lr, label, colour) in enumerate(PANELS):
        left = 8.0 + 176.0 * number
        lines += [*frame(left), *curve(left), *drawn(left, walk(lr), colour)]
        lines += [
            f'<text x="{left + PANEL_WIDTH / 2:.1f}" y="262" fill="{colour}" text-anchor="middle">lr = {lr}</text>',
            f'<text x="{left + PANEL_WIDTH / 2:.1f}" y="281" fill="{GREY}" text-anchor="middle">{label}</text>',
        ]
    return "\n".join([*lines, "</svg>"]) + "\n"


def walk(lr: float) -> list[float]:
    """Return the start and the points after each step on theta^2 / 2, whose gradient is theta."""
    points = [START]
    for _ in range(STEPS):
        points.append(points[-1] - lr * points[-1])
    return points


def place(left: float, theta: float) -> Point:
    """Return where a point of the curve is drawn."""
    return left + PANEL_WIDTH / 2 + SCALE[0] * theta, FLOOR - SCALE[1] * theta * theta / 2


def frame(left: float) -> list[str]:
    return [
        f'<rect x="{left:.1f}" y="8" width="{PANEL_WIDTH:.1f}" height="234" rx="6" fill="none" stroke="{GREY}"'
        ' stroke-opacity="0.35"/>'
    ]


def curve(left: float) -> list[str]:
    """Return the valley."""
    places = [place(left, REACH * step / 24) for step in range(-24, 25)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return [f'<polyline points="{line}" fill="none" stroke="{GREY}" stroke-width="1.4" stroke-opacity="0.8"/>']


def drawn(left: float, thetas: list[float], colour: str) -> list[str]:
    """Return a path with a dot at each step and a ring around the start."""
    places = [place(left, theta) for theta in thetas]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
    x, y = places[0]
    ring = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="none" stroke="{colour}" stroke-width="1.5"/>'
    return [f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.5"/>', *dots, ring]


if __name__ == "__main__":
    main()

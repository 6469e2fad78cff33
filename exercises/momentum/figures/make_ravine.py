"""Draws ravine.svg: one learning rate and three momenta in a narrow valley. Plain Python, the same bytes every time.

python make_ravine.py    writes ravine.svg beside this file
"""

from __future__ import annotations

from math import sqrt
from pathlib import Path

Point = tuple[float, float]

STEEPNESS = 20.0
START: Point = (-9.0, 1.5)
LR = 0.095
STEPS_ON_THE_MAP = 25
STEPS_OF_THE_COURSE = 80

WIDTH, HEIGHT = 720, 560
# The map above: where the minimum lies, and how many pixels a unit has.
ORIGIN: Point = (610.0, 130.0)
SCALE: Point = (60.0, 62.0)
# The course below: the distance from the minimum along the valley, step by step.
LEFT, RIGHT, MIDDLE, TALL = 62.0, 700.0, 405.0, 10.0
# Middle tones: each is readable on a white page and on a dark one.
GREY, ORANGE, GREEN, BLUE = "#808080", "#d9730d", "#1f9d57", "#3d82f0"


def main() -> None:
    """Write the figure."""
    (Path(__file__).parent / "ravine.svg").write_text(figure(), encoding="utf-8", newline="\n")


def figure() -> str:
    """Return the SVG as text."""
    paths = [
        ("no momentum", ORANGE, walk(0.0)),
        ("momentum 0.5", BLUE, walk(0.5)),
        ("momentum 0.95", GREEN, walk(0.95)),
    ]
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        ' font-family="system-ui, sans-serif" font-size="14">',
        "<title>One learning rate and three momenta in a ravine</title>",
        "<desc>Above, a map of a valley that is twenty times steeper across than along: without momentum 25 steps"
        " zigzag between its walls and end short of the minimum, with momentum 0.5 they arrive. Below, the position"
        " along the valley over 80 steps: momentum 0.5 arrives within fifteen, none at all creeps, and 0.95 overshoots"
        " and swings to and fro for most of the run.</desc>",
        *contours(),
    ]
    for _, colour, points in paths[:2]:
        lines += drawn([on_the_map(point) for point in points[: STEPS_ON_THE_MAP + 1]], colour, radius=2.6)
    lines += cross(ORIGIN)
    lines += axes()
    for number, (label, colour, points) in enumerate(paths):
        course = [on_the_course(step, x) for step, (x, _) in enumerate(points)]
        lines += [*drawn(course, colour, radius=1.8), *legend(label, colour, number)]
    return "\n".join([*lines, "</svg>"]) + "\n"


def gradient(point: Point) -> Point:
    """Return the gradient of (x^2 + 20 y^2) / 2."""
    return point[0], STEEPNESS * point[1]


def walk(momentum: float) -> list[Point]:
    """Return the start and the points after each of the steps; a momentum of 0 is gradient descent."""
    points, velocity = [START], (0.0, 0.0)
    for _ in range(STEPS_OF_THE_COURSE):
        (x, y), slope = points[-1], gradient(points[-1])
        velocity = momentum * velocity[0] + slope[0], momentum * velocity[1] + slope[1]
        points.append((x - LR * velocity[0], y - LR * velocity[1]))
    return points


def on_the_map(point: Point) -> Point:
    return ORIGIN[0] + SCALE[0] * point[0], ORIGIN[1] - SCALE[1] * point[1]


def on_the_course(step: int, x: float) -> Point:
    return LEFT + (RIGHT - LEFT) * step / STEPS_OF_THE_COURSE, MIDDLE - TALL * x


def contours() -> list[str]:
    """Return the lines of equal height, as ellipses around the minimum."""
    x, y = ORIGIN
    lines = []
    for level in (0.6, 4, 11, 22, 37):
        rx, ry = sqrt(2 * level) * SCALE[0], sqrt(2 * level / STEEPNESS) * SCALE[1]
        lines.append(
            f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{rx:.1f}" ry="{ry:.1f}" fill="none" stroke="{GREY}"'
            ' stroke-opacity="0.45"/>'
        )
    return lines


def axes() -> list[str]:
    """Return the lines and words around the course below."""
    lines = [
        f'<line x1="{LEFT:.0f}" y1="{MIDDLE:.0f}" x2="{RIGHT:.0f}" y2="{MIDDLE:.0f}" stroke="{GREY}"'
        ' stroke-opacity="0.6"/>',
        f'<text x="{LEFT - 10:.0f}" y="{MIDDLE + 5:.0f}" fill="{GREY}" text-anchor="end">0</text>',
        f'<text x="{LEFT - 10:.0f}" y="{MIDDLE + 9 * TALL + 5:.0f}" fill="{GREY}" text-anchor="end">start</text>',
    ]
    for step in range(0, STEPS_OF_THE_COURSE + 1, 20):
        x, _ = on_the_course(step, 0.0)
        words = f"step {step}" if step else "0"
        anchor = "end" if step == STEPS_OF_THE_COURSE else "middle"
        lines.append(f'<text x="{x:.0f}" y="516" fill="{GREY}" text-anchor="{anchor}">{words}</text>')
    return lines


def drawn(places: list[Point], colour: str, *, radius: float) -> list[str]:
    """Return a path with a dot at each step."""
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{colour}"/>' for x, y in places]
    return [f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.8"/>', *dots]


def legend(label: str, colour: str, number: int) -> list[str]:
    x, y = 110 + 190 * number, HEIGHT - 12
    return [
        f'<line x1="{x}" y1="{y - 5}" x2="{x + 24}" y2="{y - 5}" stroke="{colour}" stroke-width="3"/>',
        f'<text x="{x + 32}" y="{y}" fill="{GREY}">{label}</text>',
    ]


def cross(place: Point) -> list[str]:
    """Return the mark of the minimum."""
    x, y = place
    return [f'<path d="M{x - 6:.1f} {y:.1f}h12M{x:.1f} {y - 6:.1f}v12" stroke="{GREY}" stroke-width="2"/>']


if __name__ == "__main__":
    main()

"""Draws ravine.svg: 25 steps of three methods in a narrow valley. Plain Python, plain SVG, the same bytes every time.

python make_ravine.py    writes ravine.svg beside this file
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from pathlib import Path

Point = tuple[float, float]

STEEPNESS = 20.0
START: Point = (-9.0, 1.5)
STEPS = 25

WIDTH, HEIGHT = 720, 330
ORIGIN: Point = (585.0, 150.0)
SCALE: Point = (58.0, 66.0)
# Middle tones: each is readable on a white page and on a dark one.
GREY, ORANGE, GREEN, BLUE = "#808080", "#d9730d", "#1f9d57", "#3d82f0"


def main() -> None:
    """Write the figure."""
    (Path(__file__).parent / "ravine.svg").write_text(figure(), encoding="utf-8", newline="\n")


def figure() -> str:
    """Return the SVG as text."""
    paths = [
        ("gradient descent, lr = 0.095", ORANGE, walk(gradient_descent(0.095))),
        ("Adagrad, lr = 1.6", GREEN, walk(adagrad(1.6))),
        ("Adam, lr = 0.6", BLUE, walk(adam(0.6))),
    ]
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        ' font-family="system-ui, sans-serif" font-size="14">',
        "<title>Three methods in a ravine</title>",
        "<desc>The valley is twenty times steeper across than along. Gradient descent zigzags between its walls,"
        " Adagrad walks along its floor, and Adam swings past the minimum with momentum.</desc>",
        *contours(),
    ]
    for number, (label, colour, points) in enumerate(paths):
        lines += [*drawn(points, colour), *legend(label, colour, number)]
    lines += cross(ORIGIN)
    return "\n".join([*lines, "</svg>"]) + "\n"


def gradient(point: Point) -> Point:
    """Return the gradient of (x^2 + 20 y^2) / 2."""
    return point[0], STEEPNESS * point[1]


def walk(step: Callable[[Point, Point], Point]) -> list[Point]:
    """Return the start and the points after each of the steps."""
    points = [START]
    for _ in range(STEPS):
        points.append(step(points[-1], gradient(points[-1])))
    return points


def gradient_descent(lr: float) -> Callable[[Point, Point], Point]:
    return lambda point, grad: (point[0] - lr * grad[0], point[1] - lr * grad[1])


def adagrad(lr: float) -> Callable[[Point, Point], Point]:
    sums = [0.0, 0.0]

    def step(point: Point, grad: Point) -> Point:
        sums[:] = (total + slope * slope for total, slope in zip(sums, grad, strict=True))
        x, y = (here - lr * slope / sqrt(total) for here, slope, total in zip(point, grad, sums, strict=True))
        return x, y

    return step


def adam(lr: float, beta1: float = 0.9, beta2: float = 0.999) -> Callable[[Point, Point], Point]:
    means, squares, share = [0.0, 0.0], [0.0, 0.0], [1.0, 1.0]

    def step(point: Point, grad: Point) -> Point:
        share[:] = share[0] * beta1, share[1] * beta2
        means[:] = (beta1 * mean + (1 - beta1) * slope for mean, slope in zip(means, grad, strict=True))
        squares[:] = (beta2 * square + (1 - beta2) * slope**2 for square, slope in zip(squares, grad, strict=True))
        x, y = (
            here - lr * (mean / (1 - share[0])) / sqrt(square / (1 - share[1]))
            for here, mean, square in zip(point, means, squares, strict=True)
        )
        return x, y

    return step


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


def drawn(points: list[Point], colour: str) -> list[str]:
    """Return a path with a dot at each step."""
    places = [(ORIGIN[0] + SCALE[0] * x, ORIGIN[1] - SCALE[1] * y) for x, y in points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="{colour}"/>' for x, y in places]
    return [f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.8"/>', *dots]


def legend(label: str, colour: str, number: int) -> list[str]:
    x = 20 + 245 * number
    return [
        f'<line x1="{x}" y1="313" x2="{x + 24}" y2="313" stroke="{colour}" stroke-width="3"/>',
        f'<text x="{x + 32}" y="318" fill="{GREY}">{label}</text>',
    ]


def cross(place: Point) -> list[str]:
    """Return the mark of the minimum."""
    x, y = place
    return [f'<path d="M{x - 6:.1f} {y:.1f}h12M{x:.1f} {y - 6:.1f}v12" stroke="{GREY}" stroke-width="2"/>']


if __name__ == "__main__":
    main()

"""Draws surrogate.svg: what a Gaussian process knows from six values, and where it pays to look next.

python make_surrogate.py    writes surrogate.svg beside this file; plain Python, plain SVG, the same bytes every time
"""

from __future__ import annotations

from math import erfc, exp, pi, sin, sqrt
from pathlib import Path

POINTS = (0.3, 1.6, 2.7, 5.2, 6.6, 7.7)
LENGTH_SCALE = 0.9
NOISE = 1e-6
LEFT, RIGHT, STEPS = 0.0, 8.0, 160

WIDTH, HEIGHT = 720, 420
MARGIN_LEFT, MARGIN_RIGHT = 20.0, 20.0
# Where 0 lies and how long 1 is, in pixels, for the values above and the expected improvement below.
ZERO, UNIT = 150.0, 46.0
FLOOR, TALLEST = 366.0, 66.0
# Middle tones: each is readable on a white page and on a dark one.
GREY, ORANGE, GREEN, BLUE = "#808080", "#d9730d", "#1f9d57", "#3d82f0"


def main() -> None:
    """Write the figure."""
    (Path(__file__).parent / "surrogate.svg").write_text(figure(), encoding="utf-8", newline="\n")


def figure() -> str:
    """Return the SVG as text."""
    places = [LEFT + (RIGHT - LEFT) * number / STEPS for number in range(STEPS + 1)]
    values = [loss(x) for x in POINTS]
    predicted = posterior(POINTS, values, places)
    promised = [improvement(mean, std, min(values)) for mean, std in predicted]
    most = promised.index(max(promised))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        ' font-family="system-ui, sans-serif" font-size="14">',
        "<title>A Gaussian process and its expected improvement</title>",
        "<desc>Above: an unknown curve, six values of it, the predicted mean through them, and a band of two standard"
        " deviations that is narrow at the values and wide between them. Below: the expected improvement. It is highest"
        " where a low mean and a wide band come together.</desc>",
        band(places, predicted),
        curve(places, [loss(x) for x in places], GREY, ' stroke-dasharray="5 4"'),
        curve(places, [mean for mean, _ in predicted], BLUE),
        *(
            f'<circle cx="{across(x):.1f}" cy="{height(y):.1f}" r="5" fill="{ORANGE}"/>'
            for x, y in zip(POINTS, values, strict=True)
        ),
        hill(places, promised),
        *marker(places[most]),
        *legend(),
    ]
    return "\n".join([*lines, "</svg>"]) + "\n"


def loss(x: float) -> float:
    """Return the function that nobody knows in full."""
    return sin(1.3 * x) + 0.35 * sin(3.1 * x + 1) + 0.1 * (x - 4)


def kernel(one: float, other: float) -> float:
    return exp(-((one - other) ** 2) / (2 * LENGTH_SCALE**2))


def posterior(known: tuple[float, ...], values: list[float], places: list[float]) -> list[tuple[float, float]]:
    """Return mean and standard deviation at each place."""
    rows = [[kernel(one, other) + (NOISE if one == other else 0.0) for other in known] for one in known]
    weights = solve(rows, values)
    found = []
    for place in places:
        near = [kernel(place, x) for x in known]
        mean = sum(k * weight for k, weight in zip(near, weights, strict=True))
        variance = 1 - sum(k * share for k, share in zip(near, solve(rows, near), strict=True))
        found.append((mean, sqrt(max(variance, 0.0))))
    return found


def solve(rows: list[list[float]], right: list[float]) -> list[float]:
    """Solve a positive definite system by elimination."""
    work = [[*row, value] for row, value in zip(rows, right, strict=True)]
    size = len(work)
    for pivot in range(size):
        for row in range(size):
            if row != pivot:
                factor = work[row][pivot] / work[pivot][pivot]
                work[row] = [a - factor * b for a, b in zip(work[row], work[pivot], strict=True)]
    return [work[row][size] / work[row][row] for row in range(size)]


def improvement(mean: float, std: float, best: float) -> float:
    """Return the expected improvement, as in task 9.5."""
    if std == 0:
        return max(best - mean, 0.0)
    z = (best - mean) / std
    return max((best - mean) * erfc(-z / sqrt(2)) / 2 + std * exp(-z * z / 2) / sqrt(2 * pi), 0.0)


def across(x: float) -> float:
    return MARGIN_LEFT + (x - LEFT) / (RIGHT - LEFT) * (WIDTH - MARGIN_LEFT - MARGIN_RIGHT)


def height(y: float) -> float:
    return ZERO - UNIT * y


def band(places: list[float], predicted: list[tuple[float, float]]) -> str:
    """Return the area between mean - 2 std and mean + 2 std."""
    above = [(across(x), height(mean + 2 * std)) for x, (mean, std) in zip(places, predicted, strict=True)]
    below = [(across(x), height(mean - 2 * std)) for x, (mean, std) in zip(places, predicted, strict=True)]
    return f'<polygon points="{dots([*above, *reversed(below)])}" fill="{BLUE}" fill-opacity="0.22"/>'


def curve(places: list[float], values: list[float], colour: str, more: str = "") -> str:
    points = [(across(x), height(y)) for x, y in zip(places, values, strict=True)]
    return f'<polyline points="{dots(points)}" fill="none" stroke="{colour}" stroke-width="2"{more}/>'


def hill(places: list[float], promised: list[float]) -> str:
    """Return the expected improvement as an area over its own floor, its highest point at full height."""
    scale = TALLEST / max(promised)
    tops = [(across(x), FLOOR - scale * value) for x, value in zip(places, promised, strict=True)]
    ground = [(across(RIGHT), FLOOR), (across(LEFT), FLOOR)]
    return f'<polygon points="{dots([*tops, *ground])}" fill="{GREEN}" fill-opacity="0.45" stroke="{GREEN}"/>'


def marker(x: float) -> list[str]:
    """Return a line through both halves, at the place that promises most."""
    place = across(x)
    return [
        f'<line x1="{place:.1f}" y1="20" x2="{place:.1f}" y2="{FLOOR:.1f}" stroke="{GREEN}" stroke-width="1.5"'
        ' stroke-dasharray="2 4"/>',
        f'<text x="{place + 6:.1f}" y="32" fill="{GREEN}">look here next</text>',
    ]


def legend() -> list[str]:
    """Return the meaning of the colours, in a row at the foot."""
    items = [("value known", ORANGE, 20), ("mean and 2 std", BLUE, 150), ("unknown curve", GREY, 310)]
    lines = []
    for label, colour, x in [*items, ("expected improvement", GREEN, 460)]:
        lines += [
            f'<line x1="{x}" y1="399" x2="{x + 20}" y2="399" stroke="{colour}" stroke-width="4"/>',
            f'<text x="{x + 27}" y="404" fill="{GREY}">{label}</text>',
        ]
    return lines


def dots(points: list[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


if __name__ == "__main__":
    main()

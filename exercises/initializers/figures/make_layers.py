"""Draws layers.svg: the size of activations through 20 ReLU layers, for four initialisations.

Plain Python, plain SVG, the same bytes every time. Lines are the formula of the README, dots are measured in a small
network with seeded random weights.

python make_layers.py    writes layers.svg beside this file
"""

from __future__ import annotations

from math import log10, sqrt
from pathlib import Path
from random import Random

UNITS = 64
LAYERS = 20
INPUTS = 4

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 70, 560, 24, 330
LOWEST, HIGHEST = -6, 6
# Middle tones: each is readable on a white page and on a dark one.
GREY, ORANGE, GREEN, BLUE, PURPLE = "#808080", "#d9730d", "#1f9d57", "#3d82f0", "#a05fd0"

Curve = tuple[str, str, float, tuple[float, float]]
"""A label, a colour, the standard deviation of the weights, and where the label stands."""
CURVES: list[Curve] = [
    ("normal, std = 1", ORANGE, 1.0, (290.0, 64.0)),
    ("He", GREEN, sqrt(2 / UNITS), (572.0, 182.0)),
    ("Xavier", BLUE, sqrt(2 / (UNITS + UNITS)), (572.0, 258.0)),
    ("normal, std = 0.01", PURPLE, 0.01, (196.0, 292.0)),
]


def main() -> None:
    """Write the figure."""
    (Path(__file__).parent / "layers.svg").write_text(figure(), encoding="utf-8", newline="\n")


def figure() -> str:
    """Return the SVG as text."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        ' font-family="system-ui, sans-serif" font-size="14">',
        "<title>The size of activations through 20 ReLU layers</title>",
        "<desc>On a logarithmic scale: with a standard deviation of 1 the activations explode, with 0.01 they vanish,"
        " with Xavier they halve every two layers, and with He they keep their size.</desc>",
        *axes(),
    ]
    for curve in CURVES:
        lines += drawn(*curve)
    return "\n".join([*lines, "</svg>"]) + "\n"


def measured(std: float) -> list[float]:
    """Return the root mean square of the activations: of the inputs, and after each layer."""
    random = Random(4)  # noqa: S311 - not a secret, a figure
    signals = [[random.gauss(0, 1) for _ in range(UNITS)] for _ in range(INPUTS)]
    sizes = [root_mean_square(signals)]
    for _ in range(LAYERS):
        weight = [[random.gauss(0, std) for _ in range(UNITS)] for _ in range(UNITS)]
        signals = [
            [max(0.0, sum(w * h for w, h in zip(row, signal, strict=True))) for row in weight] for signal in signals
        ]
        sizes.append(root_mean_square(signals))
    return sizes


def root_mean_square(signals: list[list[float]]) -> float:
    return sqrt(sum(value * value for signal in signals for value in signal) / (UNITS * INPUTS))


def predicted(std: float) -> list[float]:
    """Return what the README's formula says: each ReLU layer multiplies the mean square by units * std^2 / 2."""
    return [sqrt(UNITS * std**2 / 2) ** layer for layer in range(LAYERS + 1)]


def axes() -> list[str]:
    """Return the frame, the powers of ten and the numbers of the layers."""
    lines = []
    for power in range(LOWEST, HIGHEST + 1, 2):
        y = height_of(10.0**power)
        lines.append(f'<path d="M{LEFT} {y:.1f}H{RIGHT}" stroke="{GREY}" stroke-opacity="0.35"/>')
        lines.append(
            f'<text x="{LEFT - 10}" y="{y + 5:.1f}" fill="{GREY}" text-anchor="end">10<tspan dy="-5" font-size="10">'
            f"{power}</tspan></text>"
        )
    for layer in range(0, LAYERS + 1, 5):
        x = place_of(layer)
        lines.append(f'<text x="{x:.1f}" y="{BOTTOM + 22}" fill="{GREY}" text-anchor="middle">{layer}</text>')
    middle = (LEFT + RIGHT) / 2
    lines.append(f'<text x="{middle:.1f}" y="{BOTTOM + 44}" fill="{GREY}" text-anchor="middle">layer</text>')
    lines.append(
        f'<text x="{middle:.1f}" y="{BOTTOM + 64}" fill="{GREY}" text-anchor="middle" font-size="12">'
        f"root mean square of the activations, {UNITS} units per layer; lines: formula, dots: measured</text>"
    )
    return lines


def drawn(label: str, colour: str, std: float, place: tuple[float, float]) -> list[str]:
    """Return the line of the formula up to the edge, the dots that were measured, and the label."""
    last = LAYERS * 1.0
    rate = log10(predicted(std)[1])
    if abs(rate) > 1e-12:
        last = min(last, (HIGHEST if rate > 0 else LOWEST) / rate)
    end = 10 ** (rate * last)
    line = f"M{place_of(0):.1f} {height_of(1.0):.1f}L{place_of(last):.1f} {height_of(end):.1f}"
    dots = [
        f'<circle cx="{place_of(layer):.1f}" cy="{height_of(size):.1f}" r="3" fill="{colour}"/>'
        for layer, size in enumerate(measured(std))
        if LOWEST <= log10(size) <= HIGHEST
    ]
    return [
        f'<path d="{line}" stroke="{colour}" stroke-width="1.8"/>',
        *dots,
        f'<text x="{place[0]:.1f}" y="{place[1]:.1f}" fill="{colour}">{label}</text>',
    ]


def place_of(layer: float) -> float:
    return LEFT + (RIGHT - LEFT) * layer / LAYERS


def height_of(size: float) -> float:
    return BOTTOM - (BOTTOM - TOP) * (log10(size) - LOWEST) / (HIGHEST - LOWEST)


if __name__ == "__main__":
    main()

"""Draws running.svg: batch means and three running means. Plain Python, plain SVG, the same bytes every time.

python make_running.py    writes running.svg beside this file
"""

from __future__ import annotations

from pathlib import Path
from random import Random

BATCHES = 90
BATCH_SIZE = 8
CHANGE = 45
"""From this batch on the layers before have learnt something, and the channel's mean is another."""
MEANS = (2.0, 3.4)
SPREAD = 1.5

WIDTH, HEIGHT = 720, 340
LEFT, RIGHT, TOP, BOTTOM = 46.0, 702.0, 16.0, 262.0
HIGHEST = 4.8
# Middle tones: each is readable on a white page and on a dark one.
GREY, ORANGE, GREEN, BLUE = "#808080", "#d9730d", "#1f9d57", "#3d82f0"


def main() -> None:
    """Write the figure."""
    (Path(__file__).parent / "running.svg").write_text(figure(), encoding="utf-8", newline="\n")


def figure() -> str:
    """Return the SVG as text."""
    means = batch_means()
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        ' font-family="system-ui, sans-serif" font-size="14">',
        "<title>Batch means and running means</title>",
        "<desc>The means of ninety batches of eight values scatter around a true mean that changes half way. A running"
        " mean with momentum 0.5 follows their noise, one with momentum 0.1 settles in about twenty-five batches, one"
        " with momentum 0.02 is smooth and has not arrived when the true mean changes.</desc>",
        *axes(),
        *true_mean(),
        *(
            f'<circle cx="{across(number):.1f}" cy="{up(mean):.1f}" r="2.6" fill="{GREY}" fill-opacity="0.75"/>'
            for number, mean in enumerate(means, 1)
        ),
    ]
    for place, (momentum, colour) in enumerate(((0.5, ORANGE), (0.1, GREEN), (0.02, BLUE))):
        points = " ".join(
            f"{across(number):.1f},{up(mean):.1f}" for number, mean in enumerate(running(means, momentum))
        )
        lines.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        lines += key(place, colour, f"momentum {momentum}")
    return "\n".join([*lines, *key_of_dots(), "</svg>"]) + "\n"


def batch_means() -> list[float]:
    """Return the mean of each batch."""
    random = Random(5)  # noqa: S311 - a drawing, not a secret
    means = []
    for number in range(1, BATCHES + 1):
        values = [bell(random) for _ in range(BATCH_SIZE)]
        means.append(MEANS[number > CHANGE] + SPREAD * sum(values) / BATCH_SIZE)
    return means


def bell(random: Random) -> float:
    """Return a value with mean 0 and variance 1, nearly normal: sums are the same on every machine, logarithms not."""
    return sum(random.random() for _ in range(12)) - 6


def running(means: list[float], momentum: float) -> list[float]:
    """Return the running mean, which starts at zero, before the first batch and after each of them."""
    kept = [0.0]
    for mean in means:
        kept.append((1 - momentum) * kept[-1] + momentum * mean)
    return kept


def across(number: int) -> float:
    return LEFT + (RIGHT - LEFT) * number / BATCHES


def up(value: float) -> float:
    return BOTTOM - (BOTTOM - TOP) * value / HIGHEST


def axes() -> list[str]:
    lines = [
        f'<path d="M{LEFT:.0f} {TOP:.0f}V{BOTTOM:.0f}H{RIGHT:.0f}" fill="none" stroke="{GREY}"/>',
        f'<text x="{(LEFT + RIGHT) / 2:.0f}" y="{BOTTOM + 38:.0f}" fill="{GREY}" text-anchor="middle">batch</text>',
        f'<text x="16" y="{(TOP + BOTTOM) / 2:.0f}" fill="{GREY}" text-anchor="middle"'
        f' transform="rotate(-90 16 {(TOP + BOTTOM) / 2:.0f})">mean of a channel</text>',
    ]
    for value in range(5):
        lines.append(f'<text x="{LEFT - 8:.0f}" y="{up(value) + 5:.1f}" fill="{GREY}" text-anchor="end">{value}</text>')
    for number in range(0, BATCHES + 1, 15):
        lines.append(
            f'<text x="{across(number):.1f}" y="{BOTTOM + 19:.0f}" fill="{GREY}" text-anchor="middle">{number}</text>'
        )
    return lines


def true_mean() -> list[str]:
    before, after = (f"{up(mean):.1f}" for mean in MEANS)
    change = across(CHANGE)
    return [
        f'<path d="M{LEFT:.0f} {before}H{change:.1f}V{after}H{RIGHT:.0f}" fill="none" stroke="{GREY}"'
        ' stroke-dasharray="6 5" stroke-width="1.5"/>'
    ]


def key(place: int, colour: str, label: str) -> list[str]:
    x = 255 + 156 * place
    return [
        f'<line x1="{x}" y1="322" x2="{x + 22}" y2="322" stroke="{colour}" stroke-width="3"/>',
        f'<text x="{x + 28}" y="327" fill="{GREY}">{label}</text>',
    ]


def key_of_dots() -> list[str]:
    return [
        f'<circle cx="30" cy="322" r="3" fill="{GREY}"/>',
        f'<text x="40" y="327" fill="{GREY}">batch of {BATCH_SIZE}</text>',
        f'<line x1="132" y1="322" x2="158" y2="322" stroke="{GREY}" stroke-width="1.5" stroke-dasharray="6 5"/>',
        f'<text x="164" y="327" fill="{GREY}">true mean</text>',
    ]


if __name__ == "__main__":
    main()

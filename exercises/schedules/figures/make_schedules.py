"""Draws schedules.svg: four panels with every schedule of the exercise. Plain Python, the same bytes every time.

python make_schedules.py    writes schedules.svg beside this file
"""

from __future__ import annotations

from math import cos, exp, pi, sin
from pathlib import Path

EPOCHS = 100

WIDTH, HEIGHT = 760, 500
PANEL_WIDTH, PANEL_HEIGHT = 320, 160
LEFT, TOP = (40, 420), (44, 294)
# Middle tones: each is readable on a white page and on a dark one.
GREY, ORANGE, GREEN, BLUE = "#808080", "#d9730d", "#1f9d57", "#3d82f0"

Panel = tuple[int, int]


def main() -> None:
    """Write the figure."""
    (Path(__file__).parent / "schedules.svg").write_text(figure(), encoding="utf-8", newline="\n")


def figure() -> str:
    """Return the SVG as text."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        ' font-family="system-ui, sans-serif" font-size="13">',
        "<title>Learning rates over 100 epochs, and early stopping</title>",
        "<desc>Step decay is a staircase, exponential decay a smooth curve below it. Cosine annealing falls slowly,"
        " then fast, then slowly; with warm-up it climbs for ten epochs first. Reduce on plateau drops each time that"
        " the validation loss has stopped falling. Early stopping keeps the epoch at the bottom of the validation"
        " loss, although it stops ten epochs later.</desc>",
        *decays((LEFT[0], TOP[0])),
        *cosines((LEFT[1], TOP[0])),
        *plateau((LEFT[0], TOP[1])),
        *stopping((LEFT[1], TOP[1])),
    ]
    return "\n".join([*lines, "</svg>"]) + "\n"


def decays(panel: Panel) -> list[str]:
    steps = [0.5 ** (epoch // 25) for epoch in range(EPOCHS)]
    powers = [0.97**epoch for epoch in range(EPOCHS + 1)]
    return [
        *frame(panel, "Step and exponential decay"),
        *staircase(panel, steps, BLUE),
        *curve(panel, powers, ORANGE),
        *label(panel, 38, 0.74, "step_size = 25, gamma = 0.5", BLUE),
        *label(panel, 4, 0.06, "gamma = 0.97 each epoch", ORANGE),
    ]


def cosines(panel: Panel) -> list[str]:
    plain = [half_wave(epoch / EPOCHS) for epoch in range(EPOCHS + 1)]
    warm = [(epoch + 1) / 10 if epoch < 10 else half_wave((epoch - 10) / (EPOCHS - 10)) for epoch in range(EPOCHS + 1)]
    return [
        *frame(panel, "Cosine annealing, and with warm-up"),
        *curve(panel, plain, ORANGE),
        *curve(panel, warm, BLUE),
        *label(panel, 4, 0.1, "no warm-up", ORANGE),
        *label(panel, 54, 0.74, "10 epochs of warm-up", BLUE),
    ]


def plateau(panel: Panel) -> list[str]:
    losses, rates = watched_run()
    return [
        *frame(panel, "Reduce on plateau: patience 6, factor 0.4"),
        *curve(panel, losses, GREY),
        *staircase(panel, rates[:EPOCHS], BLUE),
        *label(panel, 60, 0.6, "validation loss", GREY),
        *label(panel, 60, 0.74, "learning rate", BLUE),
    ]


def stopping(panel: Panel) -> list[str]:
    training = [0.08 + 0.85 * exp(-epoch / 22) for epoch in range(71)]
    validation = [
        0.28 + 0.68 * exp(-epoch / 14) + 0.00011 * max(0, epoch - 20) ** 2 + 0.012 * wobble(epoch)
        for epoch in range(71)
    ]
    best, last = stop_at(validation, patience=10)
    x, y = place(panel, best, validation[best])
    return [
        *frame(panel, "Early stopping: patience 10"),
        *curve(panel, training, ORANGE),
        *curve(panel, validation, GREY),
        *upright(panel, best, GREEN),
        *upright(panel, last, BLUE),
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{GREEN}"/>',
        *label(panel, last + 2, 0.94, "keep the weights of the best", GREEN),
        *label(panel, last + 2, 0.82, "stop here", BLUE),
        *label(panel, 76, 0.06, "training", ORANGE),
        *label(panel, 72, 0.46, "validation", GREY),
    ]


def half_wave(progress: float) -> float:
    """Return a cosine from 1 at progress 0 to 0 at progress 1."""
    return (1 + cos(pi * progress)) / 2


def wobble(epoch: int) -> float:
    """Return something that looks like noise and is the same every time."""
    return (sin(12.9 * epoch) + sin(4.7 * epoch + 1) + sin(7.3 * epoch + 2)) / 3


def watched_run() -> tuple[list[float], list[float]]:
    """Return losses and learning rates: the loss falls towards a level that depends on the learning rate."""
    losses, rates = [0.95], [0.8]
    best, bad = losses[0], 0
    for epoch in range(1, EPOCHS + 1):
        rate = rates[-1]
        losses.append(losses[-1] + 0.16 * (0.1 + 0.45 * rate - losses[-1]) + 0.05 * rate * wobble(epoch))
        best, bad = (losses[-1], 0) if losses[-1] < best * 0.99 else (best, bad + 1)
        rate, bad = (rate * 0.4, 0) if bad > 6 else (rate, bad)
        rates.append(rate)
    return losses, rates


def stop_at(losses: list[float], patience: int) -> tuple[int, int]:
    """Return the best epoch and the one that early stopping stops at."""
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        if epoch - best >= patience:
            return best, epoch
    return best, len(losses) - 1


def place(panel: Panel, epoch: float, value: float) -> tuple[float, float]:
    """Return where an epoch and a value between 0 and 1 lie in a panel."""
    return panel[0] + PANEL_WIDTH * epoch / EPOCHS, panel[1] + PANEL_HEIGHT * (1 - value)


def frame(panel: Panel, title: str) -> list[str]:
    """Return a panel's axes, its title and the ends of its axis of epochs."""
    x, y = panel
    foot = y + PANEL_HEIGHT
    return [
        f'<path d="M{x} {y}V{foot}H{x + PANEL_WIDTH}" fill="none" stroke="{GREY}"/>',
        f'<text x="{x}" y="{y - 14}" fill="{GREY}" font-weight="600">{title}</text>',
        f'<text x="{x}" y="{foot + 18}" fill="{GREY}">0</text>',
        f'<text x="{x + PANEL_WIDTH}" y="{foot + 18}" fill="{GREY}" text-anchor="end">epoch 100</text>',
    ]


def curve(panel: Panel, values: list[float], colour: str) -> list[str]:
    points = [place(panel, epoch, value) for epoch, value in enumerate(values)]
    return line(points, colour)


def staircase(panel: Panel, values: list[float], colour: str) -> list[str]:
    """Return a curve that stays level for each epoch, so that a drop is upright."""
    points = [place(panel, 0, values[0])]
    for epoch in range(1, len(values)):
        if values[epoch] != values[epoch - 1]:
            points += [place(panel, epoch, values[epoch - 1]), place(panel, epoch, values[epoch])]
    return line([*points, place(panel, EPOCHS, values[-1])], colour)


def line(points: list[tuple[float, float]], colour: str) -> list[str]:
    told = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return [f'<polyline points="{told}" fill="none" stroke="{colour}" stroke-width="2"/>']


def upright(panel: Panel, epoch: int, colour: str) -> list[str]:
    x, foot = place(panel, epoch, 0)
    return [f'<path d="M{x:.1f} {foot:.1f}v-{PANEL_HEIGHT}" stroke="{colour}" stroke-dasharray="4 4"/>']


def label(panel: Panel, epoch: float, value: float, text: str, colour: str) -> list[str]:
    x, y = place(panel, epoch, value)
    return [f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}">{text}</text>']


if __name__ == "__main__":
    main()

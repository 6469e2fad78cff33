"""Recomputes the numbers of the README's worked examples."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

from typing import Any

METRICS = [2.0, 1.9, 1.7, 1.6, 1.55, 1.6, 1.56, 1.2]
NEXT_METRICS = [1.1, 1.2, 1.15]


def lines(names: dict[str, Any]) -> list[str]:
    """Return every line of the worked examples that holds a computed number, as it stands in the README."""
    return [*_schedules(names), *_one_value(names), *_what_is_left(names), *_plateau(names), *_stopping(names)]


def _schedules(names: dict[str, Any]) -> list[str]:
    rows = []
    for place in range(7):
        values = (
            names["step_decay"](place, base_lr=0.8, step_size=3, gamma=0.5),
            names["exponential_decay"](place, base_lr=0.8, gamma=0.75),
            names["cosine_annealing"](place, base_lr=0.8, total_epochs=6, min_lr=0.2),
            names["warmup_cosine"](place, base_lr=0.8, warmup_steps=2, total_steps=6),
        )
        rows.append(f"| {place} | {' | '.join(f'{value:.6g}' for value in values)} |")
    return rows


def _one_value(names: dict[str, Any]) -> list[str]:
    share = names["cosine_annealing"](2, base_lr=1.0, total_epochs=6)
    value = names["cosine_annealing"](2, base_lr=0.8, total_epochs=6, min_lr=0.2)
    return [
        rf"the share is $(1 + \cos(\pi / 3)) / 2 = {share:.6g}$, and $0.2 + 0.6 \cdot {share:.6g} = {value:.6g}$.",
        f"two of six steps are warm-up, so $p = (3 - 2) / (6 - 2) = {(3 - 2) / (6 - 2):g}$.",
    ]


def _what_is_left(names: dict[str, Any]) -> list[str]:
    slow, fast = (100 * names["exponential_decay"](100, base_lr=1.0, gamma=gamma) for gamma in (0.99, 0.9))
    return [
        rf"$\gamma = 0.99$ leaves {slow:.2g} % of the learning rate, $\gamma = 0.9$ leaves {fast:.1g} %,",
    ]


def _plateau(names: dict[str, Any]) -> list[str]:
    watch = names["ReduceOnPlateau"](base_lr=0.4, factor=0.5, patience=1, threshold=0.1, cooldown=1)
    rows = []
    for epoch, metric in enumerate(METRICS):
        bar, better = watch.best * 0.9, "yes" if watch.improves(metric) else "no"
        lr = watch.step(metric)
        rows.append(f"| {epoch} | {metric:.6g} | {bar:.6g} | {better} | {watch.bad_epochs} | {lr:.6g} |")
    for metric in NEXT_METRICS:
        lr = watch.step(metric)
    told = ", ".join(f"{metric:g}" for metric in NEXT_METRICS[:-1])
    return [*rows, f"the metrics {told} and {NEXT_METRICS[-1]:g}. You should arrive at a learning rate of {lr:.6g}."]


def _stopping(names: dict[str, Any]) -> list[str]:
    watch = names["EarlyStopping"](patience=2, min_delta=0.2)
    epochs, held = [], 0.0
    for epoch, metric in enumerate(METRICS):
        if watch.step(metric):
            epochs.append(epoch)
            held = watch.best
    told = ", ".join(map(str, epochs))
    return [
        f"says True in the epochs {told}. Its best metric is {held:.6g} at that time and {watch.best:.6g} at the end.",
    ]

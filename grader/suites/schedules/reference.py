"""The right solution of `schedules`. The formulas are those of the stub; PyTorch 2.13 has the same ones."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import math

SMALLEST_CHANGE = 1e-8
WORST = {"min": math.inf, "max": -math.inf}


def step_decay(epoch: int, *, base_lr: float, step_size: int, gamma: float = 0.1) -> float:
    """Return `base_lr * gamma^k` with k full periods of `step_size` epochs behind `epoch`."""
    _refuse_invalid_decay(epoch, base_lr, gamma)
    _refuse_unless(step_size >= 1, "step_size must be at least 1", step_size)
    return base_lr * gamma ** (epoch // step_size)


def exponential_decay(epoch: int, *, base_lr: float, gamma: float) -> float:
    """Return `base_lr * gamma^epoch`."""
    _refuse_invalid_decay(epoch, base_lr, gamma)
    return base_lr * gamma**epoch


def cosine_annealing(epoch: int, *, base_lr: float, total_epochs: int, min_lr: float = 0.0) -> float:
    """Return the value at `epoch` of half a wave from `base_lr` to `min_lr` (Loshchilov and Hutter 2017)."""
    _refuse_invalid_wave(epoch, base_lr, total_epochs, min_lr)
    return min_lr if epoch >= total_epochs else _half_wave(epoch / total_epochs, base_lr, min_lr)


def warmup_cosine(step: int, *, base_lr: float, warmup_steps: int, total_steps: int, min_lr: float = 0.0) -> float:
    """Return the value at `step` of a linear warm-up that is followed by half a wave down to `min_lr`."""
    _refuse_invalid_wave(step, base_lr, total_steps, min_lr)
    _refuse_unless(0 <= warmup_steps <= total_steps, "warmup_steps must lie in [0, total_steps]", warmup_steps)
    if step < warmup_steps:
        return base_lr * (step + 1) / warmup_steps
    if step >= total_steps:
        return min_lr
    return _half_wave((step - warmup_steps) / (total_steps - warmup_steps), base_lr, min_lr)


class ReduceOnPlateau:
    """Multiplies `lr` by `factor` when more than `patience` epochs in a row bring no improvement."""

    def __init__(
        self,
        *,
        base_lr: float,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        _refuse_negative(base_lr=base_lr, patience=patience, cooldown=cooldown)
        _refuse_unless(mode in WORST, "mode must be 'min' or 'max'", mode)
        _refuse_unless(0 < factor < 1, "factor must lie in (0, 1)", factor)
        _refuse_unless(0 <= threshold < 1, "threshold must lie in [0, 1)", threshold)
        _refuse_unless(0 <= min_lr <= base_lr, "min_lr must lie in [0, base_lr]", min_lr)
        self.mode, self.factor, self.patience, self.threshold = mode, factor, patience, threshold
        self.cooldown, self.min_lr = cooldown, min_lr
        self.lr, self.best = base_lr, WORST[mode]
        self.bad_epochs, self.cooling = 0, 0

    def step(self, metric: float) -> float:
        """Take note of the metric of one epoch and return the learning rate for the next one."""
        if self.improves(metric):
            self.best, self.bad_epochs = metric, 0
        else:
            self.bad_epochs += 1
        if self.cooling:
            self.cooling -= 1
            self.bad_epochs = 0
        if self.bad_epochs > self.patience:
            self.reduce()
            self.cooling, self.bad_epochs = self.cooldown, 0
        return self.lr

    def improves(self, metric: float) -> bool:
        """Tell whether a metric is better than the best one by more than the relative threshold."""
        if self.mode == "min":
            return metric < self.best * (1 - self.threshold)
        return metric > self.best * (1 + self.threshold)

    def reduce(self) -> None:
        """Take the next lower learning rate, if that is a change worth making."""
        lower = max(self.lr * self.factor, self.min_lr)
        if self.lr - lower > SMALLEST_CHANGE:
            self.lr = lower


class EarlyStopping:
    """Says when `patience` epochs in a row have brought no improvement by more than `min_delta`."""

    def __init__(self, *, patience: int, min_delta: float = 0.0, mode: str = "min") -> None:
        _refuse_unless(patience >= 1, "patience must be at least 1", patience)
        _refuse_negative(min_delta=min_delta)
        _refuse_unless(mode in WORST, "mode must be 'min' or 'max'", mode)
        self.patience, self.min_delta, self.mode = patience, min_delta, mode
        self.best, self.bad_epochs = WORST[mode], 0

    def step(self, metric: float) -> bool:
        """Take note of the metric of one epoch and return whether to stop."""
        if self.improves(metric):
            self.best, self.bad_epochs = metric, 0
        else:
            self.bad_epochs += 1
        return self.bad_epochs >= self.patience

    def improves(self, metric: float) -> bool:
        """Tell whether a metric is better than the best one by more than `min_delta`."""
        if self.mode == "min":
            return metric < self.best - self.min_delta
        return metric > self.best + self.min_delta


def _half_wave(progress: float, base_lr: float, min_lr: float) -> float:
    return min_lr + (base_lr - min_lr) * (1 + math.cos(math.pi * progress)) / 2


def _refuse_invalid_decay(epoch: int, base_lr: float, gamma: float) -> None:
    _refuse_negative(epoch=epoch, base_lr=base_lr)
    _refuse_unless(gamma > 0, "gamma must be positive", gamma)


def _refuse_invalid_wave(place: int, base_lr: float, length: int, min_lr: float) -> None:
    _refuse_negative(place=place, base_lr=base_lr)
    _refuse_unless(length >= 1, "the length must be at least 1", length)
    _refuse_unless(0 <= min_lr <= base_lr, "min_lr must lie in [0, base_lr]", min_lr)


def _refuse_negative(**settings: float) -> None:
    for name, value in settings.items():
        _refuse_unless(value >= 0, f"{name} must not be negative", value)


def _refuse_unless(valid: bool, rule: str, value: object) -> None:
    if not valid:
        raise ValueError(f"{rule}, got {value!r}")

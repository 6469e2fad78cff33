"""A right solution of `schedules` in another style: one table of rules, the count as a distance between epochs."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

from math import cos, inf, pi


def require(*conditions):
    if not all(conditions):
        raise ValueError("invalid setting")


def step_decay(epoch, *, base_lr, step_size, gamma=0.1):
    require(epoch >= 0, base_lr >= 0, step_size >= 1, gamma > 0)
    drops, _ = divmod(epoch, step_size)
    return base_lr * pow(gamma, drops)


def exponential_decay(epoch, *, base_lr, gamma):
    return step_decay(epoch, base_lr=base_lr, step_size=1, gamma=gamma)


def cosine_annealing(epoch, *, base_lr, total_epochs, min_lr=0.0):
    require(epoch >= 0, total_epochs >= 1, 0 <= min_lr <= base_lr)
    half_angle = pi / 2 * min(epoch, total_epochs) / total_epochs
    share = cos(half_angle) ** 2 if epoch < total_epochs else 0
    return share * base_lr + (1 - share) * min_lr


def warmup_cosine(step, *, base_lr, warmup_steps, total_steps, min_lr=0.0):
    require(step >= 0, total_steps >= 1, 0 <= warmup_steps <= total_steps, 0 <= min_lr <= base_lr)
    if step < warmup_steps:
        return base_lr / warmup_steps * (step + 1)
    if warmup_steps == total_steps:
        return min_lr
    rest = total_steps - warmup_steps
    return cosine_annealing(step - warmup_steps, base_lr=base_lr, total_epochs=rest, min_lr=min_lr)


class ReduceOnPlateau:
    """Keeps the number of reductions and takes a power; the bad epochs are a distance from the last good one."""

    def __init__(self, *, base_lr, mode="min", factor=0.1, patience=10, threshold=1e-4, cooldown=0, min_lr=0.0):
        require(base_lr >= 0, mode in ("min", "max"), 0 < factor < 1, patience >= 0)
        require(0 <= threshold < 1, cooldown >= 0, 0 <= min_lr <= base_lr)
        self.base_lr, self.factor, self.min_lr = base_lr, factor, min_lr
        self.patience, self.cooldown = patience, cooldown
        self.sign = 1 if mode == "min" else -1
        self.share = 1 - self.sign * threshold
        self.best = self.sign * inf
        self.epoch = self.counted_from = 0
        self.reductions = 0
        self.lr = base_lr

    def step(self, metric):
        self.epoch += 1
        if self.sign * metric < self.sign * (self.best * self.share):
            self.best = metric
            self.counted_from = max(self.counted_from, self.epoch)
        if self.epoch - self.counted_from > self.patience:
            self.counted_from = self.epoch + self.cooldown
            lower = max(self.base_lr * self.factor ** (self.reductions + 1), self.min_lr)
            if self.lr - lower > 1e-8:
                self.reductions += 1
                self.lr = lower
        return self.lr


class EarlyStopping:
    """Keeps the epoch of the last improvement."""

    def __init__(self, *, patience, min_delta=0.0, mode="min"):
        require(patience >= 1, min_delta >= 0, mode in {"min", "max"})
        self.patience, self.min_delta, self.mode = patience, min_delta, mode
        self.best = inf if mode == "min" else -inf
        self.epoch = self.improved_at = 0

    def step(self, metric):
        self.epoch += 1
        gain = self.best - metric if self.mode == "min" else metric - self.best
        if gain > self.min_delta:
            self.best, self.improved_at = metric, self.epoch
        return self.epoch - self.improved_at >= self.patience

"""A right solution of `schedules` in another style: loops that walk there, and lists of everything seen."""

# gradescent-hidden-canary-7f3a9c

import math


def check_positive_or_zero(*values):
    for value in values:
        if value < 0:
            raise ValueError(f"{value} is negative")


def step_decay(epoch, *, base_lr, step_size, gamma=0.1):
    check_positive_or_zero(epoch, base_lr)
    if step_size < 1 or gamma <= 0:
        raise ValueError("step_size or gamma")
    lr = base_lr
    while epoch >= step_size:
        lr *= gamma
        epoch -= step_size
    return lr


def exponential_decay(epoch, *, base_lr, gamma):
    check_positive_or_zero(epoch, base_lr)
    if gamma <= 0:
        raise ValueError("gamma")
    lr = base_lr
    for _ in range(epoch):
        lr *= gamma
    return lr


def cosine_annealing(epoch, *, base_lr, total_epochs, min_lr=0.0):
    return warmup_cosine(epoch, base_lr=base_lr, warmup_steps=0, total_steps=total_epochs, min_lr=min_lr)


def warmup_cosine(step, *, base_lr, warmup_steps, total_steps, min_lr=0.0):
    check_positive_or_zero(step, base_lr, warmup_steps, min_lr, base_lr - min_lr)
    if total_steps < 1 or warmup_steps > total_steps:
        raise ValueError("total_steps or warmup_steps")
    if step < warmup_steps:
        lr = 0.0
        for _ in range(step + 1):
            lr += base_lr / warmup_steps
        return lr
    if step >= total_steps:
        return min_lr
    angle = 0.0
    for _ in range(step - warmup_steps):
        angle += math.pi / (total_steps - warmup_steps)
    return min_lr + (base_lr - min_lr) / 2 + (base_lr - min_lr) / 2 * math.cos(angle)


class ReduceOnPlateau:
    """Computes each answer anew from all metrics so far."""

    def __init__(self, *, base_lr, mode="min", factor=0.1, patience=10, threshold=1e-4, cooldown=0, min_lr=0.0):
        check_positive_or_zero(base_lr, patience, cooldown, threshold, min_lr, base_lr - min_lr)
        if mode not in ["min", "max"] or factor <= 0 or factor >= 1 or threshold >= 1:
            raise ValueError("mode, factor or threshold")
        self.settings = (base_lr, mode, factor, patience, threshold, cooldown, min_lr)
        self.metrics = []
        self.lr = base_lr

    def step(self, metric):
        self.metrics.append(float(metric))
        base_lr, mode, factor, patience, threshold, cooldown, min_lr = self.settings
        lr, best, bad, resting = base_lr, None, 0, 0
        for seen in self.metrics:
            if math.isnan(seen):
                better = False
            elif best is None:
                better = True
            elif mode == "min":
                better = seen < best * (1 - threshold)
            else:
                better = seen > best * (1 + threshold)
            if better:
                best = seen
            bad = 0 if better else bad + 1
            if resting > 0:
                resting, bad = resting - 1, 0
            if bad > patience:
                lower = lr * factor if lr * factor > min_lr else min_lr
                if lr - lower > 1e-8:
                    lr = lower
                bad, resting = 0, cooldown
        self.lr = lr
        return lr


class EarlyStopping:
    """Computes each answer anew from all metrics so far."""

    def __init__(self, *, patience, min_delta=0.0, mode="min"):
        check_positive_or_zero(patience - 1, min_delta)
        if mode not in ["min", "max"]:
            raise ValueError("mode")
        self.patience, self.min_delta, self.mode = patience, min_delta, mode
        self.metrics = []

    @property
    def best(self):
        return self.walk()[0]

    def step(self, metric):
        self.metrics.append(metric)
        return self.walk()[1] >= self.patience

    def walk(self):
        if self.mode == "min":
            best, bad = math.inf, 0
            for seen in self.metrics:
                best, bad = (seen, 0) if seen < best - self.min_delta else (best, bad + 1)
        else:
            best, bad = -math.inf, 0
            for seen in self.metrics:
                best, bad = (seen, 0) if seen > best + self.min_delta else (best, bad + 1)
        return best, bad

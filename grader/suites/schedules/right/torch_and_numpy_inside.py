"""A right solution of `schedules` in another style: float64 tensors, numpy numbers, and results that are neither."""

# gradescent-hidden-canary-7f3a9c

import numpy as np
import torch


def float64(value):
    return torch.tensor(value, dtype=torch.float64)


def valid(text, is_valid):
    if not is_valid:
        raise ValueError(text)


@torch.no_grad()
def step_decay(epoch, *, base_lr, step_size, gamma=0.1):
    valid("epoch", epoch >= 0)
    valid("base_lr", base_lr >= 0)
    valid("step_size", step_size >= 1)
    valid("gamma", gamma > 0)
    return float64(base_lr) * float64(gamma) ** torch.div(torch.tensor(epoch), step_size, rounding_mode="floor")


@torch.no_grad()
def exponential_decay(epoch, *, base_lr, gamma):
    valid("epoch", epoch >= 0)
    valid("base_lr", base_lr >= 0)
    valid("gamma", gamma > 0)
    return float64(base_lr) * torch.exp(epoch * torch.log(float64(gamma)))


def wave(progress, base_lr, min_lr):
    return min_lr + 0.5 * (base_lr - min_lr) * (1 + np.cos(np.pi * np.clip(progress, 0.0, 1.0)))


def cosine_annealing(epoch, *, base_lr, total_epochs, min_lr=0.0):
    valid("epoch", epoch >= 0)
    valid("total_epochs", total_epochs >= 1)
    valid("base_lr and min_lr", 0 <= min_lr <= base_lr)
    return wave(np.float64(epoch) / total_epochs, base_lr, min_lr)


def warmup_cosine(step, *, base_lr, warmup_steps, total_steps, min_lr=0.0):
    valid("step", step >= 0)
    valid("total_steps", total_steps >= 1)
    valid("warmup_steps", 0 <= warmup_steps <= total_steps)
    valid("base_lr and min_lr", 0 <= min_lr <= base_lr)
    if step < warmup_steps:
        return np.linspace(base_lr / warmup_steps, base_lr, warmup_steps)[step]
    if step >= total_steps:
        return min_lr
    return wave(np.float64(step - warmup_steps) / (total_steps - warmup_steps), base_lr, min_lr)


class ReduceOnPlateau:
    """Keeps numpy numbers."""

    def __init__(self, *, base_lr, mode="min", factor=0.1, patience=10, threshold=1e-4, cooldown=0, min_lr=0.0):
        valid("mode", mode in ("min", "max"))
        valid("factor", 0 < factor < 1)
        valid("threshold", 0 <= threshold < 1)
        valid("patience and cooldown", patience >= 0 and cooldown >= 0)
        valid("base_lr and min_lr", 0 <= min_lr <= base_lr)
        self.compare = np.less if mode == "min" else np.greater
        self.share = 1 - threshold if mode == "min" else 1 + threshold
        self.best = np.float64(np.inf if mode == "min" else -np.inf)
        self.factor, self.min_lr = factor, min_lr
        self.patience, self.cooldown = patience, cooldown
        self.count = np.int64(0)  # below zero while it cools down
        self.lr = np.float64(base_lr)

    def step(self, metric):
        better = self.compare(metric, self.best * self.share)
        self.best = np.float64(metric) if better else self.best
        if self.count < 0:
            self.count += 1
        else:
            self.count = np.where(better, 0, self.count + 1)
        if self.count > self.patience:
            lower = np.maximum(self.lr * self.factor, self.min_lr)
            self.lr = lower if self.lr - lower > 1e-8 else self.lr
            self.count = np.int64(-self.cooldown)
        return self.lr


class EarlyStopping:
    """Keeps 0-d tensors."""

    def __init__(self, *, patience, min_delta=0.0, mode="min"):
        valid("patience", patience >= 1)
        valid("min_delta", min_delta >= 0)
        valid("mode", mode in ("min", "max"))
        self.patience, self.min_delta = patience, min_delta
        self.direction = -1 if mode == "min" else 1
        self.best = float64(-self.direction * torch.inf)
        self.bad = torch.tensor(0)

    def step(self, metric):
        metric = float64(metric)
        better = self.direction * metric > self.direction * self.best + self.min_delta
        self.best = torch.where(better, metric, self.best)
        self.bad = torch.where(better, 0, self.bad + 1)
        return self.bad >= self.patience

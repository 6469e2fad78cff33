"""A right solution in the style of a first programming course: plain Python numbers, one element at a time."""

# gradescent-hidden-canary-7f3a9c

import math

import torch


def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("pred and target have different shapes")
    differences = [p - t for p, t in zip(pred.flatten().tolist(), target.flatten().tolist(), strict=True)]
    count = len(differences)
    total = 0.0
    for difference in differences:
        total += difference * difference
    grad = torch.tensor([2 * difference / count for difference in differences], dtype=pred.dtype)
    return torch.tensor(total / count, dtype=pred.dtype), grad.reshape(pred.shape)


def cross_entropy_loss(logits, labels):
    rows, right = logits.tolist(), labels.tolist()
    classes = len(rows[0])
    for label in right:
        if label not in range(classes):
            raise ValueError(f"there is no class {label}")
    loss, grad = 0.0, []
    for row, label in zip(rows, right, strict=True):
        highest = max(row)
        exponentials = [math.exp(value - highest) for value in row]
        total = sum(exponentials)
        loss += math.log(total) + highest - row[label]
        grad.append(
            [(value / total - (1 if place == label else 0)) / len(rows) for place, value in enumerate(exponentials)]
        )
    return loss / len(rows), torch.tensor(grad, dtype=logits.dtype)


def gradient_descent_step(param, grad, *, lr):
    if lr < 0:
        raise ValueError("a negative learning rate climbs")
    moved = [p - lr * g for p, g in zip(param.flatten().tolist(), grad.flatten().tolist(), strict=True)]
    return torch.tensor(moved, dtype=param.dtype).reshape(param.shape)


def clip_by_global_norm(grads, *, max_norm):
    if max_norm < 0:
        raise ValueError("a negative norm")
    squares = 0.0
    for grad in grads:
        for value in grad.flatten().tolist():
            squares += value**2
    norm = math.sqrt(squares)
    clipped = []
    for grad in grads:
        values = grad.flatten().tolist()
        if norm > max_norm:
            values = [value * max_norm / norm for value in values]
        clipped.append(torch.tensor(values, dtype=grad.dtype).reshape(grad.shape))
    return clipped, norm


def minibatches(num_samples, batch_size, *, seed, drop_last=False):
    if num_samples < 1 or batch_size < 1:
        raise ValueError("sizes start at 1")
    generator = torch.Generator().manual_seed(seed)
    order = list(range(num_samples))
    for last in range(num_samples - 1, 0, -1):  # Fisher and Yates
        other = int(torch.randint(last + 1, (1,), generator=generator))
        order[last], order[other] = order[other], order[last]
    batches = []
    for start in range(0, num_samples, batch_size):
        batch = order[start : start + batch_size]
        if len(batch) == batch_size or not drop_last:
            batches.append(torch.tensor(batch))
    return batches


def fit_linear(x, y, *, lr, num_steps):
    if lr < 0 or num_steps < 0:
        raise ValueError("lr and num_steps start at 0")
    rows, values = x.tolist(), y.tolist()
    weight, bias, losses = [0.0] * len(rows[0]), 0.0, []
    for _ in range(num_steps):
        errors = [
            sum(w * value for w, value in zip(weight, row, strict=True)) + bias - wanted
            for row, wanted in zip(rows, values, strict=True)
        ]
        losses.append(sum(error**2 for error in errors) / len(errors))
        slopes = [
            2 * sum(error * row[place] for error, row in zip(errors, rows, strict=True)) / len(rows)
            for place in range(len(weight))
        ]
        weight = [w - lr * slope for w, slope in zip(weight, slopes, strict=True)]
        bias -= lr * 2 * sum(errors) / len(errors)
    return torch.tensor(weight, dtype=x.dtype), bias, torch.tensor(losses, dtype=x.dtype)

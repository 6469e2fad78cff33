"""Backpropagation by hand, without autograd; warm-up and cosine; a last single sample joins the batch before."""

# gradescent-hidden-canary-7f3a9c

import math

import torch

P, MOMENTUM, EPS = 0.3, 0.1, 1e-5


def he_normal(outputs, inputs, generator):
    return (2 / inputs) ** 0.5 * torch.randn(outputs, inputs, generator=generator)


def initial(generator):
    state = {}
    for i, (outputs, inputs) in enumerate([(128, 64), (64, 128), (10, 64)], 1):
        state[f"fc{i}.weight"] = he_normal(outputs, inputs, generator)
        state[f"fc{i}.bias"] = torch.zeros(outputs)
        if i < 3:
            state[f"bn{i}.weight"], state[f"bn{i}.bias"] = torch.ones(outputs), torch.zeros(outputs)
            state[f"bn{i}.running_mean"], state[f"bn{i}.running_var"] = torch.zeros(outputs), torch.ones(outputs)
    return state


def linear_forward(x, state, name):
    return x @ state[f"{name}.weight"].T + state[f"{name}.bias"]


def linear_backward(grad, x, state, name, grads):
    grads[f"{name}.weight"] = grad.T @ x
    grads[f"{name}.bias"] = grad.sum(0)
    return grad @ state[f"{name}.weight"]


def batchnorm_forward(x, state, name):
    n = x.shape[0]
    mean = x.sum(0) / n
    centred = x - mean
    var = (centred**2).sum(0) / n
    inverse = 1 / torch.sqrt(var + EPS)
    normalised = centred * inverse
    state[f"{name}.running_mean"] = (1 - MOMENTUM) * state[f"{name}.running_mean"] + MOMENTUM * mean
    state[f"{name}.running_var"] = (1 - MOMENTUM) * state[f"{name}.running_var"] + MOMENTUM * var * n / (n - 1)
    return normalised * state[f"{name}.weight"] + state[f"{name}.bias"], (normalised, inverse)


def batchnorm_backward(grad, cache, state, name, grads):
    normalised, inverse = cache
    grads[f"{name}.weight"] = (grad * normalised).sum(0)
    grads[f"{name}.bias"] = grad.sum(0)
    grad = grad * state[f"{name}.weight"]
    return inverse * (grad - grad.mean(0) - normalised * (grad * normalised).mean(0))


def gradients(state, x, labels, generator):
    """Forward in training mode and back; moves the running statistics of `state`."""
    caches, grads = [], {}
    for i in (1, 2):
        before = linear_forward(x, state, f"fc{i}")
        after, cache = batchnorm_forward(before.clamp(min=0), state, f"bn{i}")
        keep = (torch.rand(after.shape, generator=generator) > P).float() / (1 - P)
        caches.append((x, before, cache, keep))
        x = after * keep
    logits = linear_forward(x, state, "fc3")
    shifted = logits - logits.max(1, keepdim=True).values
    probabilities = shifted.exp() / shifted.exp().sum(1, keepdim=True)
    one_hot = torch.zeros_like(probabilities)
    one_hot[torch.arange(len(labels)), labels] = 1
    grad = linear_backward((probabilities - one_hot) / len(labels), x, state, "fc3", grads)
    for i in (2, 1):
        x, before, cache, keep = caches[i - 1]
        grad = batchnorm_backward(grad * keep, cache, state, f"bn{i}", grads)
        grad = linear_backward(grad * (before > 0), x, state, f"fc{i}", grads)
    return grads


def shuffled_batches(n, batch_size, generator):
    order = torch.randperm(n, generator=generator).tolist()
    batches = [order[start : start + batch_size] for start in range(0, n, batch_size)]
    if len(batches) > 1 and len(batches[-1]) == 1:
        batches[-2] += batches.pop()
    return batches


def learning_rate(lr, step, total):
    warm = max(1, total // 20)
    if step < warm:
        return lr * (step + 1) / warm
    return 0.5 * lr * (1 + math.cos(math.pi * (step - warm) / max(1, total - warm)))


def train(x_train, y_train, *, num_epochs, batch_size, lr, seed):
    if num_epochs < 0 or lr < 0 or batch_size < 2:
        raise ValueError(f"cannot train with num_epochs={num_epochs}, batch_size={batch_size}, lr={lr}")
    generator = torch.Generator()
    generator.manual_seed(seed)
    state = initial(generator)
    first = {name: torch.zeros_like(value) for name, value in state.items()}
    second = {name: torch.zeros_like(value) for name, value in state.items()}
    step, total = 0, num_epochs * math.ceil(len(x_train) / batch_size)
    for _ in range(num_epochs):
        for batch in shuffled_batches(len(x_train), batch_size, generator):
            grads = gradients(state, x_train[batch], y_train[batch], generator)
            rate = learning_rate(lr, step, total)
            step += 1
            for name, grad in grads.items():
                first[name] = 0.9 * first[name] + 0.1 * grad
                second[name] = 0.999 * second[name] + 0.001 * grad * grad
                mean = first[name] / (1 - 0.9**step)
                square = second[name] / (1 - 0.999**step)
                state[name] = state[name] - rate * mean / (square.sqrt() + 1e-8)
    return state


def predict(state, x):
    for i in (1, 2):
        x = torch.maximum(linear_forward(x, state, f"fc{i}"), torch.zeros(()))
        scale = state[f"bn{i}.weight"] / torch.sqrt(state[f"bn{i}.running_var"] + EPS)
        x = x * scale + (state[f"bn{i}.bias"] - state[f"bn{i}.running_mean"] * scale)
    return linear_forward(x, state, "fc3")

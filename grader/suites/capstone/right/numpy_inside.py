"""NumPy inside: all parameters in one flat vector, of which the layers are views; step decay; drawn by NumPy."""

# gradescent-hidden-canary-7f3a9c

import numpy as np
import torch

SHAPES = {
    "fc1.weight": (128, 64),
    "fc1.bias": (128,),
    "bn1.weight": (128,),
    "bn1.bias": (128,),
    "fc2.weight": (64, 128),
    "fc2.bias": (64,),
    "bn2.weight": (64,),
    "bn2.bias": (64,),
    "fc3.weight": (10, 64),
    "fc3.bias": (10,),
}
STATISTICS = {"bn1.running_mean": 128, "bn1.running_var": 128, "bn2.running_mean": 64, "bn2.running_var": 64}


def views(flat):
    """Return the parameters as parts of a flat vector, without copying."""
    found, start = {}, 0
    for name, shape in SHAPES.items():
        size = int(np.prod(shape))
        found[name] = flat[start : start + size].reshape(shape)
        start += size
    return found


def forward_backward(w, grads, running, x, y, rng):
    saved = []
    for i in "12":
        pre = x @ w[f"fc{i}.weight"].T + w[f"fc{i}.bias"]
        h = np.where(pre > 0, pre, np.float32(0))
        mean, var = h.mean(0), h.var(0)
        running[f"bn{i}.running_mean"] += 0.1 * (mean - running[f"bn{i}.running_mean"])
        running[f"bn{i}.running_var"] += 0.1 * (h.var(0, ddof=1) - running[f"bn{i}.running_var"])
        std = np.sqrt(var + np.float32(1e-5))
        hat = (h - mean) / std
        mask = (rng.random(h.shape, dtype=np.float32) < 0.7).astype(np.float32) / np.float32(0.7)
        saved.append((x, pre, hat, std, mask))
        x = (hat * w[f"bn{i}.weight"] + w[f"bn{i}.bias"]) * mask
    logits = x @ w["fc3.weight"].T + w["fc3.bias"]
    e = np.exp(logits - logits.max(1, keepdims=True))
    grad = e / e.sum(1, keepdims=True)
    grad[np.arange(len(y)), y] -= 1
    grad /= len(y)
    grads["fc3.weight"][...] = grad.T @ x
    grads["fc3.bias"][...] = grad.sum(0)
    grad = grad @ w["fc3.weight"]
    for i in "21":
        x, pre, hat, std, mask = saved.pop()
        grad = grad * mask
        grads[f"bn{i}.weight"][...] = (grad * hat).sum(0)
        grads[f"bn{i}.bias"][...] = grad.sum(0)
        grad = grad * w[f"bn{i}.weight"]
        grad = (grad - grad.mean(0) - hat * (grad * hat).mean(0)) / std
        grad = grad * (pre > 0)
        grads[f"fc{i}.weight"][...] = grad.T @ x
        grads[f"fc{i}.bias"][...] = grad.sum(0)
        grad = grad @ w[f"fc{i}.weight"]


def train(x_train, y_train, *, num_epochs, batch_size, lr, seed):
    if not (num_epochs >= 0 and batch_size >= 2 and lr >= 0):
        raise ValueError("invalid settings")
    rng = np.random.default_rng(seed)
    x, y = x_train.numpy(), y_train.numpy()
    size = sum(int(np.prod(shape)) for shape in SHAPES.values())
    flat, slope = np.zeros(size, np.float32), np.zeros(size, np.float32)
    w, grads = views(flat), views(slope)
    for name, value in w.items():
        if name.startswith("fc") and name.endswith("weight"):
            value[...] = rng.normal(0, np.sqrt(2 / value.shape[1]), value.shape)
        elif name.startswith("bn") and name.endswith("weight"):
            value[...] = 1
    running = {
        name: (np.ones if name.endswith("var") else np.zeros)(width, np.float32) for name, width in STATISTICS.items()
    }
    m, v, t = np.zeros_like(flat), np.zeros_like(flat), 0
    for epoch in range(num_epochs):
        rate = lr * 0.3 ** ((10 * epoch) // (4 * num_epochs))
        order = rng.permutation(len(x))
        for start in range(0, len(x), batch_size):
            rows = order[start : start + batch_size]
            if len(rows) < 2:
                continue
            forward_backward(w, grads, running, x[rows], y[rows], rng)
            t += 1
            m = 0.9 * m + 0.1 * slope
            v = 0.999 * v + 0.001 * slope**2
            flat -= (rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)).astype(np.float32)
    return {name: torch.from_numpy(value.copy()) for name, value in {**w, **running}.items()}


def predict(state, x):
    w = {name: value.numpy() for name, value in state.items()}
    x = x.numpy()
    for i in "12":
        x = np.maximum(x @ w[f"fc{i}.weight"].T + w[f"fc{i}.bias"], 0)
        x = (x - w[f"bn{i}.running_mean"]) / np.sqrt(w[f"bn{i}.running_var"] + np.float32(1e-5))
        x = x * w[f"bn{i}.weight"] + w[f"bn{i}.bias"]
    return torch.from_numpy(x @ w["fc3.weight"].T + w["fc3.bias"])

"""Autograd on plain tensors, a fifth held out: a plateau schedule, and the best state of all epochs is returned."""

# gradescent-hidden-canary-7f3a9c

import math

import torch

HOLD_OUT = 0.2


class Linear:
    def __init__(self, name, outputs, inputs, rng):
        self.name = name
        self.weight = torch.empty(outputs, inputs).normal_(0.0, math.sqrt(2.0 / inputs), generator=rng)
        self.bias = torch.zeros(outputs)
        self.weight.requires_grad_()
        self.bias.requires_grad_()

    def __call__(self, x):
        return torch.addmm(self.bias, x, self.weight.t())

    def parameters(self):
        return {f"{self.name}.weight": self.weight, f"{self.name}.bias": self.bias}


class BatchNorm:
    def __init__(self, name, width):
        self.name = name
        self.weight = torch.ones(width, requires_grad=True)
        self.bias = torch.zeros(width, requires_grad=True)
        self.running_mean = torch.zeros(width)
        self.running_var = torch.ones(width)

    def __call__(self, x, training):
        if training:
            var, mean = torch.var_mean(x, dim=0, unbiased=False)
            with torch.no_grad():
                self.running_mean.lerp_(mean, 0.1)
                self.running_var.lerp_(x.var(0, unbiased=True), 0.1)
        else:
            mean, var = self.running_mean, self.running_var
        return (x - mean) * torch.rsqrt(var + 1e-5) * self.weight + self.bias

    def parameters(self):
        return {f"{self.name}.weight": self.weight, f"{self.name}.bias": self.bias}

    def statistics(self):
        return {f"{self.name}.running_mean": self.running_mean, f"{self.name}.running_var": self.running_var}


class Network:
    def __init__(self, seed):
        self.rng = torch.Generator().manual_seed(seed)
        self.layers = [
            (Linear("fc1", 128, 64, self.rng), BatchNorm("bn1", 128)),
            (Linear("fc2", 64, 128, self.rng), BatchNorm("bn2", 64)),
        ]
        self.last = Linear("fc3", 10, 64, self.rng)

    def __call__(self, x, training=False):
        for linear, norm in self.layers:
            x = norm(linear(x).clamp(min=0), training)
            if training:
                keep = torch.empty_like(x).bernoulli_(0.7, generator=self.rng)
                x = x * keep / 0.7
        return self.last(x)

    def parameters(self):
        found = {}
        for linear, norm in self.layers:
            found |= linear.parameters() | norm.parameters()
        return found | self.last.parameters()

    def state(self):
        found = self.parameters()
        for _, norm in self.layers:
            found |= norm.statistics()
        return {name: value.detach().clone() for name, value in found.items()}


def cross_entropy(logits, labels):
    chosen = logits.gather(1, labels.unsqueeze(1)).squeeze(1)
    return (logits.logsumexp(1) - chosen).mean()


class Adam:
    def __init__(self, parameters, lr):
        self.parameters, self.lr, self.step_count = list(parameters), lr, 0
        self.means = [torch.zeros_like(p) for p in self.parameters]
        self.squares = [torch.zeros_like(p) for p in self.parameters]

    @torch.no_grad()
    def step(self):
        self.step_count += 1
        for p, mean, square in zip(self.parameters, self.means, self.squares, strict=True):
            mean.mul_(0.9).add_(p.grad, alpha=0.1)
            square.mul_(0.999).addcmul_(p.grad, p.grad, value=0.001)
            root = (square / (1 - 0.999**self.step_count)).sqrt_().add_(1e-8)
            p.addcdiv_(mean / (1 - 0.9**self.step_count), root, value=-self.lr)
            p.grad = None


def train(x_train, y_train, *, num_epochs, batch_size, lr, seed):
    if num_epochs < 0:
        raise ValueError("num_epochs is negative")
    if batch_size < 2:
        raise ValueError("batch_size must be at least 2")
    if lr < 0:
        raise ValueError("lr is negative")
    network = Network(seed)
    held = int(HOLD_OUT * len(x_train)) if len(x_train) >= 50 else 0
    order = torch.randperm(len(x_train), generator=network.rng)
    aside, order = order[:held], order[held:]
    adam = Adam(network.parameters().values(), lr)
    best, best_loss, waited = network.state(), math.inf, 0
    for _ in range(num_epochs):
        shuffled = order[torch.randperm(len(order), generator=network.rng)]
        for rows in shuffled.split(batch_size):
            if len(rows) == 1:
                continue
            loss = cross_entropy(network(x_train[rows], training=True), y_train[rows])
            loss.backward()
            adam.step()
        if not held:
            best = network.state()
            continue
        with torch.no_grad():
            loss = cross_entropy(network(x_train[aside]), y_train[aside]).item()
        if loss < best_loss:
            best, best_loss, waited = network.state(), loss, 0
        else:
            waited += 1
            adam.lr *= 0.5
        if waited == 6:
            break
    return best


@torch.no_grad()
def predict(state, x):
    for i in "12":
        x = (x @ state[f"fc{i}.weight"].mT + state[f"fc{i}.bias"]).relu()
        x = (x - state[f"bn{i}.running_mean"]) * torch.rsqrt(state[f"bn{i}.running_var"] + 1e-5)
        x = x * state[f"bn{i}.weight"] + state[f"bn{i}.bias"]
    return x @ state["fc3.weight"].mT + state["fc3.bias"]

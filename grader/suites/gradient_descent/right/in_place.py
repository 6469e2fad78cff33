"""A right solution that works in place, on tensors of its own."""

# gradescent-hidden-canary-7f3a9c

import torch


def mse_loss(pred, target):
    if list(pred.shape) != list(target.shape):
        raise ValueError("pred and target must have the same shape")
    grad = pred.clone().sub_(target)
    loss = torch.dot(grad.reshape(-1), grad.reshape(-1)).div_(grad.numel())
    return loss, grad.mul_(2.0 / grad.numel())


@torch.no_grad()
def cross_entropy_loss(logits, labels):
    n, c = logits.shape
    if labels.min() < 0 or labels.max() >= c:
        raise ValueError("labels must lie between 0 and C - 1")
    picked = labels.unsqueeze(1)
    logs = logits.clone()
    logs.sub_(logs.max(dim=1, keepdim=True).values)
    logs.sub_(logs.exp().sum(dim=1, keepdim=True).log_())
    loss = logs.gather(1, picked).sum().neg_().div_(n)
    grad = logs.exp_()
    grad.scatter_add_(1, picked, torch.full_like(picked, -1, dtype=grad.dtype))
    return loss, grad.div_(n)


def gradient_descent_step(param, grad, *, lr):
    if lr < 0:
        raise ValueError("lr must not be negative")
    return param.clone().sub_(grad, alpha=lr)


def clip_by_global_norm(grads, *, max_norm):
    if max_norm < 0:
        raise ValueError("max_norm must not be negative")
    norm = torch.zeros((), dtype=grads[0].dtype)
    for grad in grads:
        norm.add_(grad.square().sum())
    norm.sqrt_()
    if norm <= max_norm:
        return list(grads), norm
    return [grad.clone().mul_(max_norm).div_(norm) for grad in grads], norm


def minibatches(num_samples, batch_size, *, seed, drop_last=False):
    if batch_size < 1 or num_samples < 1:
        raise ValueError("both sizes must be at least 1")
    generator = torch.Generator()
    generator.manual_seed(seed)
    order = torch.rand(num_samples, generator=generator).argsort()
    batches = []
    while len(order):
        batches.append(order[:batch_size].clone())
        order = order[batch_size:]
    if drop_last and len(batches[-1]) < batch_size:
        batches.pop()
    return batches


def fit_linear(x, y, *, lr, num_steps):
    if lr < 0 or num_steps < 0:
        raise ValueError("lr and num_steps must not be negative")
    n, d = x.shape
    # The bias is the last weight, of a column of ones.
    inputs = torch.cat([x, torch.ones(n, 1, dtype=x.dtype)], dim=1)
    theta = torch.zeros(d + 1, dtype=x.dtype)
    losses = torch.empty(num_steps, dtype=x.dtype)
    for step in range(num_steps):
        error = torch.mv(inputs, theta).sub_(y)
        losses[step] = error.square().mean()
        theta.addmv_(inputs.t(), error, alpha=-2.0 * lr / n)
    return theta[:d].clone(), theta[d].clone(), losses

"""A right solution of `beyond_gradients` with NumPy inside: arrays in the middle, tensors at both ends."""

# gradescent-hidden-canary-7f3a9c

import math

import numpy as np
import torch


def newton_step(param, grad, hessian, *, damping=0.0):
    if damping < 0:
        raise ValueError(f"damping = {damping}")
    damped = hessian.numpy() + np.eye(param.numel(), dtype=hessian.numpy().dtype) * damping
    return torch.from_numpy(param.numpy() - np.linalg.solve(damped, grad.numpy())).to(param.dtype)


def bfgs_update(inverse_hessian, step, grad_change):
    estimate, s, y = inverse_hessian.numpy(), step.numpy()[:, None], grad_change.numpy()[:, None]
    curvature = (s.T @ y).item()
    if curvature <= 1e-10:
        return inverse_hessian
    identity = np.eye(len(s), dtype=estimate.dtype)
    left, right = identity - s @ y.T / curvature, identity - y @ s.T / curvature
    return torch.from_numpy(left @ estimate @ right + s @ s.T / curvature)


def evolve(population, fitness, *, num_elites, mutation_std, seed):
    size, genes = population.shape
    if num_elites not in range(size + 1):
        raise ValueError(f"num_elites = {num_elites}")
    if mutation_std < 0:
        raise ValueError(f"mutation_std = {mutation_std}")
    random = np.random.default_rng(seed)
    people = population.numpy()
    order = np.argsort(-fitness.numpy(), kind="stable")
    weights = np.empty(size)
    weights[order] = np.arange(size, 0, -1)
    weights /= weights.sum()
    children = []
    for _ in range(size - num_elites):
        mother, father = people[random.choice(size, size=2, replace=False, p=weights)]
        child = np.where(random.integers(0, 2, genes) == 0, mother, father)
        children.append(child + random.normal(0.0, mutation_std, genes))
    new = np.concatenate([people[order[:num_elites]], np.array(children).reshape(-1, genes)])
    return torch.from_numpy(new).to(population.dtype)


def gp_posterior(x_train, y_train, x_query, *, length_scale=1.0, noise=1e-6):
    if length_scale <= 0:
        raise ValueError(f"length_scale = {length_scale}")
    if noise < 0:
        raise ValueError(f"noise = {noise}")
    known, values, queries = (value.numpy().astype(np.float64) for value in (x_train, y_train, x_query))

    def kernel(one, other):
        squares = (one**2).sum(1)[:, None] + (other**2).sum(1) - 2 * one @ other.T
        return np.exp(-0.5 * np.maximum(squares, 0.0) / length_scale**2)

    noisy = kernel(known, known) + noise * np.eye(len(known))
    lower = np.linalg.cholesky(noisy)
    across = np.linalg.solve(lower, kernel(known, queries))
    mean = across.T @ np.linalg.solve(lower, values)
    variance = np.maximum(1.0 - np.einsum("nm,nm->m", across, across), 0.0)
    return torch.from_numpy(mean).to(y_train.dtype), torch.from_numpy(np.sqrt(variance)).to(y_train.dtype)


def expected_improvement(mean, std, best):
    gain, spread = best - mean.numpy().astype(np.float64), std.numpy().astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = gain / spread
    below = np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in z])
    density = np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
    improvement = np.where(spread > 0, gain * below + spread * density, gain)
    return torch.from_numpy(np.maximum(improvement, 0.0)).to(mean.dtype)

"""The right solution of `beyond_gradients`. The formulas are those of the exercise's README."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import math

import torch
from torch import Tensor

CURVATURE_FLOOR = 1e-10


def newton_step(param: Tensor, grad: Tensor, hessian: Tensor, *, damping: float = 0.0) -> Tensor:
    """Return `param` after one damped Newton step (Levenberg 1944)."""
    _refuse_invalid_damping(damping)
    damped = hessian + damping * torch.eye(len(param), dtype=hessian.dtype)
    direction: Tensor = torch.linalg.solve(damped, grad)
    return param - direction


def bfgs_update(inverse_hessian: Tensor, step: Tensor, grad_change: Tensor) -> Tensor:
    """Return the new estimate of the inverse Hessian (Broyden, Fletcher, Goldfarb, Shanno 1970)."""
    curvature = step.dot(grad_change)
    if curvature <= CURVATURE_FLOOR:
        return inverse_hessian
    left = torch.eye(len(step), dtype=step.dtype) - step.outer(grad_change) / curvature
    return left @ inverse_hessian @ left.T + step.outer(step) / curvature


def evolve(population: Tensor, fitness: Tensor, *, num_elites: int, mutation_std: float, seed: int) -> Tensor:
    """Return the next generation: elites, then children by linear ranking, uniform crossover and Gaussian mutation."""
    _refuse_invalid_generation(population, num_elites, mutation_std)
    draw = torch.Generator().manual_seed(seed)
    ranked = population[fitness.argsort(descending=True)]
    first, second = _pick_parents(ranked, len(population) - num_elites, draw)
    children = _cross(first, second, draw)
    return torch.cat([ranked[:num_elites], _mutate(children, mutation_std, draw)])


def gp_posterior(
    x_train: Tensor, y_train: Tensor, x_query: Tensor, *, length_scale: float = 1.0, noise: float = 1e-6
) -> tuple[Tensor, Tensor]:
    """Return mean and standard deviation at the query points (Rasmussen and Williams 2006, algorithm 2.1)."""
    _refuse_invalid_kernel(length_scale, noise)
    noisy = _kernel(x_train, x_train, length_scale) + noise * torch.eye(len(x_train), dtype=x_train.dtype)
    factor = torch.linalg.cholesky(noisy)
    across = _kernel(x_train, x_query, length_scale)
    weights = torch.cholesky_solve(y_train.unsqueeze(1), factor).squeeze(1)
    known = torch.linalg.solve_triangular(factor, across, upper=False)
    variance = 1 - (known**2).sum(0)
    return across.T @ weights, variance.clamp(min=0).sqrt()


def expected_improvement(mean: Tensor, std: Tensor, best: float) -> Tensor:
    """Return the expected improvement below `best` (Jones, Schonlau and Welch 1998)."""
    gain = best - mean
    z = gain / torch.where(std > 0, std, 1.0)
    uncertain = gain * _normal_below(z) + std * _normal_density(z)
    return torch.where(std > 0, uncertain, gain).clamp(min=0)


def _pick_parents(ranked: Tensor, count: int, draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return two parents for each of `count` children; of P ranked individuals, that of rank r has the weight P - r."""
    edges = torch.arange(len(ranked), 0, -1, dtype=torch.float64).cumsum(0)
    darts = torch.rand(2, count, generator=draw, dtype=torch.float64) * edges[-1]
    first, second = torch.searchsorted(edges, darts, right=True)
    return ranked[first], ranked[second]


def _cross(first: Tensor, second: Tensor, draw: torch.Generator) -> Tensor:
    return torch.where(torch.rand(first.shape, generator=draw) < 0.5, first, second)


def _mutate(children: Tensor, mutation_std: float, draw: torch.Generator) -> Tensor:
    return children + mutation_std * torch.randn(children.shape, generator=draw, dtype=children.dtype)


def _kernel(one: Tensor, other: Tensor, length_scale: float) -> Tensor:
    squares = (one.unsqueeze(1) - other.unsqueeze(0)).square().sum(2)
    return (-squares / (2 * length_scale**2)).exp()


def _normal_below(z: Tensor) -> Tensor:
    return torch.erfc(-z / math.sqrt(2)) / 2


def _normal_density(z: Tensor) -> Tensor:
    return (-(z**2) / 2).exp() / math.sqrt(2 * math.pi)


def _refuse_invalid_damping(damping: float) -> None:
    if not damping >= 0:
        raise ValueError(f"damping must not be negative, got {damping}")


def _refuse_invalid_generation(population: Tensor, num_elites: int, mutation_std: float) -> None:
    if not 0 <= num_elites <= len(population):
        raise ValueError(f"num_elites must lie in 0 to {len(population)}, got {num_elites}")
    if not mutation_std >= 0:
        raise ValueError(f"mutation_std must not be negative, got {mutation_std}")


def _refuse_invalid_kernel(length_scale: float, noise: float) -> None:
    if not length_scale > 0:
        raise ValueError(f"length_scale must be positive, got {length_scale}")
    if not noise >= 0:
        raise ValueError(f"noise must not be negative, got {noise}")

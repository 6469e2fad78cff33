"""A right solution of `beyond_gradients` in the style of in-place operations, each on memory of its own."""

# gradescent-hidden-canary-7f3a9c

import math

import torch
from torch import Tensor


@torch.no_grad()
def newton_step(param: Tensor, grad: Tensor, hessian: Tensor, *, damping: float = 0.0) -> Tensor:
    if damping < 0:
        raise ValueError("damping is negative")
    damped = hessian.clone()
    damped.diagonal().add_(damping)
    factors, pivots = torch.linalg.lu_factor(damped)
    step = torch.linalg.lu_solve(factors, pivots, grad[:, None]).squeeze(1)
    return param.clone().sub_(step)


@torch.no_grad()
def bfgs_update(inverse_hessian: Tensor, step: Tensor, grad_change: Tensor) -> Tensor:
    curvature = (step * grad_change).sum().item()
    if curvature <= 1e-10:
        return inverse_hessian.clone()
    turned = inverse_hessian.mv(grad_change)
    new = inverse_hessian.clone()
    new.addr_(step, turned, alpha=-1 / curvature)
    new.addr_(turned, step, alpha=-1 / curvature)
    new.addr_(step, step, alpha=(1 + grad_change.dot(turned).item() / curvature) / curvature)
    return new


def evolve(population: Tensor, fitness: Tensor, *, num_elites: int, mutation_std: float, seed: int) -> Tensor:
    size = len(population)
    if num_elites < 0 or num_elites > size or mutation_std < 0:
        raise ValueError("num_elites or mutation_std")
    generator = torch.Generator()
    generator.manual_seed(seed)
    order = torch.argsort(fitness, descending=True)
    new = population[order].clone()
    if num_elites == size:
        return new
    weights = torch.arange(size, 0, -1, dtype=torch.float64)
    mothers = torch.multinomial(weights, size - num_elites, replacement=True, generator=generator)
    fathers = torch.multinomial(weights, size - num_elites, replacement=True, generator=generator)
    children = population[order[mothers]].clone()
    coins = torch.rand(children.shape, generator=generator) < 0.5
    children[coins] = population[order[fathers]][coins]
    children.add_(torch.randn(children.shape, generator=generator, dtype=children.dtype), alpha=mutation_std)
    new[num_elites:] = children
    return new


@torch.no_grad()
def gp_posterior(
    x_train: Tensor, y_train: Tensor, x_query: Tensor, *, length_scale: float = 1.0, noise: float = 1e-6
) -> tuple[Tensor, Tensor]:
    if length_scale <= 0 or noise < 0:
        raise ValueError("length_scale or noise")

    def kernel(one: Tensor, other: Tensor) -> Tensor:
        distances = torch.cdist(one, other, compute_mode="donot_use_mm_for_euclid_dist")
        return distances.div_(length_scale).square_().div_(-2).exp_()

    noisy = kernel(x_train, x_train)
    noisy.diagonal().add_(noise)
    across = kernel(x_train, x_query)
    solved = torch.linalg.solve(noisy, across)
    variance = solved.mul(across).sum(0).neg_().add_(1).clamp_(min=0)
    return y_train @ solved, variance.sqrt_()


def expected_improvement(mean: Tensor, std: Tensor, best: float) -> Tensor:
    gain = mean.neg().add_(best)
    certain = std == 0
    safe = std.clone()
    safe[certain] = 1
    z = gain / safe
    result = gain * torch.special.ndtr(z)
    result.addcmul_(safe, z.square().div_(-2).exp_().div_(math.sqrt(2 * math.pi)))
    result[certain] = gain[certain]
    return result.clamp_(min=0)

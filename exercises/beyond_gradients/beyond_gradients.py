"""Beyond gradients: Newton, BFGS, one generation of evolution, and the two halves of Bayesian optimization.

For all five functions:

* Tensors are float32 or float64. All tensors of a call have the same dtype, and so has the tensor that you return.
* The functions are pure. Return new tensors, leave the arguments as they were, and keep nothing in global variables.
* Everything after a `*` is a setting. Leave the names and the defaults as they are.
* An invalid setting raises `ValueError`; each docstring says which are invalid.

README.md has the formulas, the conventions and examples worked by hand.
"""

from __future__ import annotations

import torch  # noqa: F401 - you will want it
from torch import Tensor


def newton_step(param: Tensor, grad: Tensor, hessian: Tensor, *, damping: float = 0.0) -> Tensor:
    """Take one damped Newton step: go where the quadratic model of the loss has its stationary point.

        (hessian + damping * I) d = grad        solve for d, do not invert
        param = param - d

    Args:
        param: the parameter, shape (D,), D at least 1.
        grad: the gradient of the loss at `param`, shape (D,).
        hessian: the matrix of second derivatives at `param`, shape (D, D). It is symmetric; it need not be positive
            definite. With the damping added it is never singular.
        damping: is added to each element of the diagonal, and to nothing else.

    Returns:
        The new parameter, shape (D,), dtype of `param`.

    Raises:
        ValueError: `damping` is negative (zero is allowed).
    """
    raise NotImplementedError("Task 9.1 newton_step: not written yet")


def bfgs_update(inverse_hessian: Tensor, step: Tensor, grad_change: Tensor) -> Tensor:
    """Improve an estimate of the inverse Hessian by what one step has shown (BFGS, inverse form).

        rho = 1 / (step . grad_change)
        B   = (I - rho * step grad_change^T) B (I - rho * grad_change step^T) + rho * step step^T

    B is the estimate, and `u v^T` the outer product: row i, column j holds u_i * v_j. If `step . grad_change <= 1e-10`,
    the step has shown no useful curvature: skip the update and return the estimate unchanged.

    Args:
        inverse_hessian: the estimate so far, shape (D, D), symmetric and positive definite.
        step: the new parameter minus the old one, shape (D,).
        grad_change: the gradient at the new parameter minus the gradient at the old one, shape (D,).

    Returns:
        The new estimate, shape (D, D), dtype of `inverse_hessian`. After a skipped update it may be the very argument.
    """
    raise NotImplementedError("Task 9.2 bfgs_update: not written yet")


def evolve(population: Tensor, fitness: Tensor, *, num_elites: int, mutation_std: float, seed: int) -> Tensor:
    """Make the next generation: elites, then mutated children of parents that were picked by rank.

    1. Elites. The `num_elites` fittest individuals come first, unchanged, the best of all in row 0. Among individuals
       of equal fitness any order will do; each of them is there only once.
    2. Parents. Each of the P - num_elites children has two. An individual of rank r (0 is the fittest of all P, P - 1
       the least fit) is picked with a probability proportional to P - r, whatever the fitness values are. Elites can
       be parents as well. Whether one individual may be both parents of a child is up to you. A tournament of two
       picks nearly the same way, and is fine.
    3. Crossover. Each gene of a child, that is each of its D elements, is the gene in the same column of the one parent
       or of the other. A fair coin decides, a new one for each gene of each child.
    4. Mutation. Each gene of each child gets an independent random number added, normal with mean 0 and standard
       deviation `mutation_std`.

    Args:
        population: one individual per row, shape (P, D), P at least 2.
        fitness: how good each individual is, shape (P,). Higher is better; it may be negative.
        num_elites: how many individuals survive as they are: 0 to P, both included.
        mutation_std: the standard deviation of a mutation. With 0 the children stay unmutated.
        seed: where all randomness comes from: `torch.Generator().manual_seed(seed)`. The same seed gives the same
            result, another seed another one.

    Returns:
        The next generation, shape (P, D), dtype of `population`.

    Raises:
        ValueError: `num_elites` lies outside 0 to P, or `mutation_std` is negative.
    """
    raise NotImplementedError("Task 9.3 evolve: not written yet")


def gp_posterior(
    x_train: Tensor, y_train: Tensor, x_query: Tensor, *, length_scale: float = 1.0, noise: float = 1e-6
) -> tuple[Tensor, Tensor]:
    """Predict an unknown function at the query points, from noisy values at the training points.

        k(a, b) = exp(-||a - b||^2 / (2 * length_scale^2))
        K       = k(x_train, x_train) + noise * I
        k_q     = k(x_train, x_q)                       one column of N numbers for each query point
        mean_q  = k_q^T K^-1 y_train
        std_q   = sqrt(1 - k_q^T K^-1 k_q)

    The Gaussian process has mean 0 and signal variance 1. `noise` is a variance. It is that of the training values
    only: `std` is that of the function itself, without noise. Where rounding makes the variance negative, `std` is 0.

    Args:
        x_train: points whose value is known, shape (N, D), N at least 1. The same point may occur several times.
        y_train: their values, shape (N,).
        x_query: points to predict at, shape (M, D), M at least 1.
        length_scale: over which distance the function changes.
        noise: the variance of the noise in `y_train`. Zero is allowed; then all training points differ.

    Returns:
        `(mean, std)`: two new tensors of shape (M,), dtype of `y_train`.

    Raises:
        ValueError: `length_scale` is zero or negative, or `noise` is negative.
    """
    raise NotImplementedError("Task 9.4 gp_posterior: not written yet")


def expected_improvement(mean: Tensor, std: Tensor, best: float) -> Tensor:
    """Say how much a new value is expected to improve on the best one so far. We minimise: lower is better.

        z                    = (best - mean) / std
        expected improvement = (best - mean) * Phi(z) + std * phi(z)

    Phi is the probability that a standard normal number lies below z, phi(z) = exp(-z^2 / 2) / sqrt(2 pi) its density.
    Where `std` is 0 nothing is uncertain: the improvement is `best - mean` where `mean < best`, and 0 elsewhere.

    Args:
        mean: the predicted means, shape (M,).
        std: their standard deviations, shape (M,), zero or positive.
        best: the lowest value found so far, a Python float.

    Returns:
        The expected improvement at each point, shape (M,), dtype of `mean`. It is never negative and never NaN: where
        rounding makes it negative, it is 0.
    """
    raise NotImplementedError("Task 9.5 expected_improvement: not written yet")

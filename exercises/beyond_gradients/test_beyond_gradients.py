"""Public tests of `beyond_gradients`: small numbers that you can follow with pencil and paper.

Run them with `pytest beyond_gradients`. A solution that passes them is not finished: the grader's hidden checks try
more matrices, populations, points and settings.
"""

import math

import pytest
import torch
from looking import numbers, pure, refuses, same, tensor, wrong

PLANE = torch.tensor([[4.0, 1.0], [1.0, 3.0]], dtype=torch.float64)
POPULATION = torch.tensor([[1.0, 1.5], [2.0, 2.5], [3.0, 3.5], [4.0, 4.5]], dtype=torch.float64)
FITNESS = tensor(0.5, 2.0, -1.0, 3.0)
PEOPLE = "population=[[1, 1.5], [2, 2.5], [3, 3.5], [4, 4.5]], fitness=[0.5, 2, -1, 3]"


# --- 9.1 Newton -------------------------------------------------------------------------------------------------------


@pytest.mark.task("9.1")
def test_newton_solves_two_equations(solution):
    got = solution.newton_step(tensor(3.0, 3.0), tensor(6.0, 7.0), PLANE)
    same(
        "newton_step(param=[3, 3], grad=[6, 7], hessian=[[4, 1], [1, 3]])",
        got,
        tensor(2.0, 1.0),
        "README, section 'Newton's method' and 'Worked by hand'",
    )


@pytest.mark.task("9.1")
def test_newton_lands_on_the_minimum_of_a_quadratic(solution):
    minimum, start = tensor(-1.0, 5.0), tensor(40.0, -20.0)
    got = solution.newton_step(start, PLANE @ (start - minimum), PLANE)
    same(
        "newton_step from [40, -20], on a quadratic with its minimum at [-1, 5]",
        got,
        minimum,
        "README, section 'Newton's method'",
    )


@pytest.mark.task("9.1")
def test_newton_adds_damping_to_the_diagonal(solution):
    got = solution.newton_step(tensor(3.0, 3.0), tensor(6.0, 7.0), PLANE, damping=1.0)
    same(
        "newton_step(param=[3, 3], grad=[6, 7], hessian=[[4, 1], [1, 3]], damping=1)",
        got,
        tensor(3 - 17 / 19, 3 - 29 / 19),
        "README, section 'Newton's method', on damping. Nothing is added off the diagonal",
    )


@pytest.mark.task("9.1")
def test_newton_is_drawn_to_a_saddle(solution):
    saddle = torch.tensor([[2.0, 0.0], [0.0, -1.0]], dtype=torch.float64)
    got = solution.newton_step(tensor(1.0, 1.0), tensor(2.0, -1.0), saddle)
    same(
        "newton_step(param=[1, 1], grad=[2, -1], hessian=[[2, 0], [0, -1]])",
        got,
        tensor(0.0, 0.0),
        "README, section 'Newton's method', 'Where it goes'",
    )


@pytest.mark.task("9.1")
def test_newton_is_pure_and_refuses_a_negative_damping(solution):
    pure(solution.newton_step, tensor(3.0, 3.0), tensor(6.0, 7.0), PLANE.clone(), damping=1.0)
    refuses(solution.newton_step, tensor(3.0, 3.0), tensor(6.0, 7.0), PLANE, damping=-0.1)


# --- 9.2 BFGS ---------------------------------------------------------------------------------------------------------


@pytest.mark.task("9.2")
def test_bfgs_updates_the_identity(solution):
    got = solution.bfgs_update(torch.eye(2, dtype=torch.float64), tensor(1.0, 0.0), tensor(2.0, 1.0))
    same(
        "bfgs_update(inverse_hessian=[[1, 0], [0, 1]], step=[1, 0], grad_change=[2, 1])",
        got,
        torch.tensor([[0.75, -0.5], [-0.5, 1.0]], dtype=torch.float64),
        "README, section 'BFGS' and 'Worked by hand'",
    )


@pytest.mark.task("9.2")
def test_bfgs_satisfies_the_secant_condition(solution):
    estimate = torch.tensor([[2.0, 0.5], [0.5, 1.0]], dtype=torch.float64)
    step, grad_change = tensor(1.0, -2.0), tensor(3.0, 1.0)
    got = solution.bfgs_update(estimate, step, grad_change)
    same(
        "bfgs_update([[2, 0.5], [0.5, 1]], step=[1, -2], grad_change=[3, 1]) times [3, 1]",
        got @ grad_change,
        step,
        "README, section 'BFGS', the secant condition",
    )


@pytest.mark.task("9.2")
def test_bfgs_skips_a_step_without_positive_curvature(solution):
    for grad_change in (tensor(-3.0, 1.0), tensor(0.0, 1.0), tensor(1e-10, 1.0)):
        got = solution.bfgs_update(PLANE.clone(), tensor(1.0, 0.0), grad_change)
        same(
            f"bfgs_update([[4, 1], [1, 3]], step=[1, 0], grad_change={numbers(grad_change)})",
            got,
            PLANE,
            "README, section 'BFGS', the curvature condition",
        )


@pytest.mark.task("9.2")
def test_bfgs_finds_an_inverse_in_two_updates(solution):
    # Two steps s and t with s . (PLANE t) = 0 (conjugate directions): after both, all is known about a quadratic.
    first, second = tensor(1.0, 0.0), tensor(-1.0, 4.0)
    estimate = torch.eye(2, dtype=torch.float64)
    for step in (first, second):
        estimate = solution.bfgs_update(estimate, step, PLANE @ step)
    same(
        "two updates from the identity, on a quadratic with the Hessian [[4, 1], [1, 3]]",
        estimate,
        torch.tensor([[3.0, -1.0], [-1.0, 4.0]], dtype=torch.float64) / 11,
        "README, section 'BFGS'. The old estimate stands between the two factors",
    )


@pytest.mark.task("9.2")
def test_bfgs_is_pure(solution):
    pure(solution.bfgs_update, torch.eye(2, dtype=torch.float64), tensor(1.0, 0.0), tensor(2.0, 1.0))


# --- 9.3 Evolution ----------------------------------------------------------------------------------------------------


@pytest.mark.task("9.3")
def test_evolve_keeps_the_elites_in_front(solution):
    got = solution.evolve(POPULATION, FITNESS, num_elites=2, mutation_std=0.5, seed=1)
    same(
        f"the first two rows of evolve({PEOPLE}, num_elites=2, ...)",
        got[:2],
        torch.tensor([[4.0, 4.5], [2.0, 2.5]], dtype=torch.float64),
        "README, section 'Evolution', elites. Higher fitness is better, the best comes first",
    )


@pytest.mark.task("9.3")
def test_evolve_keeps_the_size_with_no_elites_and_with_elites_only(solution):
    for num_elites in (0, 4):
        got = solution.evolve(POPULATION, FITNESS, num_elites=num_elites, mutation_std=0.5, seed=1)
        if tuple(got.shape) != (4, 2):
            wrong(
                f"evolve(..., num_elites={num_elites}) of 4 individuals with 2 genes",
                f"a tensor of shape {tuple(got.shape)}",
                "a tensor of shape (4, 2)",
                "the docstring. Note that x[-0:] is all of x",
            )


@pytest.mark.task("9.3")
def test_evolve_gives_children_genes_of_two_parents(solution):
    population = torch.arange(6 * 40, dtype=torch.float64).reshape(6, 40)
    got = solution.evolve(population, torch.arange(6.0).double(), num_elites=0, mutation_std=0.0, seed=1)
    for number, child in enumerate(got):
        owners = [
            int((population[:, gene] == value).nonzero()[0])
            for gene, value in enumerate(child)
            if value in population[:, gene]
        ]
        if len(owners) < 40 or len(set(owners)) > 2:
            wrong(
                "evolve(6 individuals with 40 genes, mutation_std=0)",
                f"child {number} has {len(owners)} genes of {len(set(owners))} individuals",
                "40 genes of one or two individuals, each gene from its own column",
                "README, section 'Evolution', crossover",
            )


@pytest.mark.task("9.3")
def test_evolve_prefers_good_parents(solution):
    population = torch.arange(100, dtype=torch.float64).reshape(100, 1)  # the gene of an individual is its fitness
    got = solution.evolve(population, population[:, 0], num_elites=0, mutation_std=0.0, seed=1)
    # By linear ranking the mean is 66, give or take 2.4; without selection it is 49.5.
    if not 56 < got.mean() < 76:
        wrong(
            "evolve(population=[[0], [1], ..., [99]], fitness=[0, 1, ..., 99], mutation_std=0)",
            f"children with a mean gene of {float(got.mean()):.1f}",
            "about 66: rank r is a parent with a probability proportional to P - r",
            "README, section 'Evolution', parents",
        )


@pytest.mark.task("9.3")
def test_evolve_mutates_by_normal_noise(solution):
    population = torch.full((100, 20), 7.0, dtype=torch.float64)
    got = solution.evolve(population, torch.arange(100.0).double(), num_elites=0, mutation_std=0.5, seed=1)
    if not (0.45 < got.std() < 0.55 and abs(got.mean() - 7) < 0.1):
        wrong(
            "evolve(100 individuals whose 20 genes are all 7, mutation_std=0.5)",
            f"genes with mean {float(got.mean()):.3f} and standard deviation {float(got.std()):.3f}",
            "mean about 7 and standard deviation about 0.5",
            "README, section 'Evolution', mutation",
        )


@pytest.mark.task("9.3")
def test_evolve_takes_its_randomness_from_the_seed(solution):
    before = torch.get_rng_state()
    first, again, other = (
        solution.evolve(POPULATION, FITNESS, num_elites=1, mutation_std=0.5, seed=seed) for seed in (1, 1, 2)
    )
    same(f"evolve({PEOPLE}, seed=1), called twice", again, first, "README, section 'Rules', on randomness")
    if torch.equal(first, other):
        wrong("evolve(..., seed=1) and seed=2", "the same generation", "two different ones", "README, section 'Rules'")
    if not torch.equal(before, torch.get_rng_state()):
        wrong(
            "evolve(...)",
            "a call that drew from PyTorch's global generator, or seeded it",
            "a call that leaves it alone",
            "README, section 'Rules', on randomness",
        )


@pytest.mark.task("9.3")
def test_evolve_is_pure_and_refuses_more_elites_than_there_are(solution):
    pure(solution.evolve, POPULATION.clone(), FITNESS.clone(), num_elites=1, mutation_std=0.5, seed=1)
    for invalid in ({"num_elites": 5}, {"num_elites": -1}, {"mutation_std": -0.5}):
        refuses(solution.evolve, POPULATION, FITNESS, **({"num_elites": 1, "mutation_std": 0.5, "seed": 1} | invalid))


# --- 9.4 Gaussian process ---------------------------------------------------------------------------------------------


@pytest.mark.task("9.4")
def test_gp_predicts_from_one_point(solution):
    got = solution.gp_posterior(column(0.0), tensor(2.0), column(0.0, 1.0, 2.0), noise=0.25)
    kernel = tensor(1.0, math.exp(-0.5), math.exp(-2.0))
    same(
        "gp_posterior(x_train=[[0]], y_train=[2], x_query=[[0], [1], [2]], noise=0.25)",
        got,
        {"mean": kernel * 2 / 1.25, "std": (1 - kernel**2 / 1.25).sqrt()},
        "README, section 'A surrogate' and 'Worked by hand'",
    )


@pytest.mark.task("9.4")
def test_gp_measures_distances_in_length_scales(solution):
    got = solution.gp_posterior(column(0.0), tensor(2.0), column(3.0), length_scale=3.0, noise=0.25)
    kernel = tensor(math.exp(-0.5))
    same(
        "gp_posterior(x_train=[[0]], y_train=[2], x_query=[[3]], length_scale=3, noise=0.25)",
        got,
        {"mean": kernel * 2 / 1.25, "std": (1 - kernel**2 / 1.25).sqrt()},
        "README, section 'A surrogate'. The length scale is squared, like the distance",
    )


@pytest.mark.task("9.4")
def test_gp_knows_the_training_points_and_nothing_far_away(solution):
    mean, std = solution.gp_posterior(
        column(0.0, 2.0, 4.0), tensor(1.0, -1.0, 3.0), column(0.0, 2.0, 4.0, 90.0), noise=0.0
    )
    called = "gp_posterior([[0], [2], [4]], [1, -1, 3], x_query=[[0], [2], [4], [90]], noise=0)"
    same(f"{called}, mean", mean, tensor(1.0, -1.0, 3.0, 0.0), "README, section 'A surrogate'")
    same(
        f"{called}, std", std, tensor(0.0, 0.0, 0.0, 1.0), "README, section 'A surrogate'. NaN: clamp first", atol=1e-6
    )


@pytest.mark.task("9.4")
def test_gp_averages_two_measurements_of_a_point(solution):
    got = solution.gp_posterior(column(1.0, 1.0), tensor(3.0, 5.0), column(1.0), noise=0.5)
    same(
        "gp_posterior(x_train=[[1], [1]], y_train=[3, 5], x_query=[[1]], noise=0.5)",
        got,
        {"mean": tensor(8 / 2.5), "std": tensor(math.sqrt(0.5 / 2.5))},
        "README, section 'A surrogate'. Noise stands on the diagonal only",
    )


@pytest.mark.task("9.4")
def test_gp_is_pure_and_refuses_invalid_settings(solution):
    pure(solution.gp_posterior, column(0.0, 1.0), tensor(2.0, 1.0), column(0.5), length_scale=2.0)
    for invalid in ({"length_scale": 0.0}, {"noise": -0.1}):
        refuses(solution.gp_posterior, column(0.0, 1.0), tensor(2.0, 1.0), column(0.5), **invalid)


# --- 9.5 Expected improvement -----------------------------------------------------------------------------------------


@pytest.mark.task("9.5")
def test_ei_at_the_best_value_is_all_exploration(solution):
    got = solution.expected_improvement(tensor(1.0, 1.0), tensor(1.0, 3.0), 1.0)
    same(
        "expected_improvement(mean=[1, 1], std=[1, 3], best=1)",
        got,
        tensor(1.0, 3.0) / math.sqrt(2 * math.pi),
        "README, section 'Expected improvement'. At z = 0 only the second term is left",
    )


@pytest.mark.task("9.5")
def test_ei_prefers_a_lower_mean(solution):
    got = solution.expected_improvement(tensor(0.0, 1.0, 2.0), tensor(1.0, 1.0, 2.0), 1.0)
    same(
        "expected_improvement(mean=[0, 1, 2], std=[1, 1, 2], best=1)",
        got,
        tensor(1.0833154706, 0.3989422804, 0.3955931148),
        "README, section 'Expected improvement'. We minimise",
    )


@pytest.mark.task("9.5")
def test_ei_without_uncertainty(solution):
    got = solution.expected_improvement(tensor(0.5, 1.0, 1.5), tensor(0.0, 0.0, 0.0), 1.0)
    same(
        "expected_improvement(mean=[0.5, 1, 1.5], std=[0, 0, 0], best=1)",
        got,
        tensor(0.5, 0.0, 0.0),
        "README, section 'Expected improvement', where std is 0",
    )


@pytest.mark.task("9.5")
def test_ei_is_never_negative(solution):
    mean = torch.linspace(7.0, 40.0, 100, dtype=torch.float64)
    got = solution.expected_improvement(mean, torch.ones_like(mean), 0.0)
    if not bool((got >= 0).all()):
        wrong(
            "expected_improvement(mean=[7, ..., 40], std=1, best=0)",
            f"a lowest value of {numbers(got.min())}",
            "0 or a tiny positive number everywhere",
            "README, section 'Expected improvement': clamp the result at 0",
        )


@pytest.mark.task("9.5")
def test_ei_is_pure(solution):
    pure(solution.expected_improvement, tensor(0.5, 1.0), tensor(0.0, 1.0), 1.0)


def column(*values):
    """Return points with one feature: shape (N, 1)."""
    return tensor(*values).unsqueeze(1)

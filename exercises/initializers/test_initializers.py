"""Public tests of `initializers`: counts that you can check in your head, and samples large enough to be measured.

Run them with `pytest initializers`. A solution that passes them is not finished: the grader's hidden checks try more
shapes and settings, and look at the distribution more closely.

A measured standard deviation is never exactly the wanted one. With the 80000 weights drawn here it is off by 0.25 %,
give or take; these tests allow 3 %.
"""

import math

import pytest
import torch
from looking import pure, refuses, same, tensor, wrong

WIDE = (400, 200)  # 400 outputs, 200 inputs: a square layer could not show which fan you took
CONVOLUTION = (100, 32, 5, 5)


# --- 4.1 Fans ---------------------------------------------------------------------------------------------------------


@pytest.mark.task("4.1")
def test_fans_of_a_fully_connected_layer(solution):
    got = solution.fan_in_and_fan_out((50, 200))
    same(
        "fan_in_and_fan_out((50, 200))",
        got,
        {"fan_in": 200, "fan_out": 50},
        "README, section 'Fans': the shape is (out, in)",
    )


@pytest.mark.task("4.1")
def test_fans_of_a_convolution(solution):
    got = solution.fan_in_and_fan_out((16, 3, 5, 5))
    same(
        "fan_in_and_fan_out((16, 3, 5, 5))",
        got,
        {"fan_in": 75, "fan_out": 400},
        "README, sections 'Fans' and 'Worked by hand'",
    )


@pytest.mark.task("4.1")
def test_fans_of_a_convolution_in_one_dimension(solution):
    got = solution.fan_in_and_fan_out((8, 2, 7))
    same("fan_in_and_fan_out((8, 2, 7))", got, {"fan_in": 14, "fan_out": 56}, "README, section 'Fans'")


@pytest.mark.task("4.1")
def test_a_bias_has_no_fans(solution):
    refuses(solution.fan_in_and_fan_out, (50,))


# --- 4.2 Random normal ------------------------------------------------------------------------------------------------


@pytest.mark.task("4.2")
def test_random_normal_has_the_spread_asked_for(solution):
    spreads(solution.random_normal, WIDE, 0.01, "README, section 'Random numbers break the symmetry'")
    spreads(solution.random_normal, WIDE, 0.5, "std is the standard deviation, not the variance", std=0.5)


@pytest.mark.task("4.2")
def test_random_normal_has_the_mean_asked_for(solution):
    weight = drawn(solution.random_normal, WIDE, mean=3.0, std=0.5)
    about(
        "random_normal((400, 200), mean=3, std=0.5)", "mean", float(weight.mean()), 3.0, "the mean is not scaled by std"
    )


@pytest.mark.task("4.2")
def test_random_normal_draws_any_shape(solution):
    for shape in ((), (5,), (2, 3, 4)):
        drawn(solution.random_normal, shape)


@pytest.mark.task("4.2")
def test_random_normal_follows_its_seed(solution):
    seeds(solution.random_normal)


@pytest.mark.task("4.2")
def test_random_normal_refuses_a_negative_std(solution):
    refuses(solution.random_normal, (4, 3), std=-1.0, seed=1)


# --- 4.3 Xavier uniform -----------------------------------------------------------------------------------------------


@pytest.mark.task("4.3")
def test_xavier_uniform_fills_its_bounds(solution):
    bounds(solution.xavier_uniform, WIDE, 0.1, "README, section 'Xavier': sqrt(6 / (fan_in + fan_out)) is 0.1 here")


@pytest.mark.task("4.3")
def test_xavier_uniform_counts_the_kernel(solution):
    bounds(solution.xavier_uniform, CONVOLUTION, math.sqrt(6 / 3300), "README, section 'Fans': 5 * 5 * (32 + 100)")


@pytest.mark.task("4.3")
def test_xavier_uniform_multiplies_by_the_gain(solution):
    bounds(solution.xavier_uniform, WIDE, 0.2, "README, section 'Gain': the gain is a factor of the bound", gain=2.0)


@pytest.mark.task("4.3")
def test_xavier_uniform_follows_its_seed(solution):
    seeds(solution.xavier_uniform)


@pytest.mark.task("4.3")
def test_xavier_uniform_refuses_what_makes_no_sense(solution):
    refuses(solution.xavier_uniform, (4, 3), gain=-1.0, seed=1)
    refuses(solution.xavier_uniform, (7,), seed=1)


# --- 4.4 Xavier normal ------------------------------------------------------------------------------------------------


@pytest.mark.task("4.4")
def test_xavier_normal_has_xaviers_spread(solution):
    look = "README, section 'Xavier': sqrt(2 / (fan_in + fan_out))"
    spreads(solution.xavier_normal, WIDE, math.sqrt(2 / 600), look)
    spreads(solution.xavier_normal, CONVOLUTION, math.sqrt(2 / 3300), look)


@pytest.mark.task("4.4")
def test_xavier_normal_multiplies_by_the_gain(solution):
    look = "README, section 'Gain': the gain is a factor of the standard deviation"
    spreads(solution.xavier_normal, WIDE, 3 * math.sqrt(2 / 600), look, gain=3.0)


@pytest.mark.task("4.4")
def test_xavier_normal_is_normal(solution):
    is_normal(solution.xavier_normal)


@pytest.mark.task("4.4")
def test_xavier_normal_follows_its_seed(solution):
    seeds(solution.xavier_normal)


@pytest.mark.task("4.4")
def test_xavier_normal_refuses_what_makes_no_sense(solution):
    refuses(solution.xavier_normal, (4, 3), gain=-1.0, seed=1)
    refuses(solution.xavier_normal, (7,), seed=1)


# --- 4.5 He uniform ---------------------------------------------------------------------------------------------------


@pytest.mark.task("4.5")
def test_he_uniform_fills_its_bounds(solution):
    bounds(solution.he_uniform, WIDE, math.sqrt(6 / 200), "README, section 'He': sqrt(6 / fan_in)")


@pytest.mark.task("4.5")
def test_he_uniform_counts_the_kernel(solution):
    bounds(solution.he_uniform, CONVOLUTION, math.sqrt(6 / 800), "README, section 'Fans': fan_in is 32 * 5 * 5")


@pytest.mark.task("4.5")
def test_he_uniform_can_count_the_outputs(solution):
    look = "README, section 'He': with mode='fan_out' it is sqrt(6 / fan_out)"
    bounds(solution.he_uniform, WIDE, math.sqrt(6 / 400), look, mode="fan_out")


@pytest.mark.task("4.5")
def test_he_uniform_follows_its_seed(solution):
    seeds(solution.he_uniform)


@pytest.mark.task("4.5")
def test_he_uniform_refuses_what_makes_no_sense(solution):
    refuses(solution.he_uniform, (4, 3), mode="fan_of_mine", seed=1)
    refuses(solution.he_uniform, (7,), seed=1)


# --- 4.6 He normal ----------------------------------------------------------------------------------------------------


@pytest.mark.task("4.6")
def test_he_normal_has_hes_spread(solution):
    look = "README, section 'He': sqrt(2 / fan_in)"
    spreads(solution.he_normal, WIDE, 0.1, look)
    spreads(solution.he_normal, CONVOLUTION, 0.05, look)


@pytest.mark.task("4.6")
def test_he_normal_can_count_the_outputs(solution):
    look = "README, section 'He': with mode='fan_out' it is sqrt(2 / fan_out)"
    spreads(solution.he_normal, WIDE, math.sqrt(2 / 400), look, mode="fan_out")


@pytest.mark.task("4.6")
def test_he_normal_keeps_a_signal_alive_through_twenty_layers(solution):
    signal = torch.randn(64, 128, generator=torch.Generator().manual_seed(0))
    for layer in range(20):
        weight = drawn(solution.he_normal, (128, 128), seed=layer + 1)
        signal = torch.relu(signal @ weight.t())
    size = float(signal.square().mean().sqrt())
    if not 0.2 < size < 5:
        wrong(
            "20 layers of 128 units with weights of he_normal and ReLU, inputs of size 1",
            f"activations of size {size:.3g} after the last layer",
            "a size near 1, between 0.2 and 5",
            "README, section 'How a signal grows or shrinks'",
        )


@pytest.mark.task("4.6")
def test_he_normal_is_normal(solution):
    is_normal(solution.he_normal)


@pytest.mark.task("4.6")
def test_he_normal_follows_its_seed(solution):
    seeds(solution.he_normal)


@pytest.mark.task("4.6")
def test_he_normal_refuses_what_makes_no_sense(solution):
    refuses(solution.he_normal, (4, 3), mode="fan_of_mine", seed=1)
    refuses(solution.he_normal, (7,), seed=1)


# --- 4.7 Standardise --------------------------------------------------------------------------------------------------


@pytest.mark.task("4.7")
def test_standardize_treats_each_column_by_itself(solution):
    x = torch.stack([tensor(1, 3, 5, 7), tensor(100, 100, 300, 300)], dim=1)
    root = math.sqrt(5)
    scaled = torch.stack([tensor(-3, -1, 1, 3) / root, tensor(-1, -1, 1, 1)], dim=1)
    same(
        "standardize(x) with the columns [1, 3, 5, 7] and [100, 100, 300, 300]",
        solution.standardize(x),
        {"x_standardized": scaled, "mean": tensor(4, 200), "std": tensor(root, 100)},
        "README, sections 'Standardise the inputs' and 'Worked by hand'",
    )


@pytest.mark.task("4.7")
def test_standardize_makes_zeros_of_a_constant_feature(solution):
    x = torch.stack([tensor(1, 2, 3), tensor(4, 4, 4)], dim=1)
    same(
        "standardize(x) with the columns [1, 2, 3] and [4, 4, 4]",
        solution.standardize(x),
        {
            "x_standardized": torch.stack([tensor(-1, 0, 1) * math.sqrt(1.5), tensor(0, 0, 0)], dim=1),
            "mean": tensor(2, 4),
            "std": tensor(math.sqrt(2 / 3), 0),
        },
        "README, section 'Standardise the inputs', the paragraph on constant features",
    )


@pytest.mark.task("4.7")
def test_standardize_makes_zeros_of_three_times_a_tenth(solution):
    x = tensor(0.1, 0.1, 0.1).reshape(3, 1)
    same(
        "standardize(x) with the column [0.1, 0.1, 0.1]",
        solution.standardize(x),
        {"x_standardized": torch.zeros(3, 1, dtype=torch.float64), "mean": tensor(0.1), "std": tensor(0)},
        "README, section 'Standardise the inputs': rounding must not make it look like a feature that varies",
    )


@pytest.mark.task("4.7")
def test_standardize_takes_every_place_for_a_feature(solution):
    x = tensor(1, 10, 2, 20, 3, 60, 4, 20).reshape(2, 2, 2)
    same(
        "standardize(x) with the samples [[1, 10], [2, 20]] and [[3, 60], [4, 20]]",
        solution.standardize(x),
        {
            "x_standardized": tensor(-1, -1, -1, 0, 1, 1, 1, 0).reshape(2, 2, 2),
            "mean": tensor(2, 35, 3, 20).reshape(2, 2),
            "std": tensor(1, 25, 1, 0).reshape(2, 2),
        },
        "the function's docstring: mean and std have the shape of one sample",
    )


@pytest.mark.task("4.7")
def test_standardize_leaves_its_argument_alone(solution):
    pure(solution.standardize, torch.stack([tensor(1, 3, 5, 7), tensor(100, 100, 300, 300)], dim=1))


# --- How the tests look at a weight -----------------------------------------------------------------------------------


def drawn(function, shape, *, seed=7, **settings):
    """Draw a weight and see that it has the form that it should have."""
    weight = function(shape, seed=seed, **settings)
    if not isinstance(weight, torch.Tensor) or weight.shape != shape or weight.dtype != torch.float32:
        found = f"{weight.dtype}, shape {tuple(weight.shape)}" if isinstance(weight, torch.Tensor) else repr(weight)
        wrong(called(function, shape, settings), found, f"torch.float32, shape {shape}", "the docstring of the stub")
    return weight.detach()


def spreads(function, shape, std, look, /, **settings):
    """See that a weight has this standard deviation, and a mean near zero."""
    weight = drawn(function, shape, **settings)
    about(called(function, shape, settings), "standard deviation", float(weight.std()), std, look)
    if not abs(float(weight.mean())) < 0.03 * std:
        wrong(called(function, shape, settings), f"mean {float(weight.mean()):.4g}", "a mean near 0", look)


def bounds(function, shape, bound, look, /, **settings):
    """See that a weight keeps within [-bound, bound] and fills it evenly."""
    weight = drawn(function, shape, **settings)
    told = called(function, shape, settings)
    about(told, "least value", float(weight.min()), -bound, look)
    about(told, "largest value", float(weight.max()), bound, look)
    about(told, "share of values below half the bound", float((weight < bound / 2).float().mean()), 0.75, look)


def is_normal(function):
    """See that two thirds of the weights lie within one standard deviation, and a few beyond three."""
    weight = drawn(function, WIDE)
    sizes = (weight / weight.std()).abs()
    look = "torch.randn and normal_ draw normal numbers; nothing is cut off"
    about(called(function, WIDE, {}), "share of weights within one std", float((sizes < 1).float().mean()), 0.683, look)
    if not float((sizes > 3).float().mean()) > 0.001:
        wrong(called(function, WIDE, {}), "hardly a weight beyond 3 std", "about 27 in 10000", look)


def seeds(function):
    """See that the seed alone decides what is drawn."""
    before = torch.get_rng_state()
    first = drawn(function, (4, 3), seed=1)
    if not torch.equal(before, torch.get_rng_state()):
        look = "hand generator=... to whatever draws, and do not call torch.manual_seed"
        wrong(called(function, (4, 3), {}), "PyTorch's global generator changed", "a generator of your own", look)
    other = drawn(function, (4, 3), seed=2)
    if torch.equal(first, other):
        wrong(
            called(function, (4, 3), {}), "the same for seed=1 and seed=2", "different weights", "does the seed arrive?"
        )
    if not torch.equal(first, drawn(function, (4, 3), seed=1)):
        look = "make a new generator in each call: torch.Generator().manual_seed(seed)"
        wrong(called(function, (4, 3), {}), "another result for seed=1 the second time", "the same weights", look)


def about(told, what, got, expected, look):
    """See that a measured number is within 3 % of the expected one."""
    if not abs(got - expected) <= 0.03 * abs(expected):
        wrong(told, f"{what} {got:.4g}", f"{what} near {expected:.4g}", look)


def called(function, shape, settings):
    told = "".join(f", {name}={value!r}" for name, value in settings.items())
    return f"{function.__name__}({shape}{told}, seed=...)"

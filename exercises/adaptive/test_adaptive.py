"""Public tests of `adaptive`: small numbers that you can follow with pencil and paper, then PyTorch itself.

Run them with `pytest adaptive`. A solution that passes them is not finished: the grader's hidden checks try more
settings, shapes and sizes.
"""

import pytest
import torch
from looking import describe, pure, refuses, same, tensor, wrong

ZERO, ONE = tensor(0.0, 0.0), tensor(1.0, 1.0)


# --- 3.1 Adagrad ------------------------------------------------------------------------------------------------------


@pytest.mark.task("3.1")
def test_adagrad_takes_a_first_step_of_the_size_of_lr(solution):
    got = solution.adagrad_step(tensor(1.0, -2.0), tensor(0.5, -4.0), ZERO, lr=0.1)
    same(
        "adagrad_step(param=[1, -2], grad=[0.5, -4], sum_sq=[0, 0], lr=0.1)",
        got,
        {"param": tensor(0.9, -1.9), "sum_sq": tensor(0.25, 16.0)},
        "README, section 'Adagrad'",
    )


@pytest.mark.task("3.1")
def test_adagrad_adds_to_the_sum(solution):
    got = solution.adagrad_step(tensor(1.0, 1.0), tensor(3.0, -3.0), tensor(16.0, 16.0), lr=1.0)
    same(
        "adagrad_step(param=[1, 1], grad=[3, -3], sum_sq=[16, 16], lr=1)",
        got,
        {"param": tensor(0.4, 1.6), "sum_sq": tensor(25.0, 25.0)},
        "README, section 'Adagrad'",
    )


@pytest.mark.task("3.1")
def test_adagrad_decay_is_part_of_the_gradient(solution):
    got = solution.adagrad_step(tensor(2.0, -2.0), tensor(2.0, 4.0), ZERO, lr=0.5, weight_decay=0.5)
    same(
        "adagrad_step(param=[2, -2], grad=[2, 4], sum_sq=[0, 0], lr=0.5, weight_decay=0.5)",
        got,
        {"param": tensor(1.5, -2.5), "sum_sq": tensor(9.0, 9.0)},
        "README, section 'Conventions'",
    )


@pytest.mark.task("3.1")
def test_adagrad_is_pure_and_refuses_a_negative_lr(solution):
    pure(solution.adagrad_step, ONE, ONE, ONE, weight_decay=0.1)
    refuses(solution.adagrad_step, ZERO, ZERO, ZERO, lr=-0.1)


@pytest.mark.task("3.1")
def test_adagrad_walks_with_pytorch(solution):
    walk(solution.adagrad_step, torch.optim.Adagrad, ["sum_sq"])


# --- 3.2 RMSProp ------------------------------------------------------------------------------------------------------


@pytest.mark.task("3.2")
def test_rmsprop_starts_from_an_empty_average(solution):
    got = solution.rmsprop_step(tensor(1.0, -2.0), tensor(0.5, -4.0), ZERO, lr=0.1, alpha=0.75)
    same(
        "rmsprop_step(param=[1, -2], grad=[0.5, -4], square_avg=[0, 0], lr=0.1, alpha=0.75)",
        got,
        {"param": tensor(0.8, -1.8), "square_avg": tensor(0.0625, 4.0)},
        "README, section 'RMSProp'",
    )


@pytest.mark.task("3.2")
def test_rmsprop_forgets(solution):
    got = solution.rmsprop_step(tensor(1.0, 1.0), tensor(0.0, 2.0), tensor(16.0, 0.0), lr=1.0, alpha=0.25)
    same(
        "rmsprop_step(param=[1, 1], grad=[0, 2], square_avg=[16, 0], lr=1, alpha=0.25)",
        got,
        {"param": tensor(1.0, 1 - 2 / 3**0.5), "square_avg": tensor(4.0, 3.0)},
        "README, section 'RMSProp'",
    )


@pytest.mark.task("3.2")
def test_rmsprop_is_pure_and_refuses_an_alpha_above_one(solution):
    pure(solution.rmsprop_step, ONE, ONE, ONE, weight_decay=0.1)
    refuses(solution.rmsprop_step, ZERO, ZERO, ZERO, alpha=1.5)


@pytest.mark.task("3.2")
def test_rmsprop_walks_with_pytorch(solution):
    walk(solution.rmsprop_step, torch.optim.RMSprop, ["square_avg"])


# --- 3.3 Adam ---------------------------------------------------------------------------------------------------------


@pytest.mark.task("3.3")
def test_adam_takes_a_first_step_of_the_size_of_lr(solution):
    got = solution.adam_step(tensor(1.0, -2.0), tensor(0.5, -4.0), ZERO, ZERO, 1, lr=0.1)
    same(
        "adam_step(param=[1, -2], grad=[0.5, -4], exp_avg=[0, 0], exp_avg_sq=[0, 0], step=1, lr=0.1)",
        got,
        {"param": tensor(0.9, -1.9), "exp_avg": tensor(0.05, -0.4), "exp_avg_sq": tensor(0.00025, 0.016)},
        "README, sections 'Adam' and 'Worked by hand'",
    )


@pytest.mark.task("3.3")
def test_adam_corrects_both_moments_at_step_2(solution):
    got = solution.adam_step(
        tensor(0.0, 0.0), tensor(1.0, -1.0), tensor(0.5, 0.5), tensor(0.75, 0.75), 2, lr=1.0, betas=(0.5, 0.5)
    )
    same(
        "adam_step(param=[0, 0], grad=[1, -1], exp_avg=[0.5, 0.5], exp_avg_sq=[0.75, 0.75], step=2, lr=1, "
        "betas=(0.5, 0.5))",
        got,
        {
            "param": tensor(-1 / (0.875 / 0.75) ** 0.5, 0.25 / 0.75 / (0.875 / 0.75) ** 0.5),
            "exp_avg": tensor(0.75, -0.25),
            "exp_avg_sq": tensor(0.875, 0.875),
        },
        "README, section 'Adam', the paragraph on bias correction",
    )


@pytest.mark.task("3.3")
def test_adam_decay_is_part_of_the_gradient(solution):
    got = solution.adam_step(tensor(2.0, -2.0), ZERO, ZERO, ZERO, 1, lr=0.1, weight_decay=0.5)
    same(
        "adam_step(param=[2, -2], grad=[0, 0], exp_avg=[0, 0], exp_avg_sq=[0, 0], step=1, lr=0.1, weight_decay=0.5)",
        got,
        {"param": tensor(1.9, -1.9), "exp_avg": tensor(0.1, -0.1), "exp_avg_sq": tensor(0.001, 0.001)},
        "README, section 'Conventions'",
    )


@pytest.mark.task("3.3")
def test_adam_is_pure_and_refuses_a_beta_of_one(solution):
    pure(solution.adam_step, ONE, ONE, ONE, ONE, 1, weight_decay=0.1)
    refuses(solution.adam_step, ZERO, ZERO, ZERO, ZERO, 1, betas=(1.0, 0.999))


@pytest.mark.task("3.3")
def test_adam_walks_with_pytorch(solution):
    walk(solution.adam_step, torch.optim.Adam, ["exp_avg", "exp_avg_sq"])


# --- 3.4 AdamW --------------------------------------------------------------------------------------------------------


@pytest.mark.task("3.4")
def test_adamw_shrinks_the_parameter_when_the_gradient_is_zero(solution):
    got = solution.adamw_step(tensor(2.0, -2.0), ZERO, ZERO, ZERO, 1, lr=0.1, weight_decay=0.5)
    same(
        "adamw_step(param=[2, -2], grad=[0, 0], exp_avg=[0, 0], exp_avg_sq=[0, 0], step=1, lr=0.1, weight_decay=0.5)",
        got,
        {"param": tensor(1.9, -1.9), "exp_avg": ZERO, "exp_avg_sq": ZERO},
        "README, section 'AdamW'",
    )


@pytest.mark.task("3.4")
def test_adamw_decays_and_steps(solution):
    got = solution.adamw_step(tensor(1.0, -2.0), tensor(0.5, -4.0), ZERO, ZERO, 1, lr=0.1, weight_decay=0.5)
    same(
        "adamw_step(param=[1, -2], grad=[0.5, -4], exp_avg=[0, 0], exp_avg_sq=[0, 0], step=1, lr=0.1, "
        "weight_decay=0.5)",
        got,
        {"param": tensor(0.85, -1.8), "exp_avg": tensor(0.05, -0.4), "exp_avg_sq": tensor(0.00025, 0.016)},
        "README, section 'AdamW'",
    )


@pytest.mark.task("3.4")
def test_adamw_is_pure_and_refuses_step_zero(solution):
    pure(solution.adamw_step, ONE, ONE, ONE, ONE, 1, weight_decay=0.1)
    refuses(solution.adamw_step, ZERO, ZERO, ZERO, ZERO, 0)


@pytest.mark.task("3.4")
def test_adamw_walks_with_pytorch(solution):
    walk(solution.adamw_step, torch.optim.AdamW, ["exp_avg", "exp_avg_sq"])


# --- Beside PyTorch ---------------------------------------------------------------------------------------------------


def walk(function, optimizer, state):
    """Take five steps with default settings beside PyTorch's own optimizer."""
    param = torch.linspace(-1, 1, 6, dtype=torch.float64).reshape(2, 3)
    twin = param.clone().requires_grad_()
    steps = optimizer([twin])
    values = [param, *(torch.zeros_like(param) for _ in state)]
    for step in range(1, 6):
        grad = torch.sin(values[0] * 3 + step)
        number = [step] if len(state) == 2 else []
        got = function(values[0], grad, *values[1:], *number)
        twin.grad = grad
        steps.step()
        called = f"{function.__name__} with default settings, step {step} of 5"
        if not isinstance(got, (tuple, list)) or len(got) != len(values):
            wrong(called, describe(got), f"{len(values)} values: param, {', '.join(state)}", "the docstring, Returns")
        same(
            f"{called}, beside {optimizer.__name__}",
            got[0],
            twin.detach(),
            "README, section 'Worked by hand'. The first step to go wrong tells most",
            rtol=1e-9,
        )
        values = list(got)

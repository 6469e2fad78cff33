"""Public tests of `momentum`: small numbers that you can follow with pencil and paper, then PyTorch itself.

Run them with `pytest momentum`. A solution that passes them is not finished: the grader's hidden checks try more
settings, shapes and sizes.
"""

import pytest
import torch
from looking import pure, refuses, same, tensor

ZERO = tensor(0.0, 0.0)


# --- 2.1 SGD ----------------------------------------------------------------------------------------------------------


@pytest.mark.task("2.1")
def test_sgd_walks_down_the_gradient(solution):
    got = solution.sgd_step(tensor(1.0, -2.0), tensor(0.5, -4.0), lr=0.1)
    same(
        "sgd_step(param=[1, -2], grad=[0.5, -4], lr=0.1)",
        got,
        tensor(0.95, -1.6),
        "README, section 'Gradient descent'",
    )


@pytest.mark.task("2.1")
def test_sgd_decay_is_part_of_the_gradient(solution):
    got = solution.sgd_step(tensor(2.0, -2.0), tensor(1.0, 1.0), lr=0.1, weight_decay=0.5)
    same(
        "sgd_step(param=[2, -2], grad=[1, 1], lr=0.1, weight_decay=0.5)",
        got,
        tensor(1.8, -2.0),
        "README, section 'Weight decay'. Here the gradient and the decay cancel for -2",
    )


@pytest.mark.task("2.1")
def test_sgd_decay_acts_where_the_loss_is_flat(solution):
    got = solution.sgd_step(tensor(2.0, -2.0), ZERO, lr=0.1, weight_decay=0.5)
    same(
        "sgd_step(param=[2, -2], grad=[0, 0], lr=0.1, weight_decay=0.5)",
        got,
        tensor(1.9, -1.9),
        "README, section 'Worked by hand', the second table",
    )


@pytest.mark.task("2.1")
def test_sgd_is_pure_and_refuses_a_negative_lr(solution):
    pure(solution.sgd_step, tensor(1.0, 2.0), tensor(0.5, -4.0), lr=0.1, weight_decay=0.1)
    refuses(solution.sgd_step, ZERO, ZERO, lr=-0.1)


@pytest.mark.task("2.1")
def test_sgd_walks_with_pytorch(solution):
    walk(solution.sgd_step, momentum=0.0)


# --- 2.2 Momentum -----------------------------------------------------------------------------------------------------


@pytest.mark.task("2.2")
def test_momentum_starts_like_sgd(solution):
    got = solution.momentum_step(tensor(1.0, -2.0), tensor(0.5, -4.0), ZERO, lr=0.1)
    same(
        "momentum_step(param=[1, -2], grad=[0.5, -4], velocity=[0, 0], lr=0.1)",
        got,
        {"param": tensor(0.95, -1.6), "velocity": tensor(0.5, -4.0)},
        "README, section 'Momentum'. The gradient enters the velocity whole",
    )


@pytest.mark.task("2.2")
def test_momentum_remembers(solution):
    got = solution.momentum_step(tensor(1.0, 1.0), tensor(1.0, -1.0), tensor(4.0, 4.0), lr=0.1, momentum=0.5)
    same(
        "momentum_step(param=[1, 1], grad=[1, -1], velocity=[4, 4], lr=0.1, momentum=0.5)",
        got,
        {"param": tensor(0.7, 0.9), "velocity": tensor(3.0, 1.0)},
        "README, section 'Momentum': half of the old velocity, plus the gradient",
    )


@pytest.mark.task("2.2")
def test_momentum_glides_over_flat_ground(solution):
    got = solution.momentum_step(tensor(1.0, 1.0), ZERO, tensor(2.0, -4.0), lr=0.1, momentum=0.5)
    same(
        "momentum_step(param=[1, 1], grad=[0, 0], velocity=[2, -4], lr=0.1, momentum=0.5)",
        got,
        {"param": tensor(0.9, 1.2), "velocity": tensor(1.0, -2.0)},
        "README, section 'Momentum', the part on plateaus and saddle points",
    )


@pytest.mark.task("2.2")
def test_momentum_decay_enters_the_velocity(solution):
    got = solution.momentum_step(tensor(2.0, -2.0), ZERO, ZERO, lr=0.1, weight_decay=0.5)
    same(
        "momentum_step(param=[2, -2], grad=[0, 0], velocity=[0, 0], lr=0.1, weight_decay=0.5)",
        got,
        {"param": tensor(1.9, -1.9), "velocity": tensor(1.0, -1.0)},
        "README, section 'Weight decay'",
    )


@pytest.mark.task("2.2")
def test_momentum_is_pure_and_refuses_a_negative_momentum(solution):
    pure(solution.momentum_step, tensor(1.0, 2.0), tensor(0.5, -4.0), tensor(1.0, 1.0), lr=0.1, weight_decay=0.1)
    refuses(solution.momentum_step, ZERO, ZERO, ZERO, lr=0.1, momentum=-0.5)


@pytest.mark.task("2.2")
def test_momentum_walks_with_pytorch(solution):
    walk(solution.momentum_step, momentum=0.9)


# --- 2.3 Nesterov -----------------------------------------------------------------------------------------------------


@pytest.mark.task("2.3")
def test_nesterov_looks_ahead_at_the_first_step(solution):
    got = solution.nesterov_step(tensor(1.0, -2.0), tensor(0.5, -4.0), ZERO, lr=0.1, momentum=0.5)
    same(
        "nesterov_step(param=[1, -2], grad=[0.5, -4], velocity=[0, 0], lr=0.1, momentum=0.5)",
        got,
        {"param": tensor(0.925, -1.4), "velocity": tensor(0.5, -4.0)},
        "README, section 'Nesterov'. The first step is 1 + momentum times as long as one of SGD",
    )


@pytest.mark.task("2.3")
def test_nesterov_looks_ahead_with_the_new_velocity(solution):
    got = solution.nesterov_step(tensor(1.0, 1.0), tensor(1.0, -1.0), tensor(4.0, 4.0), lr=0.1, momentum=0.5)
    same(
        "nesterov_step(param=[1, 1], grad=[1, -1], velocity=[4, 4], lr=0.1, momentum=0.5)",
        got,
        {"param": tensor(0.75, 1.05), "velocity": tensor(3.0, 1.0)},
        "README, section 'Nesterov'. The velocity is that of momentum_step, the direction is g + momentum * velocity",
    )


@pytest.mark.task("2.3")
def test_nesterov_decay_is_part_of_both_gradients(solution):
    got = solution.nesterov_step(tensor(2.0, -2.0), ZERO, ZERO, lr=0.1, momentum=0.5, weight_decay=0.5)
    same(
        "nesterov_step(param=[2, -2], grad=[0, 0], velocity=[0, 0], lr=0.1, momentum=0.5, weight_decay=0.5)",
        got,
        {"param": tensor(1.85, -1.85), "velocity": tensor(1.0, -1.0)},
        "README, section 'Weight decay': g means the gradient with its decay, in both lines",
    )


@pytest.mark.task("2.3")
def test_nesterov_is_pure_and_refuses_a_negative_weight_decay(solution):
    pure(solution.nesterov_step, tensor(1.0, 2.0), tensor(0.5, -4.0), tensor(1.0, 1.0), lr=0.1, weight_decay=0.1)
    refuses(solution.nesterov_step, ZERO, ZERO, ZERO, lr=0.1, weight_decay=-0.1)


@pytest.mark.task("2.3")
def test_nesterov_walks_with_pytorch(solution):
    walk(solution.nesterov_step, momentum=0.9, nesterov=True)


# --- How the tests walk beside PyTorch --------------------------------------------------------------------------------


def walk(function, *, momentum, **kind):
    """Take five steps with the default settings beside torch.optim.SGD."""
    param = torch.linspace(-1, 1, 6, dtype=torch.float64).reshape(2, 3)
    twin = param.clone().requires_grad_()
    optimizer = torch.optim.SGD([twin], lr=0.1, momentum=momentum, **kind)
    values = [param, torch.zeros_like(param)] if momentum else [param]
    for step in range(1, 6):
        grad = torch.sin(values[0] * 3 + step)
        got = function(values[0], grad, *values[1:], lr=0.1)
        twin.grad = grad
        optimizer.step()
        expected = twin.detach()
        if momentum:
            expected = {"param": expected, "velocity": optimizer.state[twin]["momentum_buffer"]}
        called = f"{function.__name__}(..., lr=0.1), step {step} of 5 beside torch.optim.SGD"
        same(called, got, expected, "README, section 'Worked by hand'. The first step to go wrong tells most")
        values = list(got) if momentum else [got]

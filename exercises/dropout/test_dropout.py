"""Public tests of `dropout`: small numbers that you can follow with pencil and paper, then a large mask to count.

Run them with `pytest dropout`. Which elements your seed drops is your own affair: the tests read your mask and look
whether the output follows it. A solution that passes them is not finished: the grader's hidden checks try more rates,
shapes and sizes, and look for patterns in your masks.
"""

import pytest
import torch
from looking import describe, numbers, pure, refuses, same, tensor, wrong

X = tensor(1.0, -2.0, 3.0, -4.0, 5.0, -6.0, 7.0, -8.0)
MASK = torch.tensor([True, False, True, False])
KEPT = torch.tensor([True, True, True, True])


# --- 6.1 Forward ------------------------------------------------------------------------------------------------------


@pytest.mark.task("6.1")
@pytest.mark.parametrize("p", [0.2, 0.75])
def test_forward_divides_what_it_keeps_by_the_probability_of_keeping(solution, p):
    called = f"dropout_forward(x={numbers(X)}, p={p}, training=True, seed=0)"
    out, mask = two(called, solution.dropout_forward(X, p, training=True, seed=0))
    look = "README, sections 'Inverted dropout' and 'Worked by hand'"
    followed = torch.where(mask, X / (1 - p), 0.0)
    same(f"{called}, which returned mask = {numbers(mask)}", [out, mask], {"out": followed, "mask": mask}, look)


@pytest.mark.task("6.1")
@pytest.mark.parametrize("p", [0.2, 0.7])
def test_forward_drops_with_probability_p(solution, p):
    called = f"dropout_forward(ones of shape (100, 100), p={p}, training=True, seed=0)"
    out, mask = two(called, solution.dropout_forward(torch.ones(100, 100), p, training=True, seed=0))
    look = "README, section 'Conventions': p is the probability of dropping"
    for name, kept in (("mask, True", mask.float().mean().item()), ("out, not zero", (out != 0).float().mean().item())):
        if not abs(kept - (1 - p)) < 0.03:  # six standard deviations of 10000 coins
            wrong(called, f"{name} at {kept:.1%} of the elements", f"about {1 - p:.0%}", look)
    if (mask == mask[0]).all() or (mask == mask[:, :1]).all():
        wrong(
            called, "a mask whose rows or columns share one fate", "a coin for each element", "README, section 'Seeds'"
        )


@pytest.mark.task("6.1")
def test_forward_does_nothing_in_evaluation(solution):
    for p in (0.3, 1.0):
        got = solution.dropout_forward(X, p, training=False, seed=0)
        same(
            f"dropout_forward(x={numbers(X)}, p={p}, training=False, seed=0)",
            got,
            {"out": X, "mask": torch.ones(8, dtype=torch.bool)},
            "README, section 'Evaluation mode'",
        )


@pytest.mark.task("6.1")
def test_forward_follows_its_seed_and_nothing_else(solution):
    look = "README, section 'Seeds'"
    before = torch.get_rng_state()
    called = "dropout_forward(ones of shape (10, 10), p=0.5, training=True, seed=1)"
    first, again, other = (
        two(called, solution.dropout_forward(torch.ones(10, 10), 0.5, training=True, seed=seed))[1]
        for seed in (1, 1, 2)
    )
    if not torch.equal(first, again):
        wrong(f"{called}, twice", "two different masks", "the same mask", look)
    if torch.equal(first, other):
        wrong(f"{called}, then with seed=2", "the same mask", "two different masks", look)
    if not torch.equal(before, torch.get_rng_state()):
        wrong(called, "a change of PyTorch's global random generator", "a generator of the call's own", look)


@pytest.mark.task("6.1")
def test_forward_takes_both_ends_of_p(solution):
    for p, out, mask in ((0.0, X, X != 0), (1.0, 0 * X, X == 0)):
        same(
            f"dropout_forward(x={numbers(X)}, p={p}, training=True, seed=0)",
            solution.dropout_forward(X, p, training=True, seed=0),
            {"out": out, "mask": mask},
            "README, section 'Inverted dropout', its last paragraph",
        )


@pytest.mark.task("6.1")
def test_forward_is_pure_and_refuses_a_p_above_one(solution):
    pure(solution.dropout_forward, X, 0.4, training=True, seed=0)
    refuses(solution.dropout_forward, X, 1.5, training=True, seed=0)


# --- 6.2 Backward -----------------------------------------------------------------------------------------------------


@pytest.mark.task("6.2")
@pytest.mark.parametrize(("p", "expected"), [(0.2, (1.25, 0.0, 3.75, 0.0)), (0.75, (4.0, 0.0, 12.0, 0.0))])
def test_backward_has_the_mask_and_the_scale_of_the_forward_pass(solution, p, expected):
    same(
        f"dropout_backward(grad_out=[1, 2, 3, 4], mask={numbers(MASK)}, p={p}, training=True)",
        solution.dropout_backward(tensor(1.0, 2.0, 3.0, 4.0), MASK, p, training=True),
        tensor(*expected),
        "README, section 'Backward'",
    )


@pytest.mark.task("6.2")
def test_backward_passes_the_gradient_through_in_evaluation(solution):
    for p in (0.3, 1.0):
        same(
            f"dropout_backward(grad_out=[1, 2, 3, 4], mask={numbers(KEPT)}, p={p}, training=False)",
            solution.dropout_backward(tensor(1.0, 2.0, 3.0, 4.0), KEPT, p, training=False),
            tensor(1.0, 2.0, 3.0, 4.0),
            "README, section 'Evaluation mode'",
        )


@pytest.mark.task("6.2")
def test_backward_gives_zeros_when_all_was_dropped(solution):
    same(
        f"dropout_backward(grad_out=[1, 2, 3, 4], mask={numbers(~KEPT)}, p=1, training=True)",
        solution.dropout_backward(tensor(1.0, 2.0, 3.0, 4.0), ~KEPT, 1.0, training=True),
        tensor(0.0, 0.0, 0.0, 0.0),
        "README, section 'Inverted dropout', its last paragraph",
    )


@pytest.mark.task("6.2")
def test_backward_is_pure_and_refuses_a_negative_p(solution):
    pure(solution.dropout_backward, tensor(1.0, 2.0, 3.0, 4.0), MASK, 0.4, training=True)
    refuses(solution.dropout_backward, tensor(1.0, 2.0, 3.0, 4.0), MASK, -0.1, training=True)


@pytest.mark.task("6.2")
def test_backward_is_the_slope_of_pytorchs_dropout(solution):
    torch.manual_seed(6)
    slope = torch.nn.functional.dropout(torch.ones(3, 4, dtype=torch.float64), 0.3, training=True)
    grad_out = torch.linspace(-1, 1, 12, dtype=torch.float64).reshape(3, 4)
    same(
        "dropout_backward(grad_out, mask of PyTorch's own dropout, p=0.3, training=True), of shape (3, 4)",
        solution.dropout_backward(grad_out, slope != 0, 0.3, training=True),
        slope * grad_out,  # dropout is linear: what it makes of a one is its derivative
        "README, section 'Backward': out = mask * x / (1 - p), differentiated",
    )


# --- What came back ---------------------------------------------------------------------------------------------------


def two(called, got):
    """Return the two values of a forward pass, if that is what came back."""
    if not isinstance(got, (tuple, list)) or len(got) != 2:
        wrong(called, describe(got), "2 values: out, mask", "the docstring, Returns")
    out, mask = got
    if not isinstance(mask, torch.Tensor) or mask.dtype != torch.bool or mask.shape != out.shape:
        wrong(called, f"mask = {describe(mask)}", "a bool tensor with the shape of x", "the docstring, Returns")
    return out, mask

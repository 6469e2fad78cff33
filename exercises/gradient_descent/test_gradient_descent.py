"""Public tests of `gradient_descent`: small numbers that you can follow with pencil and paper, then PyTorch itself.

Run them with `pytest gradient_descent`. A solution that passes them is not finished: the grader's hidden checks try
more settings, shapes and sizes.
"""

import pytest
import torch
from looking import describe, pure, refuses, same, tensor, wrong

PRED, TARGET = tensor(1.0, 2.0, 3.0, 4.0), tensor(1.0, 0.0, 3.0, 8.0)
LOGITS, LABELS = torch.stack([tensor(2.0, 1.0, 0.0), tensor(0.0, 0.0, 0.0)]), torch.tensor([0, 2])
X, Y = torch.stack([tensor(0.0), tensor(1.0), tensor(2.0), tensor(3.0)]), tensor(1.0, 3.0, 5.0, 7.0)


# --- 1.1 Mean squared error -------------------------------------------------------------------------------------------


@pytest.mark.task("1.1")
def test_mse_of_four_predictions(solution):
    same(
        "mse_loss(pred=[1, 2, 3, 4], target=[1, 0, 3, 8])",
        solution.mse_loss(PRED, TARGET),
        {"loss": torch.tensor(5.0).double(), "grad_pred": tensor(0.0, 1.0, 0.0, -2.0)},
        "README, section 'Worked by hand'",
    )


@pytest.mark.task("1.1")
def test_mse_is_a_mean_over_all_elements(solution):
    same(
        "mse_loss(pred=[[1, 2], [3, 4]], target=[[1, 0], [3, 8]])",
        solution.mse_loss(PRED.reshape(2, 2), TARGET.reshape(2, 2)),
        {"loss": torch.tensor(5.0).double(), "grad_pred": tensor(0.0, 1.0, 0.0, -2.0).reshape(2, 2)},
        "README, section 'Conventions': the mean is over four elements, not over two rows",
    )


@pytest.mark.task("1.1")
def test_mse_is_pure_and_refuses_a_column_beside_a_row(solution):
    pure(solution.mse_loss, PRED, TARGET)
    refuses(solution.mse_loss, PRED.unsqueeze(1), TARGET)


@pytest.mark.task("1.1")
def test_mse_beside_pytorch(solution):
    pred, target = waves(3, 4), waves(3, 4, start=1.0)
    beside_pytorch("mse_loss", solution.mse_loss, torch.nn.functional.mse_loss, pred, target)


# --- 1.2 Cross-entropy ------------------------------------------------------------------------------------------------


@pytest.mark.task("1.2")
def test_cross_entropy_of_two_samples(solution):
    same(
        "cross_entropy_loss(logits=[[2, 1, 0], [0, 0, 0]], labels=[0, 2])",
        solution.cross_entropy_loss(LOGITS, LABELS),
        {
            "loss": torch.tensor(0.7531091).double(),
            "grad_logits": torch.stack(
                [tensor(-0.1673795, 0.1223642, 0.0450153), tensor(1 / 6, 1 / 6, -1 / 3)],
            ),
        },
        "README, section 'Worked by hand'",
    )


@pytest.mark.task("1.2")
def test_cross_entropy_of_large_logits(solution):
    same(
        "cross_entropy_loss(logits=[[10000, 9999, 9998], [0, 0, 0]], labels=[0, 2])",
        solution.cross_entropy_loss(LOGITS + tensor(9998.0, 0.0).unsqueeze(1), LABELS),
        {
            "loss": torch.tensor(0.7531091).double(),
            "grad_logits": torch.stack(
                [tensor(-0.1673795, 0.1223642, 0.0450153), tensor(1 / 6, 1 / 6, -1 / 3)],
            ),
        },
        "README, section 'Cross-entropy', 'The log-sum-exp trick'",
    )


@pytest.mark.task("1.2")
def test_cross_entropy_of_a_sure_and_wrong_prediction(solution):
    same(
        "cross_entropy_loss(logits=[[0, 1000]], labels=[0])",
        solution.cross_entropy_loss(tensor(0.0, 1000.0).unsqueeze(0), torch.tensor([0])),
        {"loss": torch.tensor(1000.0).double(), "grad_logits": tensor(-1.0, 1.0).unsqueeze(0)},
        "README, section 'Cross-entropy', the end of 'The log-sum-exp trick'",
    )


@pytest.mark.task("1.2")
def test_cross_entropy_is_pure_and_refuses_a_negative_label(solution):
    pure(solution.cross_entropy_loss, LOGITS, LABELS)
    refuses(solution.cross_entropy_loss, LOGITS, torch.tensor([0, -1]))


@pytest.mark.task("1.2")
def test_cross_entropy_beside_pytorch(solution):
    logits, labels = waves(5, 3), torch.tensor([2, 0, 1, 1, 2])
    beside_pytorch("cross_entropy_loss", solution.cross_entropy_loss, torch.nn.functional.cross_entropy, logits, labels)


# --- 1.3 A step -------------------------------------------------------------------------------------------------------


@pytest.mark.task("1.3")
def test_step_goes_against_the_gradient(solution):
    same(
        "gradient_descent_step(param=[1, -2], grad=[0.5, -4], lr=0.1)",
        solution.gradient_descent_step(tensor(1.0, -2.0), tensor(0.5, -4.0), lr=0.1),
        tensor(0.95, -1.6),
        "README, section 'The gradient, and a step downhill'",
    )


@pytest.mark.task("1.3")
def test_step_takes_any_learning_rate(solution):
    for lr, wanted in ((0.0, 1.0), (3.0, -0.5)):
        same(
            f"gradient_descent_step(param=[1], grad=[0.5], lr={lr:g})",
            solution.gradient_descent_step(tensor(1.0), tensor(0.5), lr=lr),
            tensor(wanted),
            "the docstring: there is no upper limit, and zero is allowed",
        )


@pytest.mark.task("1.3")
def test_step_is_pure_and_refuses_a_negative_rate(solution):
    pure(solution.gradient_descent_step, PRED, TARGET, lr=0.1)
    refuses(solution.gradient_descent_step, PRED, TARGET, lr=-0.1)


# --- 1.4 Clipping -----------------------------------------------------------------------------------------------------


@pytest.mark.task("1.4")
def test_clipping_shortens_all_tensors_together(solution):
    clips(solution, [tensor(3.0), tensor(0.0, 4.0)], 1.0, [tensor(0.6), tensor(0.0, 0.8)], 5.0)


@pytest.mark.task("1.4")
def test_clipping_leaves_short_gradients_alone(solution):
    clips(solution, [tensor(3.0), tensor(0.0, 4.0)], 6.0, [tensor(3.0), tensor(0.0, 4.0)], 5.0)


@pytest.mark.task("1.4")
def test_clipping_of_zeros_is_no_nan(solution):
    clips(solution, [tensor(0.0, 0.0)], 1.0, [tensor(0.0, 0.0)], 0.0)


@pytest.mark.task("1.4")
def test_clipping_is_pure_and_refuses_a_negative_norm(solution):
    pure(solution.clip_by_global_norm, [tensor(3.0), tensor(0.0, 4.0)], max_norm=1.0)
    refuses(solution.clip_by_global_norm, [tensor(3.0), tensor(0.0, 4.0)], max_norm=-1.0)


# --- 1.5 Mini-batches -------------------------------------------------------------------------------------------------


@pytest.mark.task("1.5")
def test_every_sample_is_in_one_batch(solution):
    for batch_size in (1, 4, 5, 10, 11):
        sizes, indices = looked_at(solution, 10, batch_size, seed=3)
        called = f"minibatches(10, {batch_size}, seed=3)"
        if sorted(indices) != list(range(10)):
            wrong(called, f"in order, the indices {sorted(indices)}", "each of 0 to 9 once", "the docstring, Returns")
        wanted = [min(batch_size, 10 - start) for start in range(0, 10, batch_size)]
        if sizes != wanted:
            wrong(called, f"batches of {sizes} samples", f"batches of {wanted}", "the docstring, Returns")


@pytest.mark.task("1.5")
def test_drop_last_leaves_out_a_short_batch_only(solution):
    for batch_size, wanted in ((4, [4, 4]), (5, [5, 5]), (11, [])):
        sizes, _ = looked_at(solution, 10, batch_size, seed=3, drop_last=True)
        if sizes != wanted:
            wrong(
                f"minibatches(10, {batch_size}, seed=3, drop_last=True)",
                f"batches of {sizes} samples",
                f"batches of {wanted}",
                "the docstring, Returns",
            )


@pytest.mark.task("1.5")
def test_the_seed_decides_the_order(solution):
    (_, first), (_, again), (_, other) = (looked_at(solution, 50, 8, seed=seed) for seed in (3, 3, 4))
    if first != again:
        wrong("minibatches(50, 8, seed=3), twice", "two different orders", "the same order", "README, section 'Rules'")
    if first in (other, sorted(first)):
        wrong(
            "minibatches(50, 8, seed=3) and with seed=4",
            "the same order" if first == other else "the samples in their own order",
            "two shuffled orders",
            "README, section 'All samples, some of them, one'",
        )


@pytest.mark.task("1.5")
def test_batches_have_a_generator_of_their_own(solution):
    before = torch.get_rng_state()
    looked_at(solution, 10, 4, seed=3)
    if not torch.equal(before, torch.get_rng_state()):
        wrong(
            "minibatches(10, 4, seed=3)",
            "torch's global random generator was used or seeded",
            "a generator of your own: torch.Generator().manual_seed(seed)",
            "README, section 'Rules'",
        )


@pytest.mark.task("1.5")
def test_batches_of_no_samples_are_refused(solution):
    refuses(solution.minibatches, 10, 0, seed=3)


# --- 1.6 A line -------------------------------------------------------------------------------------------------------


@pytest.mark.task("1.6")
def test_line_takes_a_first_step(solution):
    fits(solution, 1, {"weight": tensor(1.7), "bias": torch.tensor(0.8).double(), "losses": tensor(21.0)})


@pytest.mark.task("1.6")
def test_line_after_three_steps(solution):
    losses = tensor(21.0, 0.535, 0.01435)
    fits(solution, 3, {"weight": tensor(2.012), "bias": torch.tensor(0.953).double(), "losses": losses})


@pytest.mark.task("1.6")
def test_line_without_a_step(solution):
    nothing = torch.zeros(0, dtype=torch.float64)
    fits(solution, 0, {"weight": tensor(0.0), "bias": torch.tensor(0.0).double(), "losses": nothing})


@pytest.mark.task("1.6")
def test_line_is_found_after_many_steps(solution):
    got = solution.fit_linear(X, Y, lr=0.2, num_steps=300)
    same(
        "fit_linear(x=[[0], [1], [2], [3]], y=[1, 3, 5, 7], lr=0.2, num_steps=300), weight and bias",
        got[:2],
        {"weight": tensor(2.0), "bias": torch.tensor(1.0).double()},
        "README, section 'Worked by hand': the line is 2 x + 1",
    )


@pytest.mark.task("1.6")
def test_line_is_pure_and_refuses_negative_settings(solution):
    pure(solution.fit_linear, X, Y, lr=0.1, num_steps=2)
    refuses(solution.fit_linear, X, Y, lr=-0.1, num_steps=2)
    refuses(solution.fit_linear, X, Y, lr=0.1, num_steps=-1)


# --- Helpers ----------------------------------------------------------------------------------------------------------


def waves(*shape, start=0.3):
    """Return numbers of both signs, without a pattern that a mistake could hide in."""
    count = torch.Size(shape).numel()
    return 2 * torch.sin(1.7 * torch.arange(count, dtype=torch.float64) + start).reshape(shape)


def beside_pytorch(name, function, twin, values, wanted):
    """Compare a loss and its gradient with PyTorch's."""
    leaf = values.clone().requires_grad_()
    loss = twin(leaf, wanted)
    loss.backward()
    same(
        f"{name} of {describe(values)}, beside PyTorch",
        function(values, wanted),
        {"loss": loss.detach(), "gradient": leaf.grad},
        "README, section 'Conventions'",
        rtol=1e-9,
    )


def clips(solution, grads, max_norm, wanted, norm):
    """Clip gradients and compare each of them, and the norm."""
    called = f"clip_by_global_norm({[grad.tolist() for grad in grads]}, max_norm={max_norm:g})"
    look = "README, section 'Vanishing and exploding gradients'"
    got = solution.clip_by_global_norm(grads, max_norm=max_norm)
    if not isinstance(got, (list, tuple)) or len(got) != 2:
        wrong(called, describe(got), "2 values: grads, norm", "the docstring, Returns")
    if not isinstance(got[0], (list, tuple)) or len(got[0]) != len(grads):
        wrong(called, f"grads = {describe(got[0])}", f"a list of {len(grads)}", "the docstring, Returns")
    same(called, got[0], {f"grads[{place}]": grad for place, grad in enumerate(wanted)}, look)
    same(called, got[1], torch.tensor(norm).double(), look)


def looked_at(solution, num_samples, batch_size, **settings):
    """Return the sizes of the batches, and all indices in their order."""
    batches = solution.minibatches(num_samples, batch_size, **settings)
    called = f"minibatches({num_samples}, {batch_size}, ...)"
    if not isinstance(batches, (list, tuple)):
        wrong(called, describe(batches), "a list of tensors", "the docstring, Returns")
    for batch in batches:
        if not isinstance(batch, torch.Tensor) or batch.dtype != torch.int64 or batch.dim() != 1:
            wrong(called, f"{describe(batch)} in the list", "int64 tensors of one dimension", "the docstring, Returns")
    return [len(batch) for batch in batches], [index for batch in batches for index in batch.tolist()]


def fits(solution, num_steps, expected):
    """Fit the line of the README."""
    same(
        f"fit_linear(x=[[0], [1], [2], [3]], y=[1, 3, 5, 7], lr=0.1, num_steps={num_steps})",
        solution.fit_linear(X, Y, lr=0.1, num_steps=num_steps),
        expected,
        "README, section 'Worked by hand'",
    )

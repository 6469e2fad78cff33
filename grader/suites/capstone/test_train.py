"""Hidden checks of task 8.1, `train`."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from grader.judge import expect
from grader.judge.suite import Solution, Step, check
from grader.suites.capstone import network
from grader.suites.capstone.network import State

MEND_OTHERS_FIRST = "If other checks of this task fail too, mend those first: each of them can make this one fail. "
"""Opens the hint of a check that looks at the whole run."""


@check(
    "train-initial-rest",
    task="8.1",
    points=4,
    visibility="visible",
    hint="The stub's docstring, the paragraph 'Start'.",
)
def test_biases_and_norms_start_as_pytorch_has_them(solution: Solution, draw: torch.Generator) -> None:
    state = solution.train(*network.noise(draw, 40), num_epochs=0, batch_size=20, lr=0.01, seed=3)
    for name, value in state.items():
        if not name.startswith("fc") or name.endswith("bias"):
            wanted = torch.full_like(value, float(name.endswith(("bn1.weight", "bn2.weight", "running_var"))))
            expect.identical(value, wanted, what=f"{name} after num_epochs=0")


@check(
    "train-initial-weights",
    task="8.1",
    points=5,
    hint="With num_epochs=0 the weights are He-normal: a normal distribution with mean 0 and standard deviation "
    "sqrt(2 / fan_in). A weight of shape (128, 64) has a fan-in of 64.",
)
def test_weights_start_he_normal(solution: Solution, draw: torch.Generator) -> None:
    # Each of six numbers leaves its 4.5 standard errors with 7e-6, the kurtosis of 8192 normal values (3 with an error
    # of 0.054) its bounds hardly ever: 4e-5 in all, and 2e-9 with the second try. A uniform law has 1.8.
    def attempt() -> None:
        state = solution.train(*network.noise(draw, 40), num_epochs=0, batch_size=20, lr=0.01, seed=_seed(draw))
        for layer in network.LINEAR:
            weight = state[f"{layer}.weight"].double()
            scaled, count = weight / math.sqrt(2 / weight.shape[1]), weight.numel()
            expect.number(float(scaled.mean()), 0.0, what=f"mean of {layer}", rtol=0, atol=4.5 / math.sqrt(count))
            square = float(scaled.square().mean())
            expect.number(square, 1.0, what=f"mean square of {layer}", rtol=0, atol=4.5 * math.sqrt(2 / count))
        peaked = network.kurtosis(state["fc1.weight"])
        assert 2.5 < peaked < 3.6, f"fc1.weight: got a kurtosis of {peaked:.3f}, expected 3 as a normal law has"

    expect.twice(attempt)


@check(
    "train-seed",
    task="8.1",
    points=4,
    hint="The seed is the only source of randomness: weights, order and dropout all come from generators made with "
    "torch.Generator().manual_seed(seed), and torch's global generator is neither asked nor seeded.",
)
def test_the_seed_alone_decides(solution: Solution, draw: torch.Generator) -> None:
    x, labels = network.noise(draw, 60)
    seed = _seed(draw)
    first = expect.draws_by_its_seed(solution.train, x, labels, num_epochs=2, batch_size=20, lr=0.01, seed=seed)
    calls = [_step(x, labels, num_epochs=2, batch_size=20, lr=0.01, seed=number) for number in (seed, seed + 1)]
    again, other = solution.train.many(calls)
    for name, value in first.items():
        expect.identical(again[name], value, what=f"{name} of a second run with the same seed")
        assert not torch.equal(other[name], value), f"{name}: two seeds, expected different values, got the same"


@check(
    "train-learning-rate",
    task="8.1",
    points=4,
    hint="With lr=0 no weight and no bias may move, however many epochs there are: every step is scaled by the lr of "
    "the call.",
)
def test_a_learning_rate_of_zero_moves_nothing(solution: Solution, draw: torch.Generator) -> None:
    x, labels = network.noise(draw, 60)
    seed = _seed(draw)
    calls = [_step(x, labels, num_epochs=number, batch_size=20, lr=0.0, seed=seed) for number in (0, 3)]
    before, after = solution.train.many(calls)
    for name in network.PARAMETERS:
        expect.close(after[name], before[name], what=f"{name} after three epochs at lr=0", rtol=1e-6)


@check(
    "train-first-step",
    task="8.1",
    points=5,
    hint="One epoch of one batch is one step of Adam. Thanks to the bias correction nearly every element then moves by "
    "the learning rate of that step, whatever its gradient, and none by more than lr.",
)
def test_the_first_step_of_adam_has_the_size_of_the_learning_rate(solution: Solution, draw: torch.Generator) -> None:
    x, labels = network.noise(draw, 96)
    seed, lr = _seed(draw), 0.004
    calls = [_step(x, labels, num_epochs=number, batch_size=96, lr=lr, seed=seed) for number in (0, 1)]
    steps = _differences(*solution.train.many(calls))
    longest = max(float(step.max()) for step in steps.values())
    # Weights stay below 1, so float32 rounds a difference by 6e-8 or less, and the step itself by as little.
    assert 0 < longest <= lr * 1.001 + 2e-7, f"longest step: got {longest:.6g}, expected above 0 and at most {lr}"
    for name, step in steps.items():
        usual = float(step.median())
        assert usual >= 0.9 * longest, f"{name}: half of the steps are below {usual:.3g}, the longest is {longest:.3g}"


@check(
    "train-every-parameter",
    task="8.1",
    points=4,
    hint="All ten parameter tensors are trained: weight and bias of fc1, fc2, fc3, bn1 and bn2. Do the gradients reach "
    "the first layer, and does the optimizer have every tensor?",
)
def test_every_parameter_is_trained(solution: Solution, draw: torch.Generator) -> None:
    x, labels = network.noise(draw, 100)
    seed = _seed(draw)
    calls = [_step(x, labels, num_epochs=number, batch_size=25, lr=0.01, seed=seed) for number in (0, 2)]
    steps = _differences(*solution.train.many(calls))
    for name, step in steps.items():
        assert float(step.max()) > 1e-6, f"{name}: it is what it was at the start, expected it to be trained"


@check(
    "train-running-statistics",
    task="8.1",
    points=7,
    hint="At each step running_mean and running_var move by a share of 0.1 towards mean and variance of what flows "
    "into the batch norm, which is the output of ReLU. README, section 'Conventions'.",
)
def test_running_statistics_follow_what_flows(solution: Solution, draw: torch.Generator) -> None:
    x, labels = network.noise(draw, 600, scale=3.0)
    x = x + torch.randn(x.shape[1], generator=draw)
    one_step = solution.train(x, labels, num_epochs=1, batch_size=600, lr=0.0, seed=_seed(draw))
    # All measurements here: four right solutions in 200 runs each, one of them with a fifth of the samples held out.
    # The share is 0.1 exactly, and with samples held out 0.1000 with a deviation of 0.0004.
    share = network.share_of_first_batch(one_step, x)
    expect.number(share, 0.1, what="share of the batch in bn1.running_mean after one step", rtol=0, atol=0.01)

    x, labels = network.noise(draw, 160)
    x = x + torch.randn(x.shape[1], generator=draw)
    many_steps = solution.train(x, labels, num_epochs=1, batch_size=4, lr=0.0, seed=_seed(draw))
    # Measured: 0.09 with a deviation of 0.01, at most 0.14. Without any update it is above 1.
    apart = network.distance_of_means(many_steps, x)
    assert apart < 0.25, f"bn1.running_mean after 40 steps: got {apart:.3f} deviations from the data's, expected < 0.25"


@check(
    "train-running-variance",
    task="8.1",
    points=3,
    hint="The variance that is kept is the unbiased one, with N - 1 below the line; the one that normalises is the "
    "biased one. With batches of four the two differ by a third.",
)
def test_running_variance_is_unbiased(solution: Solution, draw: torch.Generator) -> None:
    x, labels = network.noise(draw, 160, scale=3.0)
    calls = [_step(x, labels, num_epochs=1, batch_size=4, lr=0.0, seed=_seed(draw)) for _ in range(4)]
    ratios = [network.ratio_of_variances(state, x) for state in solution.train.many(calls)]
    # Measured: 0.97 to 0.99 with a deviation of 0.013, at least 0.935. Biased variances give three quarters of that.
    mean = sum(ratios) / len(ratios)
    assert 0.88 < mean < 1.12, f"bn1.running_var: got {mean:.3f} of the data's variance, expected 1 within 0.12"


@check(
    "train-dropout",
    task="8.1",
    points=6,
    hint="What flows into bn2 has the wrong variance. While training, bn1 normalises by the statistics of the batch, "
    "then dropout zeroes a share of 0.3 and divides the rest by 0.7.",
)
def test_dropout_works_while_training(solution: Solution, draw: torch.Generator) -> None:
    x, labels = network.noise(draw, 600, scale=3.0)
    state = solution.train(x, labels, num_epochs=1, batch_size=600, lr=0.0, seed=_seed(draw))
    # Measured: 1.00 with a deviation of 0.02. Without dropout it is 0.70, not scaled 0.49, with 0.7 dropped 2.4.
    spread = network.noise_in_second_layer(state, x, draw)
    assert 0.85 < spread < 1.15, f"variance into bn2: got {spread:.3f} of what dropout makes it, expected 1 within 0.15"


@check(
    "train-batches",
    task="8.1",
    points=4,
    hint="The last batch may be shorter, and batch_size larger than the data. A last batch of one sample has no "
    "variance: leave it out, or join it to the batch before. Nothing may become NaN.",
)
def test_any_number_of_samples(solution: Solution, draw: torch.Generator) -> None:
    for count, batch_size in ((41, 20), (21, 2), (30, 64), (2, 2)):
        x, labels = network.noise(draw, count)
        calls = [
            _step(x, labels, num_epochs=number, batch_size=batch_size, lr=0.01, seed=_seed(draw)) for number in (0, 1)
        ]
        before, after = solution.train.many(calls)
        told = f"{count} samples in batches of {batch_size}"
        for name, value in after.items():
            assert bool(value.isfinite().all()), f"{told}: {name} holds NaN or infinity"
        assert not torch.equal(after["bn1.running_mean"], before["bn1.running_mean"]), f"{told}: nothing was trained"


@check(
    "train-shuffles",
    task="8.1",
    points=4,
    hint="Shuffle the samples before each epoch. Data often come sorted; what comes last then weighs most, in the "
    "running statistics as in the weights.",
)
def test_samples_are_shuffled(solution: Solution, draw: torch.Generator) -> None:
    x, labels = network.drifting(draw, 400)
    state = solution.train(x, labels, num_epochs=1, batch_size=10, lr=0.0, seed=_seed(draw))
    # Measured: 0.50 with a deviation of 0.03; in the order of the data it is 0.89.
    weight = network.weight_of_second_half(state, x)
    assert 0.25 < weight < 0.75, f"weight of the second half: got {weight:.3f}, expected 0.5 within 0.25"


@check(
    "train-cross-entropy",
    task="8.1",
    points=4,
    hint="With inputs of zeros there is nothing to learn but how frequent each class is, and cross-entropy ends at "
    "just those probabilities. Softmax belongs into the loss, once; and every step needs fresh gradients.",
)
def test_probabilities_become_the_frequencies(solution: Solution, draw: torch.Generator) -> None:
    nothing = torch.zeros((1, network.WIDTH))

    def attempt() -> None:
        labels, frequencies = _unbalanced(draw)
        x = nothing.expand(len(labels), -1).contiguous()
        state = solution.train(x, labels, num_epochs=30, batch_size=80, lr=0.03, seed=_seed(draw))
        # Measured: at most 0.01; with a fifth held out 0.10 with a deviation of 0.06, since a class is then a handful
        # and the run may stop early. Softmax before the cross-entropy gives 0.54 or more.
        apart = float((network.logits_of(state, nothing).softmax(1)[0] - frequencies).abs().sum() / 2)
        assert apart < 0.33, (
            f"probabilities: got a total variation of {apart:.3f} from the frequencies, expected < 0.33"
        )

        labels = torch.full((64,), int(labels[0]))
        x = nothing.expand(64, -1).contiguous()
        state = solution.train(x, labels, num_epochs=24, batch_size=64, lr=0.1, seed=_seed(draw))
        # Measured: 6 to 55; gradients that add up make it 185 or more.
        logits = network.logits_of(state, nothing)[0]
        ahead = float(logits[labels[0]] - logits.mean()) * network.CLASSES / (network.CLASSES - 1)
        assert 1 < ahead < 110, f"one class only: got a logit {ahead:.0f} above the others' mean, expected 1 to 110"

    expect.twice(attempt)


@check(
    "train-accuracy",
    task="8.1",
    points=12,
    hint=MEND_OTHERS_FIRST
    + "On data that you never saw, your network is clearly worse than PyTorch's after the same epochs. Does your "
    "schedule count epochs where it means epochs, and do all epochs run?",
)
def test_the_state_is_as_good_as_pytorchs(solution: Solution, draw: torch.Generator) -> None:
    settings: dict[str, Any] = {"num_epochs": 12, "batch_size": 40, "lr": 0.01}

    def attempt() -> None:
        problem = network.images(draw)
        calls = [_step(problem.x_train, problem.y_train, **settings, seed=_seed(draw)) for _ in range(2)]
        mine = _mean_score(solution.train.many(calls), problem)
        twins = _mean_score([network.twin_of(problem, **settings, draw=draw) for _ in range(2)], problem)
        assert mine[0] > twins[0] - 0.08, (
            f"accuracy: got {mine[0]:.3f}, the twin has {twins[0]:.3f}, expected within 0.08"
        )
        assert mine[1] < twins[1] + 1.0, (
            f"log of the loss: got {mine[1]:.3f}, the twin has {twins[1]:.3f}, expected within 1"
        )

    expect.twice(attempt)


@check(
    "train-arguments-untouched",
    task="8.1",
    points=2,
    hint="A call changed x_train or y_train, or returned memory of theirs. Operations that end in _ and operators like "
    "-= work in place; and the inputs are not for you to standardise.",
)
def test_arguments_stay_as_they_were(solution: Solution, draw: torch.Generator) -> None:
    x, labels = network.noise(draw, 40)
    expect.untouched(solution.train, x + 1, labels, num_epochs=2, batch_size=16, lr=0.01, seed=_seed(draw))


@check(
    "train-value-errors",
    task="8.1",
    points=2,
    hint="The stub's docstring lists what raises ValueError; num_epochs=0 and lr=0 are valid.",
)
def test_invalid_settings_are_refused(solution: Solution, draw: torch.Generator) -> None:
    x, labels = network.noise(draw, 8)
    valid = {"num_epochs": 1, "batch_size": 4, "lr": 0.01, "seed": 0}
    for invalid in ({"num_epochs": -1}, {"batch_size": 1}, {"batch_size": 0}, {"lr": -0.01}):
        expect.refuses(solution.train, x, labels, **(valid | invalid))


# --- Helpers ----------------------------------------------------------------------------------------------------------


def _seed(draw: torch.Generator) -> int:
    return int(torch.randint(2**31, (1,), generator=draw))


def _step(x: Tensor, labels: Tensor, **settings: Any) -> Step:
    return Step((x, labels), settings)


def _differences(before: State, after: State) -> dict[str, Tensor]:
    """Return how far each element of each parameter moved."""
    return {name: (after[name].double() - before[name].double()).abs() for name in network.PARAMETERS}


def _unbalanced(draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return labels of ten classes that are not equally frequent, and their frequencies."""
    counts = torch.tensor([76, 52, 36, 24, 18, 12, 8, 6, 4, 4])[torch.randperm(network.CLASSES, generator=draw)]
    return torch.arange(network.CLASSES).repeat_interleave(counts), counts / counts.sum()


def _mean_score(states: list[State], problem: network.Problem) -> tuple[float, float]:
    """Return the mean accuracy and the mean log of the loss on unseen data."""
    scores = [network.score(state, problem) for state in states]
    return sum(right for right, _ in scores) / len(scores), sum(math.log(loss) for _, loss in scores) / len(scores)

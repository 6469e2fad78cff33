"""Hidden checks of task 8.2, `predict`."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import torch
from torch import Tensor

from grader.judge import expect
from grader.judge.suite import Solution, Step, check
from grader.suites.capstone import network
from grader.suites.capstone.network import State

# Why 1e-4: float32 rounds at 6e-8, sums of 128 terms and a subtraction of the mean cost a factor of some hundred at
# worst (observed over 100 seeds: below 1e-6). The weakest real mistake, eps, shows at 0.2 where it is looked for.
FLOAT32 = 1e-4


@check(
    "predict-logits",
    task="8.2",
    points=8,
    visibility="visible",
    hint="The stub's docstring has the formula, line by line.",
)
def test_logits_are_those_of_the_network(solution: Solution, draw: torch.Generator) -> None:
    for count in (32, 3):
        state, (x, _) = network.random_state(draw), network.noise(draw, count)
        _close(solution.predict(state, x), state, x, f"logits of {count} rows")


@check(
    "predict-each-norm",
    task="8.2",
    points=5,
    hint="Both batch norms are used, after ReLU, each with its own four tensors: running mean, running variance, "
    "weight and bias. Here all of them but one are as they are before training.",
)
def test_each_tensor_of_the_norms_counts(solution: Solution, draw: torch.Generator) -> None:
    x, _ = network.noise(draw, 8)
    plain = network.random_state(draw)
    for name in plain:
        if name.startswith("bn"):
            plain[name] = torch.full_like(plain[name], float(name.endswith(("n1.weight", "n2.weight", "var"))))
    changed = network.random_state(draw)
    names = [name for name in plain if name.startswith("bn")]
    states = [plain | {name: changed[name]} for name in names]
    for name, state, got in zip(names, states, _many(solution, states, x), strict=True):
        _close(got, state, x, f"logits where only {name} is not as before training")


@check(
    "predict-single-row",
    task="8.2",
    points=3,
    hint="One row is a batch too: the result has the shape (1, 10).",
)
def test_a_single_row(solution: Solution, draw: torch.Generator) -> None:
    state, (x, _) = network.random_state(draw), network.noise(draw, 1)
    _close(solution.predict(state, x), state, x, "logits of a single row")


@check(
    "predict-rows",
    task="8.2",
    points=4,
    hint="The logits of a row depend on the rows beside it. In evaluation mode batch norm uses the running statistics "
    "of the state, and computes none of its own.",
)
def test_rows_do_not_know_of_each_other(solution: Solution, draw: torch.Generator) -> None:
    state, (x, _) = network.random_state(draw), network.noise(draw, 12)
    crowd = x.clone()
    crowd[6:] = 5 * crowd[6:] + 3
    calls = [Step((state, rows), {}) for rows in (x, crowd)]
    alone, beside = solution.predict.many(calls)
    expect.close(beside[:6], alone[:6], what="logits of six rows beside six others", rtol=FLOAT32)
    assert float(alone.std(0).max()) > 1e-3, "all rows have the same logits"


@check(
    "predict-dropout-off",
    task="8.2",
    points=3,
    hint="Dropout is for training. With the division by 0.7 done there, nothing at all is left to do here: no mask and "
    "no factor.",
)
def test_dropout_is_off(solution: Solution, draw: torch.Generator) -> None:
    state, (x, _) = network.random_state(draw), network.noise(draw, 16)
    got = expect.draws_by_its_seed(solution.predict, state, x)
    expect.identical(solution.predict(state, x), got, what="logits of a second call")
    size = network.logits_of(state, x).std()
    ratio = float(got.double().std() / size)
    assert 0.9 < ratio < 1.1, f"spread of the logits: got {ratio:.3f} of the network's, expected 1"


@check(
    "predict-eps",
    task="8.2",
    points=3,
    hint="Batch norm divides by sqrt(running_var + 1e-5): eps is under the root, and its value is 1e-5. It shows where "
    "a variance is tiny or zero.",
)
def test_tiny_variances_show_eps(solution: Solution, draw: torch.Generator) -> None:
    x, _ = network.noise(draw, 8)
    states = [network.random_state(draw) for _ in range(4)]
    for state, (name, size) in zip(states, ((n, s) for n in network.NORMS for s in (2e-5, 0.0)), strict=True):
        state[f"{name}.running_var"] = state[f"{name}.running_var"] * size
    for state, got in zip(states, _many(solution, states, x), strict=True):
        _close(got, state, x, "logits where the variances of one batch norm are tiny or zero")


@check(
    "predict-arguments-untouched",
    task="8.2",
    points=4,
    hint="A call changed the state or x. The state is only read: running statistics move in training, and operations "
    "that end in _ work in place.",
)
def test_the_state_is_only_read(solution: Solution, draw: torch.Generator) -> None:
    expect.untouched(solution.predict, network.random_state(draw), network.noise(draw, 6)[0])


def _close(got: Tensor, state: State, x: Tensor, what: str) -> None:
    expect.close(got, network.logits_of(state, x), what=what, rtol=FLOAT32)


def _many(solution: Solution, states: list[State], x: Tensor) -> list[Tensor]:
    found: list[Tensor] = solution.predict.many([Step((state, x), {}) for state in states])
    return found

"""How far two runs are apart, and where they part."""

from __future__ import annotations

import math

import pytest
import torch

from grader.comparison.run import Departed, Divergence, Run, distance, distances, first_divergence, following

NAN, INF = math.nan, math.inf


def tensor(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        (tensor(1, 2), tensor(1, 2), 0.0),
        (tensor(3, 4), tensor(0, 4), 0.75),
        (tensor(0, 0), tensor(0, 0), 0.0),
        (tensor(1, 0), tensor(0, 0), INF),
        (tensor(NAN, 1), tensor(1, 1), INF),
        (tensor(1, 1), tensor(NAN, 1), INF),
        (tensor(NAN, 1), tensor(NAN, 1), 0.0),
        (tensor(INF, 1), tensor(INF, 1), 0.0),
        (tensor(-INF, 1), tensor(INF, 1), INF),
        (tensor(1, 2, 3), tensor(1, 2), INF),
        (tensor(), tensor(), 0.0),
        (tensor(2e200), tensor(1e200), 1.0),
    ],
)
def test_distances_are_relative_and_a_nan_is_infinitely_far(
    one: torch.Tensor, other: torch.Tensor, apart: float
) -> None:
    assert distance(one, other) == pytest.approx(apart, rel=1e-12)


def run_of(*states: dict[str, torch.Tensor]) -> Run:
    return Run(states=list(states))


def test_a_group_is_measured_together_and_others_alone() -> None:
    right = run_of({"theta/w": tensor(100.0), "theta/b": tensor(0.01), "loss": tensor(1.0)})
    in_b = run_of({"theta/w": tensor(100.0), "theta/b": tensor(0.02), "loss": tensor(1.0)})
    in_loss = run_of({"theta/w": tensor(100.0), "theta/b": tensor(0.01), "loss": tensor(2.0)})
    assert distances(in_b, right) == [pytest.approx(1e-4, rel=1e-6)]
    assert distances(in_loss, right) == [1.0]


def test_a_run_that_ends_early_is_infinitely_far_from_there_on() -> None:
    right = run_of({"x": tensor(1.0)}, {"x": tensor(2.0)})
    assert distances(run_of({"x": tensor(1.0)}), right) == [0.0, INF]
    assert first_divergence(run_of({"x": tensor(1.0)}), right, 1e-9) == Divergence(1, "", INF)


def test_the_first_divergence_names_the_tensor_that_is_furthest() -> None:
    right = run_of(*({"theta/w": tensor(1.0), "theta/b": tensor(1.0)} for _ in range(3)))
    mine = run_of(
        {"theta/w": tensor(1.0), "theta/b": tensor(1.0)},
        {"theta/w": tensor(1.1), "theta/b": tensor(1.5)},
        {"theta/w": tensor(9.0), "theta/b": tensor(1.0)},
    )
    found = first_divergence(mine, right, 1e-9)
    assert found is not None
    assert (found.step, found.tensor) == (1, "theta/b")
    assert first_divergence(right, right, 1e-9) is None


def test_the_first_divergence_is_where_it_comes_about() -> None:
    right = run_of({"output": tensor(1.0), "loss": tensor(1.0)})
    found = first_divergence(run_of({"output": tensor(1.1), "loss": tensor(5.0)}), right, 1e-9)
    assert found is not None and found.tensor == "output"


def test_float32_is_compared_in_float64() -> None:
    third = torch.tensor([1 / 3], dtype=torch.float32)
    assert 0 < distance(third, tensor(1 / 3)) < 1e-7


def test_a_run_that_follows_another_is_given_up_where_it_leaves_it() -> None:
    led = run_of(*({"x": tensor(float(value))} for value in (1, 2, 4)))
    with following(led, 0.1):
        run = Run()
        run.add({"x": tensor(1.0)})
        run.add({"x": tensor(2.1)})
        with pytest.raises(Departed):
            run.add({"x": tensor(5.0)})
        assert len(run.states) == 2
    run.add({"x": tensor(5.0)})
    assert len(run.states) == 3


def test_a_run_that_goes_on_where_the_other_ended_has_left_it() -> None:
    with following(run_of({"x": tensor(1.0)}), 0.1):
        run = Run()
        run.add({"x": tensor(1.0)})
        with pytest.raises(Departed):
            run.add({"x": tensor(1.0)})

"""The comparison of an exercise as the judge uses it: checks are told, pictures and mistakes come as plain data."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from grader.comparison.finding import Finding, World
from grader.comparison.training import Training
from grader.domain.check import CheckResult, Visibility
from grader.domain.errors import GraderFault, ManifestError
from grader.domain.exercise import Exercise
from grader.domain.misconception import Misconception
from grader.domain.verdict import Verdict
from grader.judge.diagnosis import Bank
from grader.judge.faults import SolutionFault
from grader.judge.suite import Solution
from grader.judge.training import Setting, load_training
from tests.unit.comparison.conftest import SUITE, Make


class Says:
    """An experiment that finds what it is told to find."""

    on_device = False
    is_costly = False

    def __init__(self, name: str, found: Finding | SolutionFault, *, points: float = 2.0, task: str = "2.1") -> None:
        self.name, self.task, self.points, self.hint = name, task, points, "Look closer."
        self._found = found
        self.worlds: list[World] = []
        self.solutions: list[Solution] = []

    def judge(self, solution: Solution, world: World) -> Finding:
        self.worlds.append(world)
        self.solutions.append(solution)
        if isinstance(self._found, SolutionFault):
            raise self._found
        return self._found

    def null(self, _reference: Solution, world: World) -> float | None:
        return {"cpu": 1e-7, "meta": 1e-5}[world.device.type] if self.on_device else None


GOOD = Finding(verdict=Verdict.ACCEPTED)
WRONG = Finding(
    verdict=Verdict.WRONG_ANSWER,
    message="It leaves PyTorch's path.",
    misconceptions=(Misconception("a", "A.", "2.1"), Misconception("b", "B.", "2.1")),
)


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    return Setting(seed=3, device="cpu", data="synthetic", folder=tmp_path, version="1")


def compared(
    training: Training, solution: Solution, bank: Bank, setting: Setting, **options: Any
) -> tuple[list[CheckResult], dict[str, Any]]:
    told: list[CheckResult] = []
    return told, training.compare(solution, bank, setting, told.append, **options)


def test_each_experiment_is_a_check_that_students_may_read(made_of: Make, bank: Bank, setting: Setting) -> None:
    training = Training(Says("one", GOOD), Says("two", WRONG, points=3))
    told, done = compared(training, made_of(), bank, setting)
    assert training.points == 5
    assert [(check.name, check.points, check.max_points) for check in told] == [("one", 2, 2), ("two", 0, 3)]
    assert {check.visibility for check in told} == {Visibility.VISIBLE}
    assert [found["name"] for found in done["found"]] == ["a", "b"]
    assert done["failure"] is None
    json.dumps(done)


def test_a_mistake_that_several_runs_match_is_told_once(made_of: Make, bank: Bank, setting: Setting) -> None:
    _, done = compared(Training(Says("one", WRONG), Says("two", WRONG)), made_of(), bank, setting)
    assert [found["name"] for found in done["found"]] == ["a", "b"]


def test_what_a_solution_does_wrong_costs_its_own_check_alone(made_of: Make, bank: Bank, setting: Setting) -> None:
    slow = SolutionFault(Verdict.TIME_LIMIT, "It did not return.")
    told, done = compared(Training(Says("one", slow), Says("two", GOOD)), made_of(), bank, setting)
    assert [check.verdict for check in told] == [Verdict.TIME_LIMIT, Verdict.ACCEPTED]
    assert told[0].message == "It did not return."
    assert done["failure"] is None


def test_a_use_of_something_closed_ends_it_all(made_of: Make, bank: Bank, setting: Setting) -> None:
    closed = SolutionFault(Verdict.FORBIDDEN, "It used torch.optim.")
    _, done = compared(Training(Says("one", GOOD), Says("two", closed)), made_of(), bank, setting)
    assert (done["failure"], done["message"]) == (Verdict.FORBIDDEN, "It used torch.optim.")


def test_one_function_alone_is_compared_up_to_its_first_failure(made_of: Make, bank: Bank, setting: Setting) -> None:
    experiments = [Says("one", GOOD), Says("two", WRONG), Says("three", GOOD), Says("other", GOOD, task="2.2")]
    told, _ = compared(Training(*experiments), made_of(), bank, setting, only="sgd_step")
    assert [check.name for check in told] == ["one", "two"]
    assert not experiments[0].worlds[0].with_pictures
    assert not list(experiments[0].worlds[0].suspects("sgd_step"))


def test_known_mistakes_stand_ready_to_repeat_a_run(made_of: Make, bank: Bank, setting: Setting) -> None:
    experiment = Says("one", GOOD)
    compared(Training(experiment), made_of(), bank, setting)
    suspects = list(experiment.worlds[0].suspects("sgd_step"))
    assert {one.misconception.task for one in suspects} == {"2.1"}
    assert len(suspects) == sum(mutant.function == "sgd_step" for mutant in bank.mutants)


def test_only_what_trains_on_the_device_gets_the_solution_there(made_of: Make, bank: Bank, setting: Setting) -> None:
    here, there = made_of(), made_of()
    stays, goes = Says("parity", GOOD), Says("curve", GOOD)
    goes.on_device = True  # type: ignore[misc]  # of this one alone
    told = replace(setting, device="meta")
    compared(Training(stays, goes), here, bank, told, on_device=there)
    assert (stays.solutions, goes.solutions) == ([here], [there])
    assert (stays.worlds[0].device, goes.worlds[0].device) == (torch.device("cpu"), torch.device("meta"))


class StopsThere(Says):
    """An experiment that raises where the arguments do not lie on the CPU."""

    on_device = True

    def judge(self, solution: Solution, world: World) -> Finding:
        if world.device.type != "cpu":
            raise SolutionFault(Verdict.RUNTIME_ERROR, "can't convert a tensor to numpy")
        return super().judge(solution, world)


def test_a_curve_that_is_taken_on_the_cpu_instead_is_held_to_the_nulls_of_the_cpu(
    made_of: Make, bank: Bank, setting: Setting
) -> None:
    curve = StopsThere("curve", GOOD)
    training, on_a_gpu = Training(curve), replace(setting, device="meta")
    training.prepare(bank.right, on_a_gpu)
    compared(training, made_of(), bank, on_a_gpu, on_device=made_of())
    assert training.nulls == {("meta", "curve"): 1e-5}
    assert curve.worlds[0].null("curve") == 1e-7


@pytest.mark.parametrize("found", [GOOD, WRONG])
def test_what_raises_on_a_device_counts_as_it_is_on_the_cpu(
    found: Finding, made_of: Make, bank: Bank, setting: Setting
) -> None:
    (check,), _ = compared(
        Training(StopsThere("curve", found)), made_of(), bank, replace(setting, device="meta"), on_device=made_of()
    )
    assert check.verdict is found.verdict
    assert ("with its arguments on a GPU it stops" in check.message) is (found is GOOD)


def test_the_nulls_of_a_device_are_measured_once_and_known_to_its_jobs(
    made_of: Make, bank: Bank, setting: Setting
) -> None:
    curve = Says("curve", GOOD)
    curve.on_device = True  # type: ignore[misc]  # of this one alone
    training = Training(curve)
    training.prepare(bank.right, setting)
    compared(training, made_of(), bank, setting)
    assert curve.worlds[0].null("curve") == 1e-7
    assert curve.worlds[0].remeasure is not None and curve.worlds[0].remeasure("curve") == 1e-7


def test_costly_experiments_do_not_keep_a_worker_from_starting(bank: Bank, setting: Setting) -> None:
    class Costly(Says):
        is_costly = True

        def null(self, _reference: Solution, _world: World) -> float | None:
            raise GraderFault("computed at the start")

    Training(Costly("ensemble", GOOD)).prepare(bank.right, setting)


def test_two_experiments_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two experiments of one name"):
        Training(Says("one", GOOD), Says("one", GOOD))


def test_a_comparison_is_read_from_its_suite(momentum: Exercise) -> None:
    training = load_training(SUITE, momentum)
    assert training is not None
    assert momentum.comparison is not None and training.points == momentum.comparison.points


def test_points_that_do_not_add_up_are_refused(momentum: Exercise) -> None:
    assert momentum.comparison is not None
    other = replace(momentum, comparison=replace(momentum.comparison, points=30))
    with pytest.raises(ManifestError, match="30 in all"):
        load_training(SUITE, other)


def test_a_manifest_and_a_suite_must_agree_that_there_is_a_comparison(momentum: Exercise, tmp_path: Path) -> None:
    assert load_training(tmp_path, replace(momentum, comparison=None)) is None
    with pytest.raises(ManifestError, match="the experiments of the comparison"):
        load_training(tmp_path, momentum)
    with pytest.raises(ManifestError, match=r"a \[comparison\] in the manifest"):
        load_training(SUITE, replace(momentum, comparison=None))

"""The comparison of one exercise: its experiments in their order, each of them a check of the report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import Any

import torch

from grader.comparison.finding import Experiment, Finding, Suspect, World
from grader.domain.check import CheckResult, Visibility
from grader.domain.misconception import Misconception
from grader.domain.verdict import Verdict
from grader.judge.diagnosis import Bank
from grader.judge.faults import SolutionFault
from grader.judge.suite import Solution
from grader.judge.training import Setting

_CPU = torch.device("cpu")


class Training:
    """What a suite's `training.py` makes under the name `training`."""

    def __init__(self, *experiments: Experiment) -> None:
        """Raises `ValueError` for two experiments of one name."""
        names = [experiment.name for experiment in experiments]
        if len(set(names)) < len(names):
            raise ValueError(f"two experiments of one name: {sorted(names)}")
        self.experiments = experiments
        self.nulls: dict[tuple[str, str], float] = {}
        """By device and experiment, what was measured; 0 where an experiment has no null."""

    @property
    def points(self) -> float:
        """What all experiments are worth."""
        return sum(experiment.points for experiment in self.experiments)

    def prepare(self, reference: Solution, setting: Setting) -> None:
        """Hold the suite's reference against PyTorch, and keep how far apart they are on this device: the nulls.

        Ensembles are left out: their replicates are computed when they are first needed. Raises `GraderFault`.
        """
        use(setting.device)
        for experiment in self.experiments:
            if not experiment.is_costly:
                self._measure(experiment, reference, _world(setting))

    def compare(
        self,
        solution: Solution,
        bank: Bank,
        setting: Setting,
        tell: Callable[[CheckResult], None],
        *,
        on_device: Solution | None = None,
        only: str = "",
    ) -> dict[str, Any]:
        """Run every experiment, telling each result; return pictures, misconceptions and what ended it, as plain data.

        A use of something closed ends it: nothing that was found counts any more.
        """
        use(setting.device)
        world = replace(
            _world(setting),
            suspects=lambda function: iter(()) if only else _suspects(bank, function),
            with_pictures=not only,
        )
        here, there = self._on(_CPU, world, bank), self._on(world.device, world, bank)
        tasks = {task.id: task.function for task in bank.exercise.tasks}
        pictures: list[dict[str, Any]] = []
        likely: dict[tuple[str, str], Misconception] = {}
        forbidden = ""
        for experiment in self.experiments:
            if only and tasks[experiment.task] != only:
                continue
            if on_device is not None and experiment.on_device:
                found = _judged(experiment, on_device, there)
                if found.verdict is Verdict.RUNTIME_ERROR:
                    found = _judged_here_after(found, _judged(experiment, solution, here))
            else:
                found = _judged(experiment, solution, here)
            tell(_result(experiment, found))
            pictures += [picture.as_data() for picture in found.pictures]
            likely |= {(one.task, one.name): one for one in found.misconceptions if (one.task, one.name) not in likely}
            if found.verdict is Verdict.FORBIDDEN:
                forbidden = forbidden or found.message
            if only and found.verdict is not Verdict.ACCEPTED:
                break
        return {
            "failure": Verdict.FORBIDDEN if forbidden else None,
            "message": forbidden,
            "pictures": pictures,
            "found": [asdict(one) for one in likely.values()],
        }

    def _measure(self, experiment: Experiment, reference: Solution, world: World) -> float:
        null = experiment.null(reference, world if experiment.on_device else replace(world, device=_CPU))
        self.nulls[world.device.type, experiment.name] = null or 0.0
        return null or 0.0

    def _on(self, device: torch.device, world: World, bank: Bank) -> World:
        """Return the world on a device, with the nulls of that device: those of the CPU are first asked for on a worker
        with a GPU when a curve has to be taken there.

        Measuring one again, after a student's curve has failed, raises `GraderFault` for a sick device.
        """
        there = replace(world, device=device)
        named = {experiment.name: experiment for experiment in self.experiments}

        def measured(name: str) -> float:
            return self._measure(named[name], bank.right, there)

        def known(name: str) -> float:
            null = self.nulls.get((device.type, name))
            return measured(name) if null is None else null

        return replace(there, null=known, remeasure=measured)


def use(device: str) -> None:
    """Make torch compute the same results each time, and in the precision that it says."""
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = False
    torch.use_deterministic_algorithms(device != "cpu")


def _world(setting: Setting) -> World:
    return World(
        seed=setting.seed,
        device=torch.device(setting.device),
        data=setting.data,
        folder=setting.folder,
        version=setting.version,
    )


def _judged(experiment: Experiment, solution: Solution, world: World) -> Finding:
    try:
        return experiment.judge(solution, world)
    except SolutionFault as fault:
        return Finding(verdict=fault.verdict, message=str(fault))


def _judged_here_after(there: Finding, here: Finding) -> Finding:
    """Return what counts of a solution that raises on a GPU: what it does on the CPU, as everywhere, with a remark."""
    if here.verdict is not Verdict.ACCEPTED:
        return here
    remark = "It was trained on the CPU, where it does as PyTorch does: with its arguments on a GPU it stops."
    return replace(here, message="\n".join(filter(None, (here.message, remark, there.message))))


def _result(experiment: Experiment, found: Finding) -> CheckResult:
    return CheckResult(
        name=experiment.name,
        task=experiment.task,
        verdict=found.verdict,
        points=experiment.points if found.verdict is Verdict.ACCEPTED else 0.0,
        max_points=experiment.points,
        visibility=Visibility.VISIBLE,
        message=found.message,
        hint=experiment.hint,
    )


def _suspects(bank: Bank, function: str) -> Iterator[Suspect]:
    return (Suspect(misconception, solution) for misconception, solution in bank.suspects(function))

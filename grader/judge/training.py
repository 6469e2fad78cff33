"""What the judge is handed by a suite's `training.py`: a training comparison. What it does is not the judge's business.

The comparison is built on the judge, not the other way round, so this is all that the judge knows of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from grader.domain.check import CheckResult
from grader.domain.errors import ManifestError
from grader.domain.exercise import Exercise
from grader.judge.diagnosis import Bank
from grader.judge.reference import load_module
from grader.judge.suite import Solution


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Where and with what a comparison runs. `device` is torch's name, `cpu` or `cuda`."""

    seed: int
    device: str
    data: str
    folder: Path
    """Where data sets and computed references are kept."""
    version: str


class Training(Protocol):
    """A training comparison of one exercise."""

    @property
    def points(self) -> float:
        """What all its checks are worth."""
        ...

    def prepare(self, reference: Solution, setting: Setting) -> None:
        """Hold the suite's own reference against PyTorch on this device.

        Raises `GraderFault` where they differ: such a suite, or such a device, judges nobody.
        """
        ...

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
        """Compare a solution, telling each check as it ends; return pictures and misconceptions as plain data.

        `on_device` is the same solution with its arguments on the setting's device, where that is not the CPU.
        `only` names the one function whose checks are run, without pictures, up to the first that fails.
        """
        ...


FILE = "training.py"
"""What a suite's comparison is called; it makes a `Training` under the name `training`."""


def load_training(suite: Path, exercise: Exercise) -> Training | None:
    """Return the comparison that a manifest asks for, `None` where it asks for none. Raises `ManifestError`."""
    path = suite / FILE
    told = f"suites/{exercise.slug}/{FILE}"
    if exercise.comparison is None:
        if path.exists():
            raise ManifestError(told, "(file)", "a [comparison] in the manifest that says what it is worth")
        return None
    if not path.is_file():
        raise ManifestError(told, "(file)", "the experiments of the comparison that the manifest asks for")
    training: Training = load_module(path)["training"]
    if training.points != exercise.comparison.points:
        raise ManifestError(
            told, "points", f"{exercise.comparison.points:g} in all, as in the manifest", training.points
        )
    return training

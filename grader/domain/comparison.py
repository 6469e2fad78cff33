"""The training comparison of a submission with PyTorch: what a manifest asks for, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from grader.domain.check import CheckResult
from grader.domain.misconception import Misconception
from grader.domain.picture import Picture
from grader.domain.verdict import Verdict, worst


class Device(StrEnum):
    """Where an exercise's comparison wants to train."""

    CPU = "cpu"
    GPU = "gpu"
    AUTO = "auto"  # on a GPU where a worker has one, else on the CPU


DATASETS = ("synthetic", "digits", "mnist", "cifar10")
"""What a comparison may train on; `synthetic` is made up afresh, `digits` comes along, the others are fetched."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a manifest says of the comparison; what is trained stands in the suite's `training.py`."""

    points: float
    device: Device = Device.CPU
    data: str = "synthetic"


class Stage(StrEnum):
    """The part of the grading that a job does: the checks give a provisional score, the comparison completes it."""

    CHECKS = "checks"
    COMPARISON = "comparison"


@dataclass(frozen=True, kw_only=True)
class ComparisonReport:
    """Everything that a comparison found out. Its checks are written for students: they hold no hidden value."""

    max_points: float
    checks: tuple[CheckResult, ...] = ()
    pictures: tuple[Picture, ...] = ()
    misconceptions: tuple[Misconception, ...] = ()
    """What the failing runs match when they are repeated with known wrong solutions, the likeliest first."""
    device: str = ""
    """Where it ran, in words: "CPU", "GPU (NVIDIA H200)"."""
    notes: tuple[str, ...] = ()
    """What a reader should know about how it ran, such as that no GPU was to be had."""
    message: str = ""
    """What ended it before any check could run, for the student."""
    failure: Verdict | None = None
    tier: str = ""
    suite_version: str = ""
    seconds: float = 0.0

    @property
    def points(self) -> float:
        return 0.0 if self.failure else sum(check.points for check in self.checks)

    @property
    def verdict(self) -> Verdict:
        found = [check.verdict for check in self.checks]
        return worst([*found, self.failure] if self.failure else found)

"""An exercise as its manifest describes it: tasks, points, limits, and what is closed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from grader.domain.comparison import Plan
from grader.domain.form import Form
from grader.domain.handing_in import HandingIn


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one submission may use. Seconds are wall clock unless named otherwise."""

    load_seconds: float = 5.0
    call_seconds: float = 2.0
    cpu_seconds: int = 20
    job_seconds: float = 30.0
    comparison_seconds: float = 120.0
    """What the training comparison may take. It gives way to the checks of others, on a busy machine for long, so it
    has many times what it needs."""
    memory_mb: int = 512
    output_kb: int = 256
    result_kb: int = 16 * 1024
    result_depth: int = 12
    result_values: int = 10_000
    """How deeply a returned value may be nested, and of how many values it may be made."""
    work_folder_mb: int = 16
    open_files: int = 64
    threads: int = 16
    device_memory_mb: int = 2048
    """What torch may take of a GPU's memory, where a guest has one."""
    max_guests: int = 8
    """How often a guest that died (time limit, exit, memory) is replaced so that the other tasks still count."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One function or class that the student writes."""

    id: str
    function: str
    title: str
    points: float
    returns: tuple[Form, ...]
    """The form of each returned value; of a class, what its method returns."""
    method: str = ""
    """Set for a class: objects are made with keyword settings, then this method is called again and again."""
    attributes: tuple[Form, ...] = ()
    """What an object of the class shows of itself."""


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """An exercise of the course; `folder` holds its student-side files."""

    slug: str
    title: str
    summary: str
    order: int
    folder: Path
    tasks: tuple[Task, ...]
    bundle: tuple[str, ...]
    companions: tuple[str, ...] = ()
    """Files of other exercises that a student may submit along, to import from."""
    closed: tuple[str, ...] = ()
    """Dotted Python names that a solution may not use; each closes what is below it, a trailing `*` what begins so."""
    opened: tuple[str, ...] = ()
    """Exceptions to `closed`: of the patterns that match a name the longest decides, on a tie it is closed."""
    closed_operators: tuple[str, ...] = ()
    """Operators of torch (`_fused_adam*`) that refuse to run in a guest, by whatever name they are reached."""
    limits: Limits = field(default_factory=Limits)
    comparison: Plan | None = None
    """What the training comparison is worth and wants; `None` where there is none."""
    handing_in: HandingIn = field(default_factory=HandingIn)

    @property
    def solution_name(self) -> str:
        """The file that a student submits."""
        return f"{self.slug}.py"

    @property
    def max_points(self) -> float:
        """What all tasks and the comparison are worth together."""
        return sum(task.points for task in self.tasks) + (self.comparison.points if self.comparison else 0.0)

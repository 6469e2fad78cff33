"""An exercise's files held against each other: stub, manifest, instructions, figures, quiz and reference.

Runs trusted files only, in this process: the stub as it is handed out, the reference, the figures' scripts.
"""

from __future__ import annotations

import inspect
import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

from grader.catalog import INSTRUCTIONS, Catalog
from grader.domain.exercise import Exercise, Task
from grader.judge.answers import read_keys
from grader.judge.reference import load_module

QUESTIONS = 8
"""How many questions a quiz has at least."""


def faults_of_material(catalog: Catalog, exercise: Exercise, suite: Path) -> list[str]:
    """Return everything in which the files of an exercise disagree. Raises `ManifestError`."""
    stub = load_module(exercise.folder / exercise.solution_name)
    reference = load_module(suite / "reference.py")
    readme = catalog.instructions(exercise.slug)
    return [
        *(fault for task in exercise.tasks for fault in _of_task(task, stub, reference)),
        *_of_points(exercise, readme),
        *_of_worked_examples(suite, reference, readme),
        *_of_figures(exercise.folder),
        *_of_quiz(catalog, exercise, suite),
    ]


def _of_task(task: Task, stub: dict[str, Any], reference: dict[str, Any]) -> list[str]:
    if task.function not in stub or task.function not in reference:
        return [f"{task.function} is missing in the stub or in the reference"]
    faults = []
    for name, mine, right in _signatures(task, stub[task.function], reference[task.function]):
        if mine != right:
            faults.append(f"the signature of {name} is {mine} in the stub and {right} in the reference")
    if not inspect.getdoc(stub[task.function]):
        faults.append(f"{task.function} has no docstring in the stub")
    return faults + _of_the_open_task(task, stub[task.function])


def _signatures(task: Task, stub: Any, reference: Any) -> list[tuple[str, inspect.Signature, inspect.Signature]]:
    found = [(task.function, inspect.signature(stub), inspect.signature(reference))]
    if task.method:
        mine, right = (getattr(made, task.method) for made in (stub, reference))
        found.append((f"{task.function}.{task.method}", inspect.signature(mine), inspect.signature(right)))
    return found


def _of_the_open_task(task: Task, stub: Callable[..., Any]) -> list[str]:
    """Return the fault that a stub does not say which task is open, in the words that students know."""
    needed = [
        parameter
        for parameter in inspect.signature(stub).parameters.values()
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD
    ]
    wanted = f"Task {task.id} {task.function}: not written yet"
    by_name = {parameter.name: None for parameter in needed if parameter.kind is parameter.KEYWORD_ONLY}
    try:
        stub(*[None for parameter in needed if parameter.name not in by_name], **by_name)
    except NotImplementedError as error:
        return [] if str(error) == wanted else [f"the stub of task {task.id} says {str(error)!r}, not {wanted!r}"]
    return [f"the stub of task {task.id} does not raise NotImplementedError({wanted!r})"]


def _of_points(exercise: Exercise, readme: str) -> list[str]:
    told = re.findall(r"^\| (\S+) \| `(\w+)` \| (\d+) \|$", readme, re.MULTILINE)
    wanted = [(task.id, task.function, f"{task.points:g}") for task in exercise.tasks]
    faults = [] if told == wanted else [f"{INSTRUCTIONS} tells the tasks {told}, the manifest {wanted}"]
    plan = exercise.comparison
    if plan is not None and f"The training comparison is worth another {plan.points:g} points." not in readme:
        faults.append(f"{INSTRUCTIONS} does not say: The training comparison is worth another {plan.points:g} points.")
    return faults


def _of_worked_examples(suite: Path, reference: dict[str, Any], readme: str) -> list[str]:
    """Return each line that the worked examples come to and that the instructions do not have."""
    path = suite / "worked.py"
    if not path.is_file():
        return ["worked.py is missing: it recomputes the worked examples of the instructions"]
    lines = load_module(path)["lines"](reference)
    if not lines:
        return ["worked.py recomputes nothing"]
    flowing = " ".join(readme.split())  # a sentence may be broken anywhere
    return [f"{INSTRUCTIONS} does not have: {line}" for line in lines if " ".join(line.split()) not in flowing]


def _of_figures(folder: Path) -> list[str]:
    faults = []
    for script in sorted((folder / "figures").glob("make_*.py")):
        drawn = script.with_name(f"{script.stem.removeprefix('make_')}.svg")
        figure: str = runpy.run_path(str(script))["figure"]()
        if not drawn.is_file() or drawn.read_text(encoding="utf-8") != figure:
            faults.append(f"figures/{drawn.name} is not what figures/{script.name} draws")
    return faults


def _of_quiz(catalog: Catalog, exercise: Exercise, suite: Path) -> list[str]:
    quiz = catalog.quiz(exercise.slug)
    if quiz is None:
        return ["there is no quiz"]
    read_keys(suite, quiz)
    found = len(quiz.questions)
    return [] if found >= QUESTIONS else [f"the quiz has {found} questions; expected {QUESTIONS} or more"]

"""The course as its folder describes it: every manifest and quiz, read and validated at start.

Reads `exercises/<slug>/` only. Hidden material is read by the judge, never here: the portal imports this module.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from grader.domain.comparison import DATASETS, Device, Plan
from grader.domain.errors import ManifestError, UnknownExercise
from grader.domain.exercise import Exercise, Limits, Task
from grader.domain.form import DTYPES, Form, Kind
from grader.domain.handing_in import HandingIn
from grader.domain.policy import is_closed
from grader.domain.quiz import Choice, Question, QuestionType, Quiz

MANIFEST = "manifest.toml"
QUIZ = "quiz.toml"
INSTRUCTIONS = "README.md"


@dataclass(frozen=True)
class Catalog:
    """The exercises of one course, in teaching order."""

    exercises: tuple[Exercise, ...]
    quizzes: dict[str, Quiz]

    def exercise(self, slug: str) -> Exercise:
        """Return the exercise, or raise `UnknownExercise` naming those that there are."""
        for exercise in self.exercises:
            if exercise.slug == slug:
                return exercise
        raise UnknownExercise(slug, [exercise.slug for exercise in self.exercises])

    def quiz(self, slug: str) -> Quiz | None:
        """Return the quiz of an exercise, if it has one."""
        return self.quizzes.get(slug)

    def instructions(self, slug: str) -> str:
        """Return the exercise's instructions as Markdown."""
        return (self.exercise(slug).folder / INSTRUCTIONS).read_text(encoding="utf-8")


def load_catalog(exercises_dir: Path) -> Catalog:
    """Read the course in `exercises_dir`: every folder that has a manifest. Raises `ManifestError`."""
    if not exercises_dir.is_dir():
        raise ManifestError(str(exercises_dir), "(folder)", "a folder with one folder per exercise")
    manifests = sorted(exercises_dir.glob(f"*/{MANIFEST}"))
    if not manifests:
        raise ManifestError(str(exercises_dir), "(folder)", f"at least one exercise with a {MANIFEST}")
    exercises = sorted((load_exercise(path.parent) for path in manifests), key=lambda found: (found.order, found.slug))
    quizzes = {
        exercise.slug: _quiz(exercise.folder / QUIZ) for exercise in exercises if (exercise.folder / QUIZ).exists()
    }
    return Catalog(tuple(exercises), quizzes)


class TomlTable:
    """A TOML table that is read key by key; what is missing, of the wrong type or left over is a `ManifestError`."""

    def __init__(self, file: str, data: dict[str, Any], prefix: str = "") -> None:
        self._file, self._data, self._prefix = file, dict(data), prefix

    @classmethod
    def read(cls, path: Path) -> TomlTable:
        """Read a whole file."""
        try:
            return cls(_shown(path), tomllib.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            raise ManifestError(_shown(path), "(file)", "a TOML file") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ManifestError(_shown(path), "(file)", "valid TOML in UTF-8", str(error)) from None

    def text(self, key: str, default: str | None = None) -> str:
        value: str = self._take(key, default, "a non-empty text", str)
        if not value.strip():
            self.refuse(key, "a non-empty text", value)
        return value

    def number(self, key: str, default: float | None = None) -> float:
        value = self._take(key, default, "a number above 0", (int, float))
        if isinstance(value, bool) or not 0 < value < math.inf:
            self.refuse(key, "a number above 0", value)
        return float(value)

    def whole_number(self, key: str, default: int | None = None) -> int:
        value = self._take(key, default, "a whole number above 0", int)
        if isinstance(value, bool) or value <= 0:
            self.refuse(key, "a whole number above 0", value)
        return int(value)

    def any_number(self, key: str) -> float:
        return float(self._take(key, None, "a number", (int, float)))

    def flag(self, key: str, default: bool) -> bool:
        value: bool = self._take(key, default, "true or false", bool)
        return value

    def texts(self, key: str, default: list[str] | None = None) -> tuple[str, ...]:
        value = self._take(key, default, "a list of texts", list)
        if not all(isinstance(item, str) and item for item in value):
            self.refuse(key, "a list of non-empty texts", value)
        return tuple(value)

    def text_lists(self, key: str) -> tuple[tuple[str, ...], ...]:
        value = self._take(key, None, "a list of lists of texts", list)
        if not value or not all(isinstance(item, list) and item for item in value):
            self.refuse(key, "a list of non-empty lists of texts", value)
        return tuple(tuple(str(text) for text in item) for item in value)

    def tables(self, key: str, *, optional: bool = False) -> list[TomlTable]:
        value = self._take(key, [] if optional else None, "one or more [[tables]]", list)
        if not all(isinstance(item, dict) for item in value) or not (value or optional):
            self.refuse(key, "one or more [[tables]]", value)
        return [TomlTable(self._file, item, f"{self._prefix}{key}[{index}].") for index, item in enumerate(value)]

    def texts_or_tables(self, key: str, *, optional: bool = False) -> list[str | TomlTable]:
        value = self._take(key, [] if optional else None, "a list of texts or tables", list)
        if not all(isinstance(item, (str, dict)) and item for item in value) or not (value or optional):
            self.refuse(key, "a list of texts or tables", value)
        return [
            item if isinstance(item, str) else TomlTable(self._file, item, f"{self._prefix}{key}[{index}].")
            for index, item in enumerate(value)
        ]

    def raw(self, key: str, expected: str, kind: type | tuple[type, ...]) -> Any:
        """Return a value that only has a type, or `None` where there is none."""
        return self._take(key, None, expected, kind) if key in self._data else None

    def table(self, key: str) -> TomlTable:
        value = self._take(key, {}, "a [table]", dict)
        return TomlTable(self._file, value, f"{self._prefix}{key}.")

    def unread(self) -> list[str]:
        """Return the keys that have not been read yet."""
        return list(self._data)

    def done(self) -> None:
        """Refuse whatever has not been read: a misspelt key is told, not ignored."""
        for key, value in self._data.items():
            self.refuse(key, "no such key (is it misspelt?)", value)

    def refuse(self, key: str, expected: str, got: object) -> None:
        raise ManifestError(self._file, f"{self._prefix}{key}", expected, got)

    def _take(self, key: str, default: Any, expected: str, kind: type | tuple[type, ...]) -> Any:
        value = self._data.pop(key, default)
        if value is None:
            raise ManifestError(self._file, f"{self._prefix}{key}", expected)
        if not isinstance(value, kind):
            self.refuse(key, expected, value)
        return value


def _shown(path: Path) -> str:
    return str(Path(*path.parts[-3:]))


def load_exercise(folder: Path) -> Exercise:
    """Read one exercise's manifest. Raises `ManifestError`."""
    table = TomlTable.read(folder / MANIFEST)
    slug = table.text("slug")
    if slug != folder.name or not slug.isidentifier():
        table.refuse("slug", f"the folder's name ({folder.name!r}), a Python identifier", slug)
    exercise = Exercise(
        slug=slug,
        title=table.text("title"),
        summary=table.text("summary"),
        order=table.whole_number("order"),
        folder=folder,
        tasks=tuple(_task(task) for task in table.tables("tasks")),
        bundle=table.texts("bundle"),
        companions=table.texts("companions", []),
        closed=table.texts("closed", []),
        opened=table.texts("opened", []),
        closed_operators=table.texts("closed_operators", []),
        limits=_limits(table.table("limits")),
        comparison=_comparison(table.table("comparison")) if "comparison" in table.unread() else None,
        handing_in=_handing_in(table.table("handing_in")),
    )
    table.done()
    _hold_together(exercise, table)
    return exercise


def _task(table: TomlTable) -> Task:
    task = Task(
        id=table.text("id"),
        function=table.text("function"),
        title=table.text("title"),
        points=table.number("points"),
        returns=_forms(table, "returns"),
        method=table.text("method", "-").removeprefix("-"),
        attributes=_forms(table, "attributes", optional=True),
    )
    table.done()
    if task.attributes and not task.method:
        table.refuse("attributes", "a class, which also has a `method`", [form.name for form in task.attributes])
    return task


def _forms(table: TomlTable, key: str, *, optional: bool = False) -> tuple[Form, ...]:
    items = table.texts_or_tables(key, optional=optional)
    return tuple(Form.like_argument(item) if isinstance(item, str) else _form(item) for item in items)


def _form(table: TomlTable) -> Form:
    kinds = [kind.value for kind in Kind]
    kind = table.text("kind", Kind.TENSOR.value)
    if kind not in kinds:
        table.refuse("kind", f"one of {', '.join(kinds)}", kind)
    expected_shape = "an argument's name, or a list of sizes: numbers, arguments, argument.0, *"
    shape = table.raw("shape", expected_shape, (str, list))
    if isinstance(shape, list):
        if not all(isinstance(size, str) or (type(size) is int and size >= 0) for size in shape):
            table.refuse("shape", expected_shape, shape)
        shape = tuple(shape)
    entries = table.raw("entries", "the shape of each tensor by its name", dict) or {}
    for name, sizes in entries.items():
        if not isinstance(sizes, list) or not all(type(size) is int and size >= 0 for size in sizes):
            table.refuse("entries", "a list of whole numbers for each name", {name: sizes})
    form = Form(
        name=table.text("name"),
        kind=Kind(kind),
        like=table.text("like", "-").removeprefix("-"),
        shape=shape,
        dtype=table.text("dtype", "-").removeprefix("-"),
        entries={name: tuple(sizes) for name, sizes in entries.items()},
    )
    table.done()
    if form.like and (form.shape is not None or form.dtype):
        table.refuse("like", "either `like`, or `shape` and `dtype`", form.like)
    if (form.kind is Kind.STATE) != bool(form.entries):
        table.refuse("entries", "entries for a state, and for nothing else", form.kind.value)
    if form.dtype and form.dtype not in DTYPES and not form.dtype.isidentifier():
        table.refuse("dtype", f"an argument's name or one of {', '.join(DTYPES)}", form.dtype)
    return form


def _comparison(table: TomlTable) -> Plan:
    devices = [device.value for device in Device]
    points, device, data = table.number("points"), table.text("device", "cpu"), table.text("data", "synthetic")
    if device not in devices:
        table.refuse("device", f"one of {', '.join(devices)}", device)
    if data not in DATASETS:
        table.refuse("data", f"one of {', '.join(DATASETS)}", data)
    table.done()
    return Plan(points=points, device=Device(device), data=data)


def _handing_in(table: TomlTable) -> HandingIn:
    keys = table.unread()
    expected_due = "a date and time with its offset from UTC, such as 2026-12-01T23:59:00+01:00"
    due: datetime | None = table.raw("due", expected_due, datetime)
    if due is not None and due.tzinfo is None:
        table.refuse("due", expected_due, due.isoformat())
    found = HandingIn(
        due=None if due is None else due.astimezone(UTC),
        attempts=table.whole_number("attempts") if "attempts" in keys else None,
        per_day=table.whole_number("per_day") if "per_day" in keys else None,
        cooldown_seconds=table.number("cooldown_seconds") if "cooldown_seconds" in keys else 0.0,
    )
    table.done()
    return found


_MAX_RESULT_DEPTH = 100


def _limits(table: TomlTable) -> Limits:
    known = {item.name: item for item in fields(Limits)}
    given: dict[str, Any] = {}
    for key in table.unread():
        if key not in known:
            table.refuse(key, f"one of {', '.join(known)}", "an unknown limit")
        given[key] = table.number(key) if known[key].type == "float" else table.whole_number(key)
    limits = Limits(**given)
    if limits.result_depth > _MAX_RESULT_DEPTH:  # reading goes down by calls, level for level
        table.refuse("result_depth", f"at most {_MAX_RESULT_DEPTH}", limits.result_depth)
    return limits


def _hold_together(exercise: Exercise, table: TomlTable) -> None:
    for pattern in exercise.opened:
        name = pattern.removesuffix("*")
        if not is_closed(name, exercise.closed) or is_closed(name, exercise.closed, [pattern]):
            table.refuse("opened", "names that lie below a closed one", pattern)
    for key in ("id", "function"):
        seen = [getattr(task, key) for task in exercise.tasks]
        if twice := {value for value in seen if seen.count(value) > 1}:
            table.refuse(f"tasks.{key}", "a different one for each task", sorted(twice))
    for name in exercise.companions:
        if not name.removesuffix(".py").isidentifier() or not name.endswith(".py") or name == exercise.solution_name:
            table.refuse("companions", "names of other exercises' solution files, such as momentum.py", name)
    for name in (*exercise.bundle, exercise.solution_name, INSTRUCTIONS):
        inside = (exercise.folder / name).resolve()
        if not inside.is_relative_to(exercise.folder.resolve()) or not inside.is_file():
            table.refuse("bundle", f"files of {exercise.folder.name}/", name)


def _quiz(path: Path) -> Quiz:
    table = TomlTable.read(path)
    quiz = Quiz(
        title=table.text("title"),
        attempts=table.whole_number("attempts", 3),
        questions=tuple(_question(question) for question in table.tables("questions")),
    )
    table.done()
    ids = [question.id for question in quiz.questions]
    if twice := {value for value in ids if ids.count(value) > 1}:
        table.refuse("questions.id", "a different one for each question", sorted(twice))
    return quiz


def _question(table: TomlTable) -> Question:
    kinds = [kind.value for kind in QuestionType]
    kind = table.text("type")
    if kind not in kinds:
        table.refuse("type", f"one of {', '.join(kinds)}", kind)
    choices = tuple(Choice(choice.text("id"), choice.text("text")) for choice in table.tables("choices", optional=True))
    if (len(choices) >= 2) != (kind in (QuestionType.SINGLE, QuestionType.MULTIPLE)):
        table.refuse("choices", "two or more for single and multiple choice, none otherwise", len(choices))
    question = Question(
        id=table.text("id"),
        type=QuestionType(kind),
        prompt=table.text("prompt"),
        points=table.number("points"),
        choices=choices,
    )
    table.done()
    return question

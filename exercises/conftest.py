"""Runs the public tests of every exercise and closes the run with a table of points per task.

Public tests get the student's file through the fixture `solution` and name their task with
`@pytest.mark.task("3.3")`. Works from any folder, with pytest alone.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for `from looking import ...` in the tests
import points

Outcomes = dict[Path, dict[str, list[bool]]]
OUTCOMES = pytest.StashKey[Outcomes]()
NOTICES = pytest.StashKey[dict[str, None]]()


class NotLoaded(Exception):
    """The student's file cannot be imported; the text says why and in which line."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "task(id): the task of manifest.toml that a public test belongs to")
    config.stash[OUTCOMES] = {}
    config.stash[NOTICES] = {}


@pytest.fixture(scope="module")
def solution(request: pytest.FixtureRequest) -> ModuleType:
    """The student's file of the exercise that the test stands in: `adaptive/adaptive.py` for `adaptive`."""
    folder = request.path.parent
    with _Companions(folder):
        return _load(folder / f"{folder.name}.py")


class _Companions:
    """Lets a solution import the files that its manifest calls companions: `from adaptive import adam_step`.

    A companion lies beside the solution, or in the folder of its own exercise.
    """

    def __init__(self, folder: Path) -> None:
        manifest = tomllib.loads((folder / "manifest.toml").read_text(encoding="utf-8"))
        names = [Path(name).stem for name in manifest.get("companions", [])]
        places = {name: [folder / f"{name}.py", folder.parent / name / f"{name}.py"] for name in names}
        self._files = {name: path for name, paths in places.items() for path in paths[::-1] if path.is_file()}

    def __enter__(self) -> None:
        sys.meta_path.insert(0, self)  # type: ignore[arg-type]  # it has what the import system asks for

    def __exit__(self, *_: object) -> None:
        sys.meta_path.remove(self)  # type: ignore[arg-type]
        for name in self._files:
            sys.modules.pop(name, None)  # another exercise may mean another file

    def find_spec(self, name: str, *_: object) -> Any:
        path = self._files.get(name)
        return path and importlib.util.spec_from_file_location(name, path)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[Any]:
    """Count the outcome for its task, and shorten what needs no traceback to one line."""
    report = yield
    mark = item.get_closest_marker("task")
    if mark is not None and (call.when == "call" or report.failed):
        tasks = item.config.stash[OUTCOMES].setdefault(item.path.parent, {})
        tasks.setdefault(str(mark.args[0]), []).append(report.passed)
    if call.excinfo is not None and (notice := _notice(call.excinfo)):
        report.notice = notice
        item.config.stash[NOTICES][notice] = None
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
    """Keep tests that have a one-line notice out of the list of failures; the run still fails."""
    if getattr(report, "notice", None):
        return "not ready", "-", ("NOT READY", {"yellow": True})
    return None


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    terminalreporter.ensure_newline()
    if notices := config.stash[NOTICES]:
        terminalreporter.section("still to do")
        for notice in notices:
            terminalreporter.write_line(notice)
    found = {
        folder.name: points.rows(tomllib.loads((folder / "manifest.toml").read_text(encoding="utf-8")), outcomes)
        for folder, outcomes in sorted(config.stash[OUTCOMES].items())
    }
    tables = {f"points of {name}": rows for name, rows in found.items()}
    if len(found) > 1:
        tables["points of all exercises"] = points.overview(found)
    for title, rows in tables.items():
        terminalreporter.section(title)
        for line in points.as_text(rows):
            terminalreporter.write_line(line)
    if found:
        terminalreporter.write_line("")
        terminalreporter.write_line(points.HONEST)
    if wanted := os.environ.get(points.FILE):
        Path(wanted).write_text(json.dumps(found), encoding="utf-8")


def _notice(excinfo: pytest.ExceptionInfo[BaseException]) -> str | None:
    """Return the one line that stands for this exception, or None where a traceback helps more.

    PyTorch raises NotImplementedError too, for operations it lacks: those keep their traceback.
    """
    if isinstance(excinfo.value, NotLoaded):
        return str(excinfo.value)
    last = excinfo.traceback[-1]
    if isinstance(excinfo.value, NotImplementedError) and str(last.statement).lstrip().startswith("raise"):
        return str(excinfo.value) or f"{last.name}: not written yet"
    return None


def _load(path: Path) -> ModuleType:
    """Import a file under a name of its own, so that exercises never meet in `sys.modules`."""
    name = f"exercise_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise NotLoaded(f"{path.name}: there is no such file in {path.parent.name}/. Did you rename or move it?")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        shown = (error.text or "").strip()
        raise NotLoaded(f"{path.name}, line {error.lineno}: {error.msg}: {shown}") from None
    except Exception as error:  # noqa: BLE001 - whatever a student's file raises while it is imported
        lines = [frame.lineno for frame in _frames(error) if frame.path == path]
        where = f", line {lines[-1] + 1}" if lines else ""
        raise NotLoaded(f"{path.name}{where}: {type(error).__name__}: {error}") from None
    return module


def _frames(error: Exception) -> Any:
    return pytest.ExceptionInfo.from_exception(error).traceback

"""The public tests, run with pytest as a student runs them: the reference passes each, the stub fails each."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from grader.bundle import course_files
from grader.domain.exercise import Exercise

_KINDS = ("reference", "stub")
_SECONDS = 300


def faults_of_public_tests(exercise: Exercise, suite: Path) -> list[str]:
    """Return the public tests that the reference fails, those that the stub passes, and tasks without any."""
    with tempfile.TemporaryDirectory(prefix="gradescent-check-") as name:
        root = Path(name)
        for path in course_files(exercise.folder.parent):
            shutil.copy(path, root)
        for kind in _KINDS:
            folder = root / kind / exercise.slug
            for file in exercise.bundle:
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(exercise.folder / file, folder / file)
        shutil.copy(suite / "reference.py", root / "reference" / exercise.slug / exercise.solution_name)
        told, outcomes = _run(root)
    faults = []
    by_kind = {
        kind: {test: good for (of, test), good in outcomes.items() if of == kind} for kind in ("reference", "stub")
    }
    if not by_kind["reference"] or by_kind["reference"].keys() != by_kind["stub"].keys():
        return [f"the public tests cannot be run:\n{told[-2000:]}"]
    faults += [f"the reference fails the public test {test}" for test, good in by_kind["reference"].items() if not good]
    faults += [f"the stub passes the public test {test}" for test, good in by_kind["stub"].items() if good]
    return faults


def _run(root: Path) -> tuple[str, dict[tuple[str, str], bool]]:
    """Run pytest in a folder; return what it said, and for each kind and test whether it passed."""
    report = root / "report.xml"
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    done = subprocess.run(  # noqa: S603 - our own interpreter and arguments
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", "reference", "stub"],
        cwd=root,
        env=plain | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    said = done.stdout + done.stderr
    if not report.is_file():
        return said, {}
    outcomes = {}
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - written by the line above
        kind = case.get("classname", "").partition(".")[0]
        outcomes[kind, case.get("name", "")] = case.find("failure") is None and case.find("error") is None
    return said, outcomes

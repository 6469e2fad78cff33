"""The doctor names what was refused, and what would help."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from grader.cli.console import ExitCode
from grader.cli.doctor import tell
from grader.doctor import State, examine
from grader.domain.errors import GraderFault
from grader.settings import Settings

REFUSALS = {
    "new namespaces: Operation not permitted": "docker/seccomp.json",
    "mount /proc: Permission denied": "AppArmor",
    "system-call filter: Unable to find libseccomp": "apt-get install libseccomp2",
    "Landlock: Function not implemented": "Linux 5.13",
    "/usr/lib/x lies inside a folder of libraries that guests can read": "Move the hidden folder",
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refused_tier_comes_with_advice(refusal: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(tier: str, *_: Any) -> None:
        raise GraderFault(f"no {tier} sandbox on this machine: {refusal}")

    monkeypatch.setattr("grader.doctor.ZygoteProcess", refuse)
    found = {finding.name: finding for finding in examine(settings)}
    assert found["namespaces"].state is State.BAD
    assert refusal in found["namespaces"].text
    assert REFUSALS[refusal] in found["namespaces"].advice
    assert found["sandbox"] == (type(found["sandbox"]))("sandbox", State.BAD, "no tier works on this machine")
    assert tell(settings) is ExitCode.NOT_ACCEPTED


def test_an_exercise_without_a_suite_is_told(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise GraderFault("not now")

    monkeypatch.setattr("grader.doctor.ZygoteProcess", refuse)
    bare = Settings(data_dir=settings.data_dir, suites_dir=tmp_path)
    (course,) = [finding for finding in examine(bare) if finding.name == "course"]
    assert course.state is State.WEAK
    assert "no hidden suite for gradient_descent, momentum, adaptive" in course.text

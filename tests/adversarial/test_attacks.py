"""Attacks against the real sandbox, one folder each: `solution.py` and what it may gain at most, `expect.toml`.

Each attack is appended to the reference, so that it starts from full points; after each, the same grader has to grade
a right solution in full, with the same processes.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from grader.domain.report import Audience, Report, serialize
from grader.domain.submission import SourceFile
from grader.evaluate import Grader
from grader.settings import REPOSITORY

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parent
ATTACKS = sorted(path.parent for path in FOLDER.glob("*/solution.py"))
REFERENCE = (REPOSITORY / "grader" / "suites" / "adaptive" / "reference.py").read_text(encoding="utf-8")
RIGHT = (REPOSITORY / "grader" / "demo_solutions" / "adaptive_right.py").read_bytes()
CANARY = "gradescent-hidden-" + "canary-7f3a9c"


def submission(attack: Path) -> bytes:
    """Return the reference with the attack after it; without the canary, so that only a leak can bring one."""
    code = (attack / "solution.py").read_text(encoding="utf-8").replace("@REPOSITORY@", str(REPOSITORY))
    return f"{REFERENCE.replace(CANARY, '')}\n\n{code}".encode()


def graded(grader: Grader, content: bytes) -> Report:
    return grader.grade("adaptive", [SourceFile("adaptive.py", content)], seed=7)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda path: path.name)
def test_an_attack_gains_nothing(attack: Path, grader: Grader) -> None:
    expected = tomllib.loads((attack / "expect.toml").read_text(encoding="utf-8"))
    report = graded(grader, submission(attack))
    staff, student = (serialize(report, audience) for audience in (Audience.STAFF, Audience.STUDENT))
    told = "\n".join([report.message, *dict.fromkeys(check.message for check in report.checks if check.message)])

    assert report.verdict.value in expected["verdicts"], told
    assert expected.get("min_points", 0) <= report.points <= expected.get("max_points", 100), told
    for word in expected.get("words", []):
        assert word in told
    for word in [*expected.get("absent", []), CANARY]:
        assert word not in told
    for shown in (staff, student):
        assert CANARY not in json.dumps(shown)
        assert str(REPOSITORY) not in json.dumps(shown)

    after = graded(grader, RIGHT)
    assert (after.verdict.value, after.points) == ("accepted", 100.0)


def test_every_attack_says_what_it_may_gain() -> None:
    known = {"verdicts", "min_points", "max_points", "words", "absent"}
    assert len(ATTACKS) >= 25
    for attack in ATTACKS:
        expected = tomllib.loads((attack / "expect.toml").read_text(encoding="utf-8"))
        assert expected["verdicts"]
        assert expected.keys() <= known
        assert "max_points" in expected or "min_points" in expected or "accepted" in expected["verdicts"], attack.name

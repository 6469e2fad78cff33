"""Attacks against the real sandbox, one folder each, in each tier that holds guests. README.md tells how they look.

One grader per tier serves them all: what one attack breaks, the others and the right solution after it feel.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from grader.catalog import load_catalog
from grader.domain.errors import GraderFault
from grader.domain.report import Audience, Report, serialize
from grader.domain.submission import SourceFile
from grader.domain.verdict import Verdict
from grader.evaluate import Grader
from grader.sandbox.walls import FIRST_GUEST_UID, GUEST_UIDS
from grader.settings import REPOSITORY, Settings

# Not `process`: it promises no isolation, so that some attacks would really hit the machine that runs the tests.
TIERS = ("namespaces", "landlock")

FOLDER = Path(__file__).parent
ATTACKS = sorted(path.parent for path in FOLDER.glob("*/solution.py"))
REFERENCE = (REPOSITORY / "grader" / "suites" / "adaptive" / "reference.py").read_text(encoding="utf-8")
RIGHT = (REPOSITORY / "grader" / "demo_solutions" / "adaptive_right.py").read_bytes()
CANARY = "gradescent-hidden-" + "canary-7f3a9c"
KEYS = {"verdicts", "min_points", "max_points", "words", "absent"}
PLANTED = "planted"
"""What attacks name all that they leave where it does not belong."""

_SHARED_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue")
_PATIENCE_SECONDS = 10.0
_PR_SET_CHILD_SUBREAPER = 36


@pytest.fixture(scope="module")
def foster_parent() -> Iterator[None]:
    """While there are attacks, whatever loses its parent becomes a child of this process, where it is seen."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    yield
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


@pytest.fixture(scope="module", params=TIERS)
def grader(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, foster_parent: None
) -> Iterator[Grader]:
    """The real grader in one tier, warm for `adaptive`; it keeps its processes for as long as there are attacks.

    A tier that this machine does not give is skipped, in the zygote's own words.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("temporary")))
        data = tmp_path_factory.mktemp("data")
        settings = Settings(data_dir=data, sandbox_tier=request.param, recycle_after=1_000_000)
        with Grader(settings, load_catalog(settings.exercises_dir)) as made:
            try:
                assert made.tier == request.param
            except GraderFault as fault:
                pytest.skip(str(fault))
            made.warm(["adaptive"])
            yield made


def warm_pids(grader: Grader) -> list[int]:
    """Return the pids of a grader's zygote, nursery and judge. The one place that knows where it keeps them."""
    keepers: list[Any] = [grader._zygotes, grader._nurseries, grader._judges["adaptive"]]
    return [keeper._held.process.pid for keeper in keepers]


@dataclass(frozen=True)
class Surroundings:
    """What there is at one moment that an attack could add to."""

    processes: int
    descriptors: int
    files: frozenset[str]

    @classmethod
    def of(cls, grader: Grader) -> Surroundings:
        folders = [grader._settings.data_dir, Path(os.environ["TMPDIR"])]
        files = {str(path) for folder in folders for path in folder.rglob("*")}
        return cls(descendants(), len([*Path("/proc/self/fd").iterdir()]), frozenset(files | files_of_guests()))

    def left_behind(self, grader: Grader) -> list[str]:
        """Return in words what there is more now. Waits a little for processes that are just ending."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while (now := self.of(grader)).processes > self.processes and time.monotonic() < deadline:
            time.sleep(0.02)
        more = sorted(now.files - self.files)
        if now.processes > self.processes:
            more.append(f"{now.processes - self.processes} processes")
        if now.descriptors > self.descriptors:
            more.append(f"{now.descriptors - self.descriptors} descriptors in this process")
        return more


def descendants() -> int:
    """Count the living processes below this one; those that have ended and only wait to be fetched are none."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # After the name, which is in brackets and may hold anything: the state and the parent.
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state not in ("Z", "X"):
            children.setdefault(int(parent), []).append(int(folder.name))
    found, edge = 0, [os.getpid()]
    while edge := [child for parent in edge for child in children.get(parent, [])]:
        found += len(edge)
    return found


def files_of_guests() -> set[str]:
    """Return what is a guest's, by its owner or by its name, in the folders that every program may write to."""
    found = set()
    for folder in filter(os.path.isdir, _SHARED_FOLDERS):
        for entry in os.scandir(folder):
            try:
                owner = entry.stat(follow_symlinks=False).st_uid
            except FileNotFoundError:
                continue  # another program's, which has just removed it
            if FIRST_GUEST_UID <= owner < FIRST_GUEST_UID + GUEST_UIDS or PLANTED in entry.name:
                found.add(entry.path)
    return found


def submission(attack: Path) -> bytes:
    """Return the reference with the attack after it; without the canary, so that only a leak can bring one."""
    code = (attack / "solution.py").read_text(encoding="utf-8").replace("@REPOSITORY@", str(REPOSITORY))
    return f"{REFERENCE.replace(CANARY, '')}\n\n{code}".encode()


def expectation(attack: Path, tier: str) -> dict[str, Any]:
    """Return what an attack may gain in this tier: the keys of its file, the tier's own over them."""
    told = tomllib.loads((attack / "expect.toml").read_text(encoding="utf-8"))
    tables = {name: told.pop(name, {}) for name in TIERS}
    return told | tables[tier]


def graded(grader: Grader, content: bytes) -> Report:
    return grader.grade("adaptive", [SourceFile("adaptive.py", content)], seed=7)


@pytest.mark.slow
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda path: path.name)
def test_an_attack_gains_nothing(attack: Path, grader: Grader) -> None:
    expected = expectation(attack, grader.tier)
    pids, before = warm_pids(grader), Surroundings.of(grader)
    report = graded(grader, submission(attack))
    told = "\n".join([report.message, *dict.fromkeys(check.message for check in report.checks if check.message)])

    assert report.verdict.value in expected["verdicts"], told
    assert expected.get("min_points", 0) <= report.points <= expected.get("max_points", 100), told
    for word in expected.get("words", []):
        assert word in told
    for word in [*expected.get("absent", []), CANARY]:
        assert word not in told
    for audience in (Audience.STAFF, Audience.STUDENT):
        shown = json.dumps(serialize(report, audience))
        assert CANARY not in shown
        assert str(REPOSITORY) not in shown
    assert before.left_behind(grader) == []

    after = graded(grader, RIGHT)
    assert (after.verdict.value, after.points) == ("accepted", 100.0)
    assert warm_pids(grader) == pids


def test_every_attack_says_what_it_may_gain() -> None:
    assert len(ATTACKS) >= 90
    for attack in ATTACKS:
        for tier in TIERS:
            expected = expectation(attack, tier)
            assert expected.keys() <= KEYS, attack.name
            assert expected["verdicts"], attack.name
            assert set(expected["verdicts"]) <= {verdict.value for verdict in Verdict} - {"internal_error"}
            assert {"min_points", "max_points"} & expected.keys() or "accepted" in expected["verdicts"], attack.name


def test_every_attack_belongs_to_one_family() -> None:
    families = (FOLDER / "README.md").read_text(encoding="utf-8").partition("\n## Families\n")[2]
    assert sorted(re.findall(r"`(\w+)`", families)) == [attack.name for attack in ATTACKS]

"""Attacks by way of what the other attacks have no use for: objects that are traced, files that come along, states.

Against the small exercise of the course under `tests/course`, appended to its reference; what works keeps its points.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from grader.bundle import course_files
from grader.catalog import load_catalog
from grader.domain.submission import SourceFile
from grader.domain.verdict import Verdict
from grader.evaluate import Grader
from grader.settings import REPOSITORY, Settings

pytestmark = pytest.mark.slow

COURSE = REPOSITORY / "tests" / "course"
REFERENCE = (COURSE / "suites" / "averages" / "reference.py").read_text(encoding="utf-8")
CENTRE = 40.0
"""The points of the function, which no attack on the class may cost, nor one on the function raise."""


@pytest.fixture(scope="module", params=["namespaces", "landlock"])
def grader(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grader]:
    folder = tmp_path_factory.mktemp("course")
    shutil.copytree(COURSE, folder, dirs_exist_ok=True)
    for path in course_files(REPOSITORY / "exercises"):
        shutil.copy(path, folder / "exercises")
    settings = Settings(
        exercises_dir=folder / "exercises",
        suites_dir=folder / "suites",
        data_dir=folder / "data",
        sandbox_tier=request.param,
    )
    with Grader(settings, load_catalog(settings.exercises_dir)) as made:
        yield made


@dataclass(frozen=True)
class Attack:
    """Code after the reference, a companion or none, and the most that it may gain."""

    code: str
    verdicts: tuple[Verdict, ...]
    points: float
    companion: str = ""
    said: str = ""


WRONG, RAISED, TIME, OUTPUT, FORBIDDEN = (
    Verdict.WRONG_ANSWER,
    Verdict.RUNTIME_ERROR,
    Verdict.TIME_LIMIT,
    Verdict.OUTPUT_LIMIT,
    Verdict.FORBIDDEN,
)
ATTACKS = {
    "attributes that are equal to everything": Attack(
        "class Any(int):\n def __eq__(self, other): return True\n __hash__ = int.__hash__\n"
        "RunningAverage.count = property(lambda self: Any(7), lambda self, value: None)\n",
        (WRONG, RAISED),
        CENTRE + 40,
    ),
    "an attribute that never returns": Attack(
        "import time\nRunningAverage.count = property(lambda self: time.sleep(60), lambda self, value: None)\n",
        (TIME,),
        CENTRE,
        said="did not return within 2 seconds",
    ),
    "an attribute that ends the process": Attack(
        "import os\nRunningAverage.count = property(lambda self: os._exit(0), lambda self, value: None)\n",
        (RAISED,),
        CENTRE,
        said="ended the Python process",
    ),
    "an attribute without an end": Attack(
        "ring = []\nring.append(ring)\nRunningAverage.count = property(lambda self: ring, lambda self, value: None)\n"
        "RunningAverage.update = lambda self, number: number\n",
        (OUTPUT, WRONG),
        CENTRE,
    ),
    "an attribute of a gigabyte": Attack(
        "RunningAverage.count = property(lambda self: 'x' * (1 << 28), lambda self, value: None)\n"
        "RunningAverage.update = lambda self, number: number\n",
        (OUTPUT, WRONG, TIME, Verdict.MEMORY_LIMIT),
        CENTRE,
    ),
    "a class that is a function": Attack(
        "RunningAverage = lambda start=0.0: None\n", (RAISED,), CENTRE, said="no attribute 'count'"
    ),
    "a class that answers to every name": Attack(
        "class RunningAverage:\n def __init__(self, **_): pass\n def __getattr__(self, name): return self\n"
        " def __call__(self, *_): return self\n __float__ = __index__ = lambda self: 1\n",
        (WRONG, RAISED),
        CENTRE,
    ),
    "a method that knows how often it was asked before": Attack(
        "asked = []\ndef update(self, number):\n asked.append(number)\n return sum(asked) / len(asked)\n"
        "RunningAverage.update = update\n",
        (WRONG,),
        CENTRE + 40,
    ),
    "a method that raises an exception of ours": Attack(
        "class ResultRefused(Exception): pass\n"
        "def update(self, number): raise ResultRefused('accepted')\nRunningAverage.update = update\n",
        (RAISED,),
        CENTRE,
    ),
    "a companion that patches the solution's guest": Attack(
        "import weights\n",
        (WRONG, RAISED, Verdict.ACCEPTED),
        CENTRE + 60,
        companion="import sys\nguest = sys.modules.get('grader.sandbox.guest')\n"
        "if guest: guest._ANSWERS['trace'] = lambda *_: {'start': {'count': 0}, 'moments': [], 'points': 100}\n",
    ),
    "a companion that delegates": Attack(
        "from weights import mean\n",
        (FORBIDDEN,),
        0.0,
        companion="from torch import mean\n",
        said="weights.py, line 1: torch.mean is closed",
    ),
    "a companion that delegates by a computed name": Attack(
        "from weights import mean\ncentre = lambda x: (x - mean(x), float(mean(x)))\n",
        (FORBIDDEN, RAISED),
        60.0,
        companion="import torch\ndef mean(x): return getattr(torch, 'me' + 'an')(x)\n",
    ),
    "a companion that looks for others": Attack(
        "import weights\n",
        (Verdict.ACCEPTED,),
        100.0,
        companion="from importlib import import_module\n"
        "for name in ('reference', 'test_averages', 'shared', 'probe', 'grader.judge.suite'):\n"
        " try: import_module(name)\n except (ImportError, PermissionError): continue\n"
        " raise RuntimeError('found ' + name)\n",
    ),
    "a result that is a state of its own": Attack(
        "class Lies(dict):\n def items(self): return []\ncentre = lambda x: (x, Lies(average=1))\n", (WRONG,), 60.0
    ),
    "a number of a thousand digits": Attack("centre = lambda x: (x - x, 10 ** 5000)\n", (WRONG, OUTPUT, RAISED), 60.0),
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_an_attack_gains_nothing(attack: Attack, grader: Grader) -> None:
    files = [SourceFile("averages.py", f"{REFERENCE}\n\n{attack.code}".encode())]
    files += [SourceFile("weights.py", attack.companion.encode())] if attack.companion else []
    report = grader.grade("averages", files, seed=3)
    told = "\n".join([report.message, *dict.fromkeys(check.message for check in report.checks if check.message)])
    assert report.verdict in attack.verdicts, told
    assert report.points <= attack.points, told
    assert attack.said in told
    honest = grader.grade("averages", [SourceFile("averages.py", REFERENCE.encode())], seed=3)
    assert (honest.verdict, honest.points) == (Verdict.ACCEPTED, 100.0)

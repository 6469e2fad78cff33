"""Everything about comparisons on a GPU, tried and measured on the machine that it is run on.

    python bench/gpu_check.py [--output FILE]

Needs torch, pytest and this repository, nothing else: no browser, no broker, no database. Runs the tests that are
marked `gpu`, measures the null of each exercise on the device, and times comparisons on the GPU beside the CPU. Prints
what it found as text, and writes it as JSON to FILE. Exit code 1 where anything is not as it should be, 2 without a
GPU.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))

# Below, because the repository need not be installed here.
import torch  # noqa: E402

from grader.catalog import load_catalog  # noqa: E402
from grader.comparison.training import Training  # noqa: E402
from grader.domain.comparison import Device  # noqa: E402
from grader.domain.exercise import Exercise  # noqa: E402
from grader.domain.submission import SourceFile  # noqa: E402
from grader.evaluate import Grader  # noqa: E402
from grader.judge.diagnosis import Bank  # noqa: E402
from grader.judge.reference import load_module  # noqa: E402
from grader.judge.training import Setting, load_training  # noqa: E402
from grader.settings import Settings  # noqa: E402

TESTS = ("tests/integration/test_gpu_guests.py", "tests/integration/test_gpu_comparison.py")
ROUNDS = 5


def main() -> int:
    """Check and measure; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--output", type=Path, help="where to write what was found, as JSON")
    options = parser.parse_args()
    if not torch.cuda.is_available():
        print("There is no GPU that torch can use here.")
        return 2
    found: dict[str, Any] = {
        "device": torch.cuda.get_device_name(),
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
    }
    print(f"{found['device']}, torch {found['torch']}, CUDA {found['cuda']}")
    found |= {"tests": tests(), "nulls": nulls(), "seconds": seconds()}
    if options.output:
        options.output.write_text(json.dumps(found, indent=2))
    return 0 if found["tests"]["exit_code"] == 0 else 1


def for_a_gpu() -> list[Exercise]:
    """Return the exercises that train on a GPU where there is one."""
    course = load_catalog(REPOSITORY / "exercises").exercises
    return [one for one in course if one.comparison is not None and one.comparison.device is not Device.CPU]


def tests() -> dict[str, Any]:
    """Run the tests that are marked `gpu`, without what other tests need."""
    command = [sys.executable, "-m", "pytest", "-q", "-ra", "--noconftest", "-c", os.devnull, f"--rootdir={REPOSITORY}"]
    command += ["-p", "no:cacheprovider", "--import-mode=importlib", "-W", "ignore::pytest.PytestUnknownMarkWarning"]
    started = time.monotonic()
    done = subprocess.run(
        [*command, *TESTS],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        check=False,
        capture_output=True,
        text=True,
    )
    print(done.stdout[-6000:], done.stderr[-2000:], sep="\n")
    return {"exit_code": done.returncode, "seconds": round(time.monotonic() - started, 1), "said": done.stdout[-6000:]}


def nulls() -> dict[str, dict[str, float]]:
    """Return for each exercise with curves how far PyTorch and the hand-written reference part, on GPU and CPU."""
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for exercise in for_a_gpu():
            suite = REPOSITORY / "grader" / "suites" / exercise.slug
            training = load_training(suite, exercise)
            assert isinstance(training, Training) and exercise.comparison is not None, "chosen for having one"
            right = Bank.load(suite, exercise, load_module(suite / "reference.py")).right
            for device in ("cpu", "cuda"):
                setting = Setting(
                    seed=0, device=device, data=exercise.comparison.data, folder=Path(folder), version="check"
                )
                training.prepare(right, setting)
            for (device, name), null in training.nulls.items():
                if null:
                    found.setdefault(name, {})[device] = null
    print("\n| curve | null on the CPU | null on the GPU |\n|---|---|---|")
    for name, by_device in found.items():
        print(f"| {name} | {by_device.get('cpu', 0):.1e} | {by_device.get('cuda', 0):.1e} |")
    return found


def seconds() -> dict[str, dict[str, float]]:
    """Return how long a comparison of the reference takes on GPU and CPU, in turn."""
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        with Grader(settings, load_catalog(settings.exercises_dir)) as grader:
            wanted = [
                one for one in grader.catalog.exercises if one.comparison and one.comparison.device.value != "cpu"
            ]
            for exercise in wanted:
                content = (settings.suites_dir / exercise.slug / "reference.py").read_bytes()
                files = [SourceFile(exercise.solution_name, content)]
                times: dict[str, list[float]] = {"gpu": [], "cpu": []}
                for number in range(ROUNDS + 1):
                    for name, measured in times.items():
                        report = grader.compare(exercise.slug, files, seed=1, on_gpu=name == "gpu")
                        if number:  # the first one starts processes
                            measured.append(report.seconds)
                found[exercise.slug] = {name: statistics.median(values) for name, values in times.items()}
    print("\n| exercise | comparison on the CPU, s | on the GPU, s |\n|---|---|---|")
    for slug, medians in found.items():
        print(f"| {slug} | {medians['cpu']:.2f} | {medians['gpu']:.2f} |")
    return found


if __name__ == "__main__":
    sys.exit(main())

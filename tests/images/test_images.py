"""The images, built from the working tree and run: what they hold, what they lack, and that they work."""

from __future__ import annotations

import json
import mmap
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import Container

pytestmark = [pytest.mark.images, pytest.mark.slow, pytest.mark.timeout(600)]

CANARY = b"gradescent-hidden-canary-" + b"7f3a9c"
HERE = Path(__file__).parent


def files_with_the_canary(root: Path) -> Iterator[str]:
    """Yield each file of an image that holds the canary."""
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink() and path.stat().st_size:
                with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                    if content.find(CANARY) >= 0:
                        yield str(path.relative_to(root))


def grade(container: Container, tier: str = "namespaces") -> dict:
    """Grade the exercise's stub in a container, in a tier, and return the report."""
    command = ("gradescent", "grade", "exercises/adaptive/adaptive.py", "-e", "adaptive", "--json")
    graded = container.run("env", f"GRADESCENT_SANDBOX_TIER={tier}", *command)
    assert graded.stdout.count("\n") == 1, f"expected one line of JSON, got {graded.stdout!r}; {graded.stderr}"
    return json.loads(graded.stdout)


def test_the_portal_answers(web: Container) -> None:
    visited = web.run("python3", "/visit.py", volumes=(f"{HERE / 'visit.py'}:/visit.py",))
    assert visited.returncode == 0, visited.stderr
    pages = json.loads(visited.stdout)
    assert pages["/healthz"] == [200, '{"status":"ok"}\n']
    assert pages["/log-in"][0] == 200
    assert "<input" in pages["/log-in"][1]


def test_no_file_of_the_portals_image_holds_hidden_material(web: Container) -> None:
    assert list(files_with_the_canary(web.root)) == []


def test_the_search_for_hidden_material_finds_it_where_it_is(worker: Container) -> None:
    assert "suites/adaptive/reference.py" in set(files_with_the_canary(worker.root / "app" / "grader"))


@pytest.mark.parametrize(
    "module", ["torch", "pytest", "grader.judge", "grader.sandbox", "grader.suites", "grader.demo"]
)
def test_the_portals_image_lacks_what_grades(web: Container, module: str) -> None:
    tried = web.run("python3", "-c", f"import {module}")
    assert f"ModuleNotFoundError: No module named '{module}'" in tried.stderr


def test_the_portals_image_holds_no_demo_solution(web: Container) -> None:
    assert sorted(path.name for path in (web.root / "app").iterdir()) == [
        "exercises",
        "grader",
        "pyproject.toml",
        "tools",
        "webapp",
    ]
    assert not (web.root / "app" / "grader" / "demo_solutions").exists()


def test_the_worker_grades_a_file_in_namespaces(worker: Container) -> None:
    report = grade(worker)
    assert (report["verdict"], report["points"], report["tier"]) == ("runtime_error", 0, "namespaces")
    assert report["checks"]


def test_an_ordinary_container_of_the_worker_grades_in_the_landlock_tier(ordinary_worker: Container) -> None:
    report = grade(ordinary_worker, tier="landlock")
    assert (report["verdict"], report["points"], report["tier"]) == ("runtime_error", 0, "landlock")


def test_the_worker_gives_the_reference_full_points(worker: Container) -> None:
    name = "grader/suites/adaptive/reference.py"
    graded = worker.run("gradescent", "grade", name, "-e", "adaptive", "--json", "--seed", "7")
    report = json.loads(graded.stdout)
    assert (report["verdict"], report["points"]) == ("accepted", report["max_points"])


def test_the_workers_image_holds_no_portal(worker: Container) -> None:
    assert "ModuleNotFoundError" in worker.run("python3", "-c", "import webapp").stderr


def test_the_gpu_workers_recipe_grades_with_the_torch_that_it_was_given(worker_gpu: Container) -> None:
    """Only the recipe: a build with CUDA is several GB and needs a GPU to be of use."""
    assert grade(worker_gpu)["tier"] == "namespaces"


@pytest.mark.parametrize("image", ["web", "worker", "worker_gpu"])
def test_no_image_runs_as_root(image: str, request: pytest.FixtureRequest) -> None:
    container: Container = request.getfixturevalue(image)
    assert container.run("id", "-u").stdout.strip() == "10001"

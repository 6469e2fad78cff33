"""What the Makefile and the README promise to somebody who has just cloned the project."""

from __future__ import annotations

import re
import subprocess
import tomllib

import pytest
import typer

from grader.cli.commands import app
from grader.settings import REPOSITORY

MAKEFILE = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
PAGES = ["README.md", "docker/README.md", "exercises/README.md", "docs/dependencies.md", "docs/operations.md"]
TARGETS = re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE)


def shell_of(page: str) -> str:
    """Return what a page shows as code, blocks and spans alike."""
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    return "\n".join(re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL))


def commands(group: typer.Typer) -> set[str]:
    """Return the names of a command group's commands and groups."""
    named = {info.name or info.callback.__name__ for info in group.registered_commands if info.callback}
    return named | {str(info.name) for info in group.registered_groups}


def test_make_has_at_most_ten_targets_and_lists_each() -> None:
    listing = subprocess.run(
        ["make", "--no-print-directory"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout
    listed = [line.split()[1] for line in listing.splitlines()]
    assert listed == TARGETS
    assert len(listed) <= 10
    assert all(len(line.split(maxsplit=2)) == 3 for line in listing.splitlines()), "a target without words"


def test_every_target_is_phony() -> None:
    (phony,) = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert phony.split() == TARGETS


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_on_a_page_exists(page: str) -> None:
    assert set(re.findall(r"\bmake ([a-z][a-z-]*)", shell_of(page))) <= set(TARGETS)


@pytest.mark.parametrize("page", PAGES)
def test_every_gradescent_command_on_a_page_exists(page: str) -> None:
    assert set(re.findall(r"(?<![\w/.-])gradescent ([a-z-]+)\b", shell_of(page))) <= commands(app)


def test_the_readme_names_the_two_commands_of_a_new_user() -> None:
    assert {"serve", "test"} <= set(re.findall(r"\bmake ([a-z][a-z-]*)", shell_of("README.md")))


def test_continuous_integration_runs_the_readmes_test_command() -> None:
    assert "\nstep make test\n" in (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8")


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *(item for extra in project["optional-dependencies"].values() for item in extra),
    ]
    reasons = (REPOSITORY / "docs" / "dependencies.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `([\w.-]+)` \|", reasons, re.MULTILINE))
    assert named == {re.match(r"[\w.-]+", item).group() for item in wanted}  # type: ignore[union-attr]

"""docs/mutants.md names every check and every mutant there is, each mutant in the row of the check that kills it."""

from __future__ import annotations

import re

import pytest

from grader.catalog import load_catalog
from grader.domain.exercise import Exercise
from grader.judge.misconceptions import InTraining, read_mutants
from grader.settings import REPOSITORY

CATALOG = load_catalog(REPOSITORY / "exercises")
SUITES = REPOSITORY / "grader" / "suites"
PAGE = (REPOSITORY / "docs" / "mutants.md").read_text(encoding="utf-8")
AGAIN = "write the page again: gradescent check --table docs/mutants.md"


def rows(slug: str) -> dict[str, str]:
    """Return an exercise's rows: the mutants by the name of their check."""
    section = PAGE.partition(f"\n## {slug}\n")[2].partition("\n## ")[0]
    found = re.findall(r"^\| ([a-z0-9-]+) \| (.*) \|$", section, re.MULTILINE)
    return {check: mutants for check, mutants in found if (check, mutants) != ("check", "mutants")}


@pytest.mark.parametrize("exercise", CATALOG.exercises, ids=lambda found: found.slug)
def test_the_page_names_every_check_and_every_mutant(exercise) -> None:
    suite = SUITES / exercise.slug
    sources = [path.read_text(encoding="utf-8") for path in sorted(suite.glob("test_*.py"))]
    checks = {name for source in sources for name in re.findall(r'@check\(\s*"([a-z0-9-]+)"', source)}
    table = rows(exercise.slug)
    assert set(table) == checks, AGAIN
    for mutant in read_mutants(suite, exercise):
        assert re.search(rf"(^|\W){mutant.name}(\W|$)", table[mutant.killed_by]), f"{mutant.name}: {AGAIN}"


def shown_in_training(exercise: Exercise) -> int:
    """Return how many mutants the training comparison refuses, by what the bank says of them."""
    return sum(mutant.in_training is InTraining.SHOWS for mutant in read_mutants(SUITES / exercise.slug, exercise))


def test_every_mutant_on_the_page_was_killed() -> None:
    row = r"^\| \[(\w+)\]\(#\w+\) \| \d+ \| (\d+) \| (\d+) \| (\d+) \| (.*) \| (.*) \|$"
    totals = re.findall(row, PAGE, re.MULTILINE)
    assert [slug for slug, *_ in totals] == [exercise.slug for exercise in CATALOG.exercises]
    assert all(mutants == killed for _, mutants, killed, *_ in totals)
    assert {slug: int(refused) for slug, _, _, refused, *_ in totals} == {
        exercise.slug: shown_in_training(exercise) for exercise in CATALOG.exercises
    }, AGAIN
    assert {right for *_, right, _ in totals} == {"3 of 3"}
    assert {seeds for *_, seeds in totals} == {"20 of 20 seeds"}

"""The pytest plugin under which a hidden suite runs: it provides the fixtures and reads the marks.

Who answers `solution` is decided by the channel: a guest in its sandbox, or (while a suite is written) a file that
is loaded in process.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import torch

from grader.domain.check import Check
from grader.domain.errors import ManifestError
from grader.domain.exercise import Exercise
from grader.judge.forms import hold_together
from grader.judge.suite import MARK, Channel, Solution, generator_for, signature_of


class SuitePlugin:
    """Runs one exercise's hidden suite against whatever `channel` and `seed` are set to at that moment."""

    def __init__(self, exercise: Exercise, reference: dict[str, Any]) -> None:
        """Raises `ManifestError` where the manifest's forms do not fit the reference's functions."""
        self._exercise, self._reference = exercise, reference
        for task in exercise.tasks:
            parameters = signature_of(reference[task.function], task.method).parameters
            hold_together(task, list(parameters), f"exercises/{exercise.slug}/manifest.toml")
        self.channel: Channel | None = None
        self.seed = 0

    def pytest_configure(self, config: pytest.Config) -> None:
        config.addinivalue_line("markers", f"{MARK}(check): what a hidden test checks, see grader.judge.suite.check")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put the checks in the order of the tasks; refuse a suite that is not what the manifest promises."""
        file = f"suites/{self._exercise.slug}"
        checks = [check_of(item) for item in items]
        names = [found.name for found in checks]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ManifestError(file, "@check name", "a different name for each check", sorted(twice))
        for task in self._exercise.tasks:
            total = sum(found.points for found in checks if found.task == task.id)
            if total != task.points:
                raise ManifestError(file, f"points of task {task.id}", f"{task.points:g} points in all", total)
        order = {task.id: place for place, task in enumerate(self._exercise.tasks)}
        if unknown := {found.task for found in checks} - order.keys():
            raise ManifestError(file, "@check task", "a task of the manifest", sorted(unknown))
        items.sort(key=lambda item: order[check_of(item).task])

    @pytest.fixture
    def solution(self) -> Solution:
        """The student's functions."""
        assert self.channel is not None, "the plugin was not given a channel"
        return Solution(self.channel, self._exercise, self._reference)

    @pytest.fixture
    def draw(self, request: pytest.FixtureRequest) -> torch.Generator:
        """A random generator of this check's own, under the job's secret seed."""
        return generator_for(self.seed, check_of(request.node).name)


def in_turn(items: Sequence[pytest.Item]) -> Iterator[tuple[pytest.Item, pytest.Item | None]]:
    """Yield each test with the one after it, as `run_item` wants them."""
    return zip(items, [*items[1:], None], strict=True)


def run_item(item: pytest.Item, following: pytest.Item | None) -> None:
    """Run one collected test through pytest's own hooks. Raises whatever the test raises.

    `following` is the test after it: what they share (the package, the module) stays set up in between.
    """
    hook = item.config.hook  # not item.ihook, which looks for conftest files each time: a suite has none
    try:
        hook.pytest_runtest_setup(item=item)
        hook.pytest_runtest_call(item=item)
    finally:
        hook.pytest_runtest_teardown(item=item, nextitem=following)


def check_of(item: Any) -> Check:
    """Return the check that a collected test is marked with."""
    mark = item.get_closest_marker(MARK)
    if mark is None:
        raise ManifestError(str(item.nodeid), "@check", "every hidden test marked as a check")
    found: Check = mark.args[0]
    return found

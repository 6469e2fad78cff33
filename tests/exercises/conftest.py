"""Lets these tests import hidden suites: their mark has to be known, because markers are strict."""

from __future__ import annotations

import pytest

from grader.judge.suite import MARK


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{MARK}(check): what a hidden test checks, see grader.judge.suite.check")

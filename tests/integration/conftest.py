"""The real grader, shared by all integration tests: its warm processes take seconds to start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from grader.catalog import load_catalog
from grader.evaluate import Grader
from grader.settings import Settings


@pytest.fixture(scope="session")
def grader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grader]:
    """The grader in the `namespaces` tier, just warmed for `adaptive`."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), sandbox_tier="namespaces")
    with Grader(settings, load_catalog(settings.exercises_dir)) as made:
        made.warm(["adaptive"])
        yield made

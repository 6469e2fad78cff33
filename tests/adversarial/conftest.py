"""One grader for all attacks: what one of them breaks, the others and the right solution after it have to feel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.catalog import load_catalog
from grader.evaluate import Grader
from grader.settings import Settings


@pytest.fixture(scope="session")
def grader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grader]:
    """The real grader in its default tier, warm for `adaptive`."""
    settings = Settings(data_dir=Path(tmp_path_factory.mktemp("data")), sandbox_tier="namespaces")
    with Grader(settings, load_catalog(settings.exercises_dir)) as made:
        made.warm(["adaptive"])
        yield made

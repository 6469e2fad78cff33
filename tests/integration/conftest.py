"""The real grader, shared by all integration tests: its warm processes take seconds to start."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

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


@pytest.fixture(scope="session")
def gradescent() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the command as a person does: `gradescent("check", "adaptive", GRADESCENT_PORT="80")`."""

    def run(*arguments: object, data: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        if data is not None:
            environment["GRADESCENT_DATA_DIR"] = str(data)
        return subprocess.run(
            [sys.executable, "-m", "grader.cli", *map(str, arguments)],
            env=os.environ | environment,
            capture_output=True,
            text=True,
            timeout=150,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    return run

"""The real grader and the real servers, shared by all integration tests: to start them takes seconds."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypedDict

import pytest
from kombu import Connection

from grader.catalog import load_catalog
from grader.domain.queues import Queue
from grader.evaluate import Grader
from grader.settings import Settings
from tests.servers import RabbitMq, Redis


@pytest.fixture(scope="session")
def grader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grader]:
    """The grader in the `namespaces` tier, just warmed for `adaptive`."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), sandbox_tier="namespaces")
    with Grader(settings, load_catalog(settings.exercises_dir)) as made:
        made.warm(["adaptive"])
        yield made


@pytest.fixture(scope="session")
def short_course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a course that is `adaptive` alone: a worker warms all exercises of its course when it starts."""
    folder = tmp_path_factory.mktemp("course")
    (folder / "adaptive").symlink_to(Settings().exercises_dir / "adaptive")
    return folder


class Backends(TypedDict):
    """Where an installation keeps its data and sends its messages; both are empty for the embedded ones."""

    database_url: str
    broker_url: str


@pytest.fixture(scope="session")
def redis() -> Iterator[Redis]:
    """A Redis server of our own."""
    with Redis() as server:
        assert isinstance(server, Redis)
        yield server


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[RabbitMq]:
    """A RabbitMQ node of our own."""
    with RabbitMq() as server:
        assert isinstance(server, RabbitMq)
        yield server


@pytest.fixture(params=["embedded", "redis", "rabbitmq"])
def backends(request: pytest.FixtureRequest) -> Backends:
    """An empty database and an empty broker: once the embedded ones, once PostgreSQL with each of the brokers."""
    if request.param == "embedded":
        return Backends(database_url="", broker_url="")
    url: str = request.getfixturevalue(request.param).url
    with Connection(url) as connection:
        for queue in Queue:
            connection.default_channel.queue_delete(queue.value)  # with what an earlier test has left there
    return Backends(database_url=request.getfixturevalue("postgres").new_database(), broker_url=url)


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

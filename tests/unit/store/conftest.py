"""Whatever holds of the store holds on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from grader.store.database import Database
from tests.servers import Postgres


@pytest.fixture(scope="session")
def template(postgres: Postgres) -> str:
    """The name of a migrated database on the server, to be copied."""
    url = postgres.new_database()
    made = Database(url)
    made.migrate()
    made.close()
    return url.rpartition("/")[2]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty database with the schema, of each kind."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite")
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    made = Database(postgres.new_database(template=request.getfixturevalue("template")))
    yield made
    made.close()

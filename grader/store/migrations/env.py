"""Alembic's entry: migrates over the connection that `Database.migrate` hands in."""

from __future__ import annotations

from alembic import context

from grader.store.tables import GradingJob

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=GradingJob.metadata,
    render_as_batch=True,  # SQLite alters a table by copying it
)
with context.begin_transaction():
    context.run_migrations()

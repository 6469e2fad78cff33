"""Alembic's entry: migrates over the connection that `Database.migrate` hands in."""

from __future__ import annotations

from alembic import context

from grader.store import course_tables, grade_tables, tables
from grader.store.columns import Base

assert {course_tables, grade_tables, tables}, "what is imported here has put its tables into the metadata"

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite alters a table by copying it
)
with context.begin_transaction():
    context.run_migrations()

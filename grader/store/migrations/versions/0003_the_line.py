"""the line: a queue and a place in it for each job, the hash of each submission's files, the form that it came with"""

from __future__ import annotations

import hashlib
from itertools import groupby

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_UNFINISHED = sa.text("status IN ('queued', 'running')")
_BATCH = 1000


def upgrade() -> None:
    with op.batch_alter_table("grading_jobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("queue", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("order_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE grading_jobs SET order_at = created_at, queue = CASE WHEN stage = 'checks' THEN 'cpu'"
        " WHEN device IN ('gpu', 'auto') THEN 'gpu' ELSE 'comparison' END"
    )
    with op.batch_alter_table("grading_jobs", schema=None) as batch_op:
        batch_op.alter_column("queue", existing_type=sa.String(length=32), nullable=False)
        batch_op.alter_column("order_at", existing_type=sa.DateTime(timezone=True), nullable=False)
        batch_op.drop_index(batch_op.f("ix_grading_jobs_status_leased_until"))
        batch_op.create_index(
            "ix_grading_jobs_line",
            ["queue", "order_at", "id"],
            sqlite_where=_UNFINISHED,
            postgresql_where=_UNFINISHED,
        )
        batch_op.create_index(
            "uq_grading_jobs_unfinished",
            ["submission_id", "stage"],
            unique=True,
            sqlite_where=_UNFINISHED,
            postgresql_where=_UNFINISHED,
        )
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("request_key", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("content_hash", sa.String(length=64), nullable=True))
    _hash_all()
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.alter_column("content_hash", existing_type=sa.String(length=64), nullable=False)
        batch_op.create_unique_constraint(batch_op.f("uq_submissions_user_id_request_key"), ["user_id", "request_key"])
        batch_op.create_index(batch_op.f("ix_submissions_created_at"), ["created_at"])
        batch_op.create_index(batch_op.f("ix_submissions_exercise_content_hash"), ["exercise", "content_hash"])


def _hash_all() -> None:
    """Compute the hashes as `grader.domain.submission.content_hash` did when this was written."""
    connection = op.get_bind()
    last = 0
    while True:
        rows = connection.execute(
            sa.text(
                "SELECT s.id, f.name, f.content FROM (SELECT id FROM submissions WHERE id > :last ORDER BY id"
                " LIMIT :batch) s LEFT JOIN submission_files f ON f.submission_id = s.id ORDER BY s.id, f.name"
            ),
            {"last": last, "batch": _BATCH},
        ).all()
        if not rows:
            return
        hashes = [{"number": number, "hash": _hash(files)} for number, files in groupby(rows, key=lambda row: row[0])]
        connection.execute(sa.text("UPDATE submissions SET content_hash = :hash WHERE id = :number"), hashes)
        last = rows[-1][0]


def _hash(files: object) -> str:
    whole = hashlib.sha256()
    for _, name, content in sorted((row for row in files if row[1] is not None), key=lambda row: row[1]):  # type: ignore[attr-defined]
        body = content.encode() if isinstance(content, str) else bytes(content)
        for part in (name.encode(), body):
            whole.update(len(part).to_bytes(8, "big") + part)
    return whole.hexdigest()


def downgrade() -> None:
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_submissions_exercise_content_hash"))
        batch_op.drop_index(batch_op.f("ix_submissions_created_at"))
        batch_op.drop_constraint(batch_op.f("uq_submissions_user_id_request_key"), type_="unique")
        batch_op.drop_column("content_hash")
        batch_op.drop_column("request_key")
    op.execute("UPDATE grading_jobs SET status = 'failed' WHERE status = 'cancelled'")
    with op.batch_alter_table("grading_jobs", schema=None) as batch_op:
        batch_op.drop_index("uq_grading_jobs_unfinished")
        batch_op.drop_index("ix_grading_jobs_line")
        batch_op.create_index(batch_op.f("ix_grading_jobs_status_leased_until"), ["status", "leased_until"])
        batch_op.drop_column("order_at")
        batch_op.drop_column("queue")

"""comparisons: the second stage of a grading job, its details, and the workers that are there"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("grading_jobs", schema=None) as batch_op:
        # All jobs so far are those of checks; from here on the code says which stage a new one is.
        batch_op.add_column(sa.Column("stage", sa.String(length=32), nullable=False, server_default="checks"))
        batch_op.add_column(sa.Column("checks_job_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("device", sa.String(length=32), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_grading_jobs_checks_job_id_grading_jobs"), "grading_jobs", ["checks_job_id"], ["id"]
        )
        batch_op.create_unique_constraint(batch_op.f("uq_grading_jobs_checks_job_id"), ["checks_job_id"])
        batch_op.create_check_constraint(
            batch_op.f("ck_grading_jobs_comparison_follows_checks"),
            "(stage = 'comparison') = (checks_job_id IS NOT NULL)",
        )
    with op.batch_alter_table("grading_jobs", schema=None) as batch_op:
        batch_op.alter_column("stage", server_default=None)

    op.create_table(
        "comparison_details",
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["grading_jobs.id"], name=op.f("fk_comparison_details_job_id_grading_jobs")
        ),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_comparison_details")),
    )
    op.create_table(
        "workers",
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("queues", sa.String(length=64), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
    )


def downgrade() -> None:
    op.drop_table("workers")
    op.drop_table("comparison_details")
    comparisons = "SELECT id FROM grading_jobs WHERE stage = 'comparison'"
    op.execute(f"DELETE FROM check_results WHERE job_id IN ({comparisons})")  # noqa: S608 - no outside text
    op.execute("DELETE FROM grading_jobs WHERE stage = 'comparison'")
    with op.batch_alter_table("grading_jobs", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_grading_jobs_comparison_follows_checks"), type_="check")
        batch_op.drop_constraint(batch_op.f("uq_grading_jobs_checks_job_id"), type_="unique")
        batch_op.drop_constraint(batch_op.f("fk_grading_jobs_checks_job_id_grading_jobs"), type_="foreignkey")
        batch_op.drop_column("device")
        batch_op.drop_column("checks_job_id")
        batch_op.drop_column("stage")

"""reused results: under which conditions a job was graded, and whose result it took over"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("grading_jobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("environment", sa.String(length=128), nullable=True))
        batch_op.add_column(sa.Column("reused_job_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_grading_jobs_reused_job_id_grading_jobs"), "grading_jobs", ["reused_job_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("grading_jobs", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_grading_jobs_reused_job_id_grading_jobs"), type_="foreignkey")
        batch_op.drop_column("reused_job_id")
        batch_op.drop_column("environment")

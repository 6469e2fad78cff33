"""grades: recorded ones, those set by hand, extensions, the audit log; the course, who is in it, its suites"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "courses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=128), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_courses")),
        sa.UniqueConstraint("slug", name=op.f("uq_courses_slug")),
    )
    op.create_table(
        "enrolments",
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("enrolled_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_enrolments_course_id_courses")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_enrolments_user_id_users")),
        sa.PrimaryKeyConstraint("course_id", "user_id", name=op.f("pk_enrolments")),
    )
    op.create_index(op.f("ix_enrolments_user_id"), "enrolments", ["user_id"])
    op.create_table(
        "exercises",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("suite_version", sa.String(length=64), nullable=False),
        sa.Column("suite_since", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_exercises_course_id_courses")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exercises")),
        sa.UniqueConstraint("course_id", "slug", name=op.f("uq_exercises_course_id_slug")),
    )
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=256), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_audit_log_actor_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index(op.f("ix_audit_log_at"), "audit_log", ["at"])
    op.create_table(
        "extensions",
        *_of_a_student("extensions"),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("given_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "exercise", name=op.f("pk_extensions")),
    )
    op.create_table(
        "grades",
        *_of_a_student("grades"),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("points", sa.Double(), nullable=False),
        sa.Column("is_provisional", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", _TIME, nullable=False),
        sa.CheckConstraint("points >= 0", name=op.f("ck_grades_points_not_negative")),
        sa.PrimaryKeyConstraint("user_id", "exercise", "kind", name=op.f("pk_grades")),
    )
    op.create_table(
        "overrides",
        *_of_a_student("overrides"),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("points", sa.Double(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_at", _TIME, nullable=False),
        sa.CheckConstraint("points >= 0", name=op.f("ck_overrides_points_not_negative")),
        sa.PrimaryKeyConstraint("user_id", "exercise", "kind", name=op.f("pk_overrides")),
    )
    op.execute("INSERT INTO courses (slug, title, created_at) VALUES ('course', 'Gradescent', CURRENT_TIMESTAMP)")
    op.execute(
        "INSERT INTO enrolments (course_id, user_id, role, enrolled_at)"
        " SELECT courses.id, users.id, users.role, users.created_at FROM courses, users"
    )
    _record_grades()


def _of_a_student(table: str) -> tuple[sa.Column[int], sa.Column[str], sa.ForeignKeyConstraint]:
    return (
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("exercise", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f(f"fk_{table}_user_id_users")),
    )


def _record_grades() -> None:
    """Record what has been graded so far as `grader.store.grades` did when this was written."""
    op.execute(
        """
        INSERT INTO grades (user_id, exercise, kind, points, is_provisional, recorded_at)
        SELECT user_id, exercise, 'exercise', points, is_provisional, recorded_at FROM (
            SELECT s.user_id, s.exercise, coalesce(j.points, 0) + coalesce(c.points, 0) AS points,
                coalesce(c.status IN ('queued', 'running'), FALSE) AS is_provisional,
                coalesce(j.finished_at, j.created_at) AS recorded_at,
                row_number() OVER (PARTITION BY s.user_id, s.exercise
                    ORDER BY coalesce(j.points, 0) + coalesce(c.points, 0) DESC, s.attempt_no) AS place
            FROM submissions s
            JOIN grading_jobs j ON j.id = (SELECT max(n.id) FROM grading_jobs n WHERE n.submission_id = s.id
                AND n.stage = 'checks' AND n.status = 'graded')
            LEFT JOIN grading_jobs c ON c.checks_job_id = j.id
        ) best WHERE place = 1
        """
    )
    op.execute(
        """
        INSERT INTO grades (user_id, exercise, kind, points, is_provisional, recorded_at)
        SELECT a.user_id, a.exercise, 'quiz', max(coalesce(j.points, 0)),
            count(q.id) > 0, max(coalesce(j.finished_at, j.created_at))
        FROM quiz_attempts a
        JOIN grading_jobs j ON j.quiz_attempt_id = a.id AND j.status = 'graded'
        LEFT JOIN quiz_scores q ON q.attempt_id = a.id AND q.is_provisional
        GROUP BY a.user_id, a.exercise
        """
    )


def downgrade() -> None:
    for table in ("overrides", "grades", "extensions", "audit_log", "exercises", "enrolments", "courses"):
        op.drop_table(table)

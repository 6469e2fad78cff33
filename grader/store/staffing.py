"""What staff do by hand: cancel, grade again, more time for a student, points in the place of a grade; and its log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from grader.store import jobs
from grader.store.grade_tables import AuditEntry, Extension, GradeKind, Override
from grader.store.tables import GradingJob, Submission, User


def write_audit(
    session: Session, actor: User | None, action: str, subject: str, *, now: datetime, **details: Any
) -> None:
    """Note who did what to what; without an actor it was a command of the operator's."""
    session.add(
        AuditEntry(at=now, actor_id=actor.id if actor else None, action=action, subject=subject[:256], details=details)
    )


def cancel(session: Session, submission: Submission, *, also_running: bool, actor: User | None, now: datetime) -> None:
    """Cancel what is unfinished of a submission, as `store.jobs` does. Raises `NotNow`."""
    jobs.cancel(session, submission, now=now, also_running=also_running)
    write_audit(session, actor, "cancel", f"submission {submission.id}", now=now)


def grade_again(
    session: Session, submission: Submission, *, urgently: bool, actor: User | None, now: datetime
) -> GradingJob:
    """Store one more job for a submission, as `store.jobs` does; send it after the commit. Raises `NotNow`."""
    job = jobs.grade_again(session, submission, now=now, urgently=urgently)
    write_audit(session, actor, "grade again", f"submission {submission.id}", now=now, job=job.id)
    return job


def audit_log(session: Session, *, limit: int) -> Sequence[AuditEntry]:
    """Return the newest entries with their actors, newest first."""
    return session.scalars(
        select(AuditEntry).options(joinedload(AuditEntry.actor)).order_by(AuditEntry.id.desc()).limit(limit)
    ).all()


def due_of(session: Session, user: User, exercise: str, due: datetime | None) -> datetime | None:
    """Return a student's own last moment: the later one of the exercise's and that of an extension."""
    if due is None:
        return None
    own = session.scalar(select(Extension.due_at).where(Extension.user_id == user.id, Extension.exercise == exercise))
    return max(due, own) if own else due


def extend(
    session: Session, user: User, exercise: str, due: datetime, reason: str, *, actor: User | None, now: datetime
) -> None:
    """Give a student until `due` for an exercise, in the place of an earlier extension."""
    session.merge(Extension(user_id=user.id, exercise=exercise, due_at=due, reason=reason, given_at=now))
    subject = f"{exercise} of user {user.id}"
    write_audit(session, actor, "extend", subject, now=now, due=due.isoformat(), reason=reason)


def override(
    session: Session,
    user: User,
    exercise: str,
    kind: GradeKind,
    points: float | None,
    reason: str,
    *,
    actor: User | None,
    now: datetime,
) -> None:
    """Set a student's points for an exercise or its quiz by hand; `None` lets the recorded grade count again."""
    if points is None:
        session.execute(
            delete(Override).where(Override.user_id == user.id, Override.exercise == exercise, Override.kind == kind)
        )
    else:
        session.merge(Override(user_id=user.id, exercise=exercise, kind=kind, points=points, reason=reason, set_at=now))
    subject = f"{kind} {exercise} of user {user.id}"
    write_audit(session, actor, "override", subject, now=now, points=points, reason=reason)

"""Whether the portal is well: for supervisors and load balancers, open to everybody."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from webapp.portal import portal

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Answer 200 when the database answers, else 503."""
    try:
        with portal().database.reading() as session:
            session.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        return {"status": "the database does not answer", "error": type(error).__name__}, 503
    return {"status": "ok"}

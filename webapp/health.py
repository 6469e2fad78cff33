"""Whether the portal lives, and whether it is ready: for supervisors and load balancers, open to everybody."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from webapp.portal import portal

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Answer 200 as long as the process answers at all: a portal is not started again for a database that is down."""
    return {"status": "ok"}


@blueprint.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Answer 200 when visitors can be sent here, else 503 and what is wrong with which part."""
    faults = portal().readiness.faults()
    if faults:
        return {"status": "not ready", "faults": faults}, 503
    return {"status": "ready"}

"""Whether the portal lives, whether it is ready, and its metrics: for supervisors, load balancers, Prometheus."""

from __future__ import annotations

import hmac

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST

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


@blueprint.get("/metrics")
def metrics() -> ResponseReturnValue:
    """Answer who knows the token; for all others there is nothing here."""
    wanted = portal().settings.metrics_token
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if not wanted or scheme.lower() != "bearer" or not hmac.compare_digest(given.encode(), wanted.encode()):
        abort(404)
    return Response(portal().metrics.tell(), content_type=CONTENT_TYPE_LATEST)

"""`GET /metrics` for Prometheus. Requires METRICS_TOKEN as bearer token; 404 if the setting is not set."""

import hmac

from flask import Response, current_app, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from helix.errors import NotFound, NotSignedIn
from helix.metrics import exposition
from helix.services import monitoring
from helix.settings import Settings
from helix.web.blueprint import public_blueprint

blueprint = public_blueprint("metrics")
BLUEPRINTS = (blueprint,)


@blueprint.get("/metrics")
def show() -> ResponseReturnValue:
    settings: Settings = current_app.config["HELIX"]
    if settings.metrics_token is None:
        raise NotFound
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), settings.metrics_token.encode()):
        raise NotSignedIn("Send METRICS_TOKEN: Authorization: Bearer ...")
    answer = Response(exposition.render(monitoring.all_figures()), content_type=CONTENT_TYPE_PLAIN_0_0_4)
    answer.headers["Cache-Control"] = "no-store"
    return answer

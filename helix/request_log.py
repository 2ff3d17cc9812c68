"""Access log and metrics: one log line and one observation per request, with a request id in the response and the logs.

The route is logged and not the URL, because URLs hold one-time tokens and search texts.
"""

import logging
import re
import time
import uuid

from flask import Flask, Response, g, request

from helix import logs
from helix.metrics import http
from helix.settings import Settings

HEADER = "X-Request-ID"
VALID_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,100}")
# Polled every few seconds by probes: logged at debug level only.
PROBE_ROUTES = ("/api/health", "/api/health/", "/metrics")
log = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    """Register the hooks. Call it before other `before_request` functions are registered."""

    @app.before_request
    def _begin() -> None:
        given = request.headers.get(HEADER, "")
        g.request_id = given if VALID_REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        g.began = time.perf_counter()
        logs.reset(request_id=g.request_id)

    @app.after_request
    def _end(response: Response) -> Response:
        if "request_id" not in g:  # an earlier hook answered
            return response
        response.headers[HEADER] = g.request_id
        settings: Settings = app.config["HELIX"]
        if settings.metrics_token:
            http.observe_request(route(), request.method, response.status_code, time.perf_counter() - g.began)
        if settings.access_log:
            log.log(
                _level(response), "%s %s %s", request.method, route(), response.status_code, extra=_fields(response)
            )
        return response


def route() -> str:
    """The matched URL rule, such as /api/tasks/<int:task_id>."""
    return request.url_rule.rule if request.url_rule else "(no such address)"


def _level(response: Response) -> int:
    if response.status_code >= 500:
        return logging.WARNING
    rule = route()
    return logging.DEBUG if rule in PROBE_ROUTES or rule.startswith("/static/") else logging.INFO


def _fields(response: Response) -> dict[str, object]:
    """The fields of the log line. For streams, the duration is the time until the first byte."""
    actor = g.get("actor")
    ids = {name: value for name, value in (request.view_args or {}).items() if name in ("run_id", "task_id")}
    return {
        "method": request.method,
        "route": route(),
        "status": response.status_code,
        "duration_ms": round((time.perf_counter() - g.began) * 1000, 1),
        "bytes": None if response.is_streamed else response.content_length,
        "user_id": actor.user_id if actor else None,
        "address": request.remote_addr,
        **ids,
    }

"""One line and one count a request, and its number in the answer and in every line that is written on its behalf.

The route is written, not the address: addresses hold one-time links and what people search for.
"""

import logging
import re
import time
import uuid

from flask import Flask, Response, g, request

from config import Settings
from helix import logs
from helix.metrics import http

HEADER = "X-Request-ID"
VALID_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,100}")
# Asked every few seconds by machines: written only where somebody looks for everything.
PROBE_ROUTES = ("/api/health", "/api/health/", "/metrics")
log = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    """To be called before anything else of the application looks at a request."""

    @app.before_request
    def _begin() -> None:
        given = request.headers.get(HEADER, "")
        g.request_id = given if VALID_REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        g.began = time.perf_counter()
        logs.reset(request_id=g.request_id)

    @app.after_request
    def _end(response: Response) -> Response:
        if "request_id" not in g:  # something before us answered
            return response
        response.headers[HEADER] = g.request_id
        settings: Settings = app.config["HELIX"]
        if settings.metrics_token:
            http.observe_request(route(), request.method, response.status_code, time.perf_counter() - g.began)
        if settings.access_log:
            log.log(_level(response), "%s %s %s", request.method, route(), response.status_code, extra=_about(response))
        return response


def route() -> str:
    """The pattern that the address matched, such as /api/tasks/<int:task_id>."""
    return request.url_rule.rule if request.url_rule else "(no such address)"


def _level(response: Response) -> int:
    if response.status_code >= 500:
        return logging.WARNING
    rule = route()
    return logging.DEBUG if rule in PROBE_ROUTES or rule.startswith("/static/") else logging.INFO


def _about(response: Response) -> dict[str, object]:
    """For a stream, the time until it began."""
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

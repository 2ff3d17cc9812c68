"""Error handlers: errors become JSON for the API, a toast for htmx, and a page for browsers."""

import errno
import logging
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from helix.errors import HelixError, Invalid, TooManyRequests
from helix.web import session
from helix.web.blueprint import accepts_html, render_page

CSRF_REFUSED = "This page has expired, or its form was not sent from this site. Reload the page and try again."
NO_REFERER = (
    "Your browser did not say which page this form came from (the Referer header), which is required over https. "
    "Allow it for this site, in the browser or in the extension that removes it, and try again."
)
OTHER_HOST = (
    "This form was sent from {sent_from}, and reached the server as a request for {host}. If you opened HELIX at the "
    "former, the proxy in front of it must pass the Host header unchanged: tell whoever runs this server."
)
log = logging.getLogger(__name__)

WORDS = {
    400: "The request could not be read.",
    401: "Sign in first: the token is missing, wrong or no longer valid.",
    403: "You do not have the right to do this.",
    404: "Not found",
    405: "This address does not take that method.",
    413: "That is too large.",
    415: "This kind of content is not accepted here.",
    429: "Too many tries. Wait a moment and try again.",
    500: "Something went wrong on our side. Try again in a moment.",
    503: "The database cannot be reached right now. Try again in a moment.",
}
TITLES = {
    400: "Bad request",
    401: "Sign in first",
    403: "Access denied",
    404: "Not found",
    405: "Not possible here",
    409: "Not possible now",
    413: "Too large",
    422: "Check your input",
    429: "Too many tries",
    503: "Temporarily unavailable",
}
NOTHING_HERE = "There is nothing at this address, or you may not see it."

DISK_FULL_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
CHUNK_BYTES, MAX_CHUNKS = 64 * 1024, 1000
DISK_FULL = "The disk of the server is full, so nothing was kept. Make room on it, then try again."


def init_app(app: Flask) -> None:
    app.register_error_handler(HelixError, _helix_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(OperationalError, _database_error)
    app.register_error_handler(OSError, _os_error)
    app.register_error_handler(Exception, _crash)


def _helix_error(error: HelixError) -> Response:
    detail: Any = error.problems if isinstance(error, Invalid) and _is_api_request() else error.message
    response = error_response(error.status, detail, **error.extra)
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _http_error(error: HTTPException) -> Response:
    if error.code is None or error.code < 400:
        return error.get_response()  # type: ignore[return-value]
    words = _csrf_message() if isinstance(error, CSRFError) else WORDS.get(error.code, error.description or error.name)
    response = error_response(error.code, words)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _csrf_message() -> str:
    """The message for a refused form. Over https the Referer must be of the same host; when it and the `Host` header
    differ, the proxy is misconfigured and reloading does not help."""
    sent_from = urlsplit(request.referrer or "").netloc
    if not request.is_secure or sent_from == request.host:
        return CSRF_REFUSED
    if not sent_from:
        log.warning("A form was refused: it came over https without a Referer, which a browser or a proxy took away")
        return NO_REFERER
    log.error(
        "A form sent from %.200r was refused: the request that reached us is for the host %.200r. If people open HELIX "
        "at the former, the proxy must pass their Host header (nginx: proxy_set_header Host $host;)",
        sent_from,
        request.host,
    )
    return OTHER_HOST.format(sent_from=sent_from[:200], host=request.host[:200])


def _database_error(error: OperationalError) -> Response:
    log.error("The database did not answer: %s", error.orig)
    return error_response(503, WORDS[503])


def _os_error(error: OSError) -> Response:
    """A full disk as a 503. Uploads are buffered in a temporary file, so this can happen before a view runs."""
    if error.errno not in DISK_FULL_ERRORS:
        return _crash(error)
    log.error("The disk is full: %s", error)
    _drain_request()
    return error_response(503, DISK_FULL)


def _drain_request() -> None:
    """Read the rest of the upload: closing the connection earlier would discard the response."""
    for _ in range(MAX_CHUNKS):
        if not request.environ["wsgi.input"].read(CHUNK_BYTES):
            return


def _crash(error: Exception) -> Response:
    # Log the route and not the URL, which may hold a one-time token.
    log.exception("%s %s broke", request.method, request.url_rule or "(no such address)", exc_info=error)
    return error_response(500, WORDS[500])


def _is_api_request() -> bool:
    return request.path == "/api" or request.path.startswith("/api/")


def error_response(status: int, detail: Any, **extra: Any) -> Response:
    """The error as JSON, toast or page, depending on the client."""
    if _is_api_request():
        return make_response(jsonify({"detail": detail, **extra}), status)
    if request.headers.get("HX-Request"):
        # htmx swaps 422 only; requests.js reads the JSON of other failures, and of its own requests.
        is_swapped = status == 422 and bool(request.headers.get("HX-Source"))
        response = make_response(render_template("errors/toast.html", is_swapped=is_swapped, detail=detail), status)
        response.headers["HX-Retarget"] = "#toasts"
        response.headers["HX-Reswap"] = "beforeend"
        return response
    detail = NOTHING_HERE if status == 404 and detail == WORDS[404] else detail
    context = {"status": status, "title": TITLES.get(status, "Something went wrong"), "detail": detail}
    return _page_in_layout(context) or make_response(render_template("errors/page.html", **context), status)


def _page_in_layout(context: dict[str, Any]) -> Response | None:
    """The error page in the layout, for signed-in users.

    None when signed out, when the client expects no page, and when the layout fails: it needs the database, which may
    be what failed.
    """
    if context["status"] in (401, 503) or not accepts_html():
        return None
    try:
        here = session.visitor()
        if here is None:
            return None
        g.actor = here.actor
        return render_page("errors/framed.html", **context)
    except Exception:
        log.exception("A failure is shown without the frame of the page")
        return None

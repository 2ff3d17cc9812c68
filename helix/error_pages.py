"""Failures as JSON, as a toast or as a page, by the door they happened at. The only place that decides this."""

import errno
import logging
from typing import Any

from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from helix.errors import HelixError, Invalid, TooManyRequests
from helix.web.door import page

FORGED = "This page is out of date, or its form was not sent from here. Reload the page and try again."
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


FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
PIECE, MOST_PIECES = 64 * 1024, 1000
DISK_FULL = "The disk of the server is full, so nothing was kept. Make room on it, then try again."


def init_app(app: Flask) -> None:
    app.register_error_handler(HelixError, _helix_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(OperationalError, _database_away)
    app.register_error_handler(OSError, _from_the_system)
    app.register_error_handler(Exception, _crash)


def _helix_error(error: HelixError) -> Response:
    detail: Any = error.problems if isinstance(error, Invalid) and _at_the_api() else error.message
    response = answer(error.status, detail, **error.extra)
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _http_error(error: HTTPException) -> Response:
    if error.code is None or error.code < 400:
        return error.get_response()  # type: ignore[return-value]
    words = FORGED if isinstance(error, CSRFError) else WORDS.get(error.code, error.description or error.name)
    response = answer(error.code, words)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _database_away(error: OperationalError) -> Response:
    log.error("The database did not answer: %s", error.orig)
    return answer(503, WORDS[503])


def _from_the_system(error: OSError) -> Response:
    """An upload on its way in lies in a temporary file, and so a full disk may be met before any code of ours."""
    if error.errno not in FULL:
        return _crash(error)
    log.error("The disk is full: %s", error)
    _read_to_the_end()
    return answer(503, DISK_FULL)


def _read_to_the_end() -> None:
    """A connection that is closed while an upload still comes in takes the answer with it."""
    for _ in range(MOST_PIECES):
        if not request.environ["wsgi.input"].read(PIECE):
            return


def _crash(error: Exception) -> Response:
    # The route and not the address, which may hold a one-time link.
    log.exception("%s %s broke", request.method, request.url_rule or "(no such address)", exc_info=error)
    return answer(500, WORDS[500])


def _at_the_api() -> bool:
    return request.path == "/api" or request.path.startswith("/api/")


def answer(status: int, detail: Any, **extra: Any) -> Response:
    """The failure in the form that whoever asked can read."""
    if _at_the_api():
        return make_response(jsonify({"detail": detail, **extra}), status)
    if request.headers.get("HX-Request"):
        response = make_response(render_template("errors/toast.html", status=status, detail=detail, **extra), status)
        response.headers["HX-Retarget"] = "#toasts"
        response.headers["HX-Reswap"] = "beforeend"
        return response
    if status == 403 and "actor" in g:
        # Somebody who is signed in sees where he is, and goes on from there.
        return page("errors/refused.html", status=status, detail=detail)
    return make_response(render_template("errors/page.html", status=status, detail=detail), status)

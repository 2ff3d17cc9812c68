"""A page that somebody who is signed in may not open, in its frame: he sees where he is and goes on from there."""

from flask import Flask, g, request
from flask.typing import ResponseReturnValue

from helix import error_pages
from helix.errors import Forbidden
from helix.web.door import by_htmx, page


def register(app: Flask) -> None:
    app.register_error_handler(Forbidden, _refused)


def _refused(error: Forbidden) -> ResponseReturnValue:
    if "actor" not in g or by_htmx() or request.headers.get("HX-Request") or request.path.startswith("/api"):
        return error_pages.answer(error.status, error.message, **error.extra)
    return page("errors/refused.html", status=error.status, detail=error.message)

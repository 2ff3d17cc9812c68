"""A form that is sent twice is done once.

Every form that is posted carries a key, new each time the form is shown. The first request with it is answered by the
view, and each further one with the same key and content by that same answer: a double click, Enter pressed twice, a
page that is sent again. Other content under the same key is another request, so nothing that was typed gets lost.

The key and its answer are kept in transactions of their own, before and after those of the view. A process that is
killed between the change and its answer keeps the key reserved for two minutes; after that the form can be sent again.
"""

import base64
import hashlib
import json
import logging
import re
import secrets
import time
import zlib
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, g, make_response, redirect, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError

from helix import shutdown
from helix.crypto.secrets import KeyMissing
from helix.services import idempotency
from helix.services.idempotency import RequestInProgress, Reservation, StoredResponse
from helix.services.secrets import decrypt, encrypt
from helix.transaction import end_reading, transaction

log = logging.getLogger(__name__)

FIELD = "form_key"
# The next key of a form that stays on the page after it was sent (requests.js).
NEXT_KEY = "X-Form-Key"
# Every rendered form gets a key of its own in place of this, in pages that are remembered, too. No text that anybody
# typed can look like it: there "<" is escaped.
PLACEHOLDER = "<the key of this form>"
PATTERN = re.compile(re.escape(PLACEHOLDER.encode()))
# What differs between two requests that mean the same.
BESIDES = {FIELD, "csrf_token"}
KEPT_HEADERS = ("Location", "Content-Type", "Cache-Control")
# A larger answer is not kept: whoever sends the form again is led to the page.
MOST_BYTES = 500_000
# Seconds that the second request waits for the answer of the first.
PATIENCE = 25.0
LOOK_EVERY = 0.05

View = Callable[..., ResponseReturnValue]


def register(app: Flask) -> None:
    """`form_key()` for templates."""
    app.jinja_env.globals["form_key"] = lambda: Markup(PLACEHOLDER)  # noqa: S704 - replaced below
    app.after_request(_with_keys)


def _with_keys(response: Response) -> Response:
    if response.mimetype == "text/html" and not response.is_streamed and not response.direct_passthrough:
        page = response.get_data()
        if PLACEHOLDER.encode() in page:
            response.set_data(PATTERN.sub(lambda _found: _new_key().encode(), page))
    return response


def _new_key() -> str:
    return secrets.token_urlsafe(16)


def repeatable(view: View) -> View:
    """For a view that is posted to and changes nothing: it is answered each time."""
    view.repeatable = True  # type: ignore[attr-defined]
    return view


class FormBlueprint(Blueprint):
    """A blueprint whose posted forms are done once."""

    def add_url_rule(
        self, rule: str, endpoint: str | None = None, view_func: Any = None, *args: Any, **options: Any
    ) -> None:
        if view_func is not None and "POST" in (options.get("methods") or ()):
            endpoint, view_func = endpoint or view_func.__name__, once(view_func)
        super().add_url_rule(rule, endpoint, view_func, *args, **options)


def once(view: View) -> View:
    """For a view of somebody who is signed in. Without a key in the form it answers as ever."""
    if getattr(view, "repeatable", False):
        return view

    @wraps(view)
    def done_once(**values: Any) -> ResponseReturnValue:
        key = request.form.get(FIELD)
        if not key:
            return view(**values)
        begun = _begin(key)
        answer = _again(begun) if isinstance(begun, StoredResponse) else _first(begun, view, values)
        if answer.status_code < 400:
            answer.headers[NEXT_KEY] = _new_key()
        return answer

    done_once.done_once = True  # type: ignore[attr-defined]
    return done_once


def _begin(key: str) -> Reservation | StoredResponse:
    """Waits for the first of two requests at once. Raises UnderWay when that takes too long."""
    sent = hashlib.sha256(f"{key}\n{_content()}".encode()).hexdigest()
    last = time.monotonic() + PATIENCE
    while True:
        try:
            return idempotency.begin(g.actor, sent, f"{request.method} {request.path.rstrip('/')}"[:200], sent)
        except RequestInProgress:
            end_reading()
            if time.monotonic() > last or shutdown.wait(LOOK_EVERY):
                raise


def _content() -> str:
    fields = sorted((name, value) for name, value in request.form.items(multi=True) if name not in BESIDES)
    files = []
    for name, file in request.files.items(multi=True):
        files.append((name, file.filename, hashlib.file_digest(file.stream, "sha256").hexdigest()))  # type: ignore[arg-type]
        file.stream.seek(0)
    return json.dumps([fields, files, request.query_string.decode(errors="replace")])


def _first(reservation: Reservation, view: View, values: dict[str, Any]) -> Response:
    try:
        answer = make_response(view(**values))
    except BaseException:
        idempotency.release(reservation)
        raise
    if answer.status_code >= 400:
        # What was refused can be mended and sent again.
        idempotency.release(reservation)
        return answer
    try:
        with transaction():
            idempotency.finish(reservation, answer.status_code, _kept(answer))
    except (SQLAlchemyError, RequestInProgress):
        # The change is committed: its answer is given, and only not kept.
        log.exception("the answer to a form was not kept")
    return answer


def _kept(answer: Response) -> dict[str, Any]:
    """An answer as it is kept: sealed, since some hold a secret that is shown once."""
    headers = {
        name: value for name, value in answer.headers.items() if name in KEPT_HEADERS or name.upper().startswith("HX-")
    }
    body = b"" if answer.direct_passthrough else answer.get_data()
    packed = base64.b64encode(zlib.compress(body)).decode() if len(body) <= MOST_BYTES else None
    return {"headers": headers, "body": encrypt(packed) if packed else None}


def _again(first: StoredResponse) -> Response:
    try:
        packed = decrypt(first.body["body"])
    except KeyMissing:
        packed = None
    if packed is None:
        # What it looked like is not known any more: the page shows what came of it.
        if request.headers.get("HX-Request"):
            return make_response("", 200, {"HX-Refresh": "true"})
        return make_response(redirect(urlsplit(request.referrer or "").path or "/", 303))
    answer = make_response(zlib.decompress(base64.b64decode(packed)), first.status)
    answer.headers.update(first.body["headers"])
    return answer

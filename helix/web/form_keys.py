"""Idempotent forms: a form that is submitted twice takes effect once.

Every posted form carries a key, new each time the form is rendered. The view handles the first request with a key;
later requests with the same key and content get the stored response: a double click, Enter pressed twice, a resent
page. Other content under the same key counts as another request, so that no input is lost.

The key and the response are stored in their own transactions, before and after that of the view. If the process is
killed in between, the key stays reserved for two minutes; after that the form can be submitted again.
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
from helix.db.transaction import end_reading, transaction
from helix.services import idempotency
from helix.services.idempotency import RequestInProgress, Reservation, StoredResponse
from helix.services.secrets import decrypt, encrypt

log = logging.getLogger(__name__)

FIELD = "form_key"
# The next key of a form that stays on the page after it was sent (requests.js).
NEXT_KEY = "X-Form-Key"
# Replaced by a new key when the response is sent, so that cached pages get fresh keys. User text cannot contain it,
# because templates escape "<".
PLACEHOLDER = "<the key of this form>"
PATTERN = re.compile(re.escape(PLACEHOLDER.encode()))
# Fields that may differ between two submissions of the same form.
IGNORED_FIELDS = {FIELD, "csrf_token"}
STORED_HEADERS = ("Location", "Content-Type", "Cache-Control")
# Larger responses are not stored: a repeated request is redirected to the page instead.
MAX_STORED_BYTES = 500_000
# Seconds that a repeated request waits for the response to the first.
WAIT_SECONDS = 25.0
POLL_SECONDS = 0.05

View = Callable[..., ResponseReturnValue]


def register(app: Flask) -> None:
    """Add the template global `form_key()`."""
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
    """Mark a POST view that changes nothing: it handles every request, with or without a key."""
    view.repeatable = True  # type: ignore[attr-defined]
    return view


class FormBlueprint(Blueprint):
    """A blueprint whose POST views are idempotent."""

    def add_url_rule(
        self, rule: str, endpoint: str | None = None, view_func: Any = None, *args: Any, **options: Any
    ) -> None:
        if view_func is not None and "POST" in (options.get("methods") or ()):
            endpoint, view_func = endpoint or view_func.__name__, idempotent(view_func)
        super().add_url_rule(rule, endpoint, view_func, *args, **options)


def idempotent(view: View) -> View:
    """Make a signed-in view idempotent per form key. Requests without a key reach the view unchanged."""
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
    """Reserve the key, or wait for a concurrent request with it. Raises UnderWay after WAIT_SECONDS."""
    sent = hashlib.sha256(f"{key}\n{_content()}".encode()).hexdigest()
    last = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            return idempotency.begin(g.actor, sent, f"{request.method} {request.path.rstrip('/')}"[:200], sent)
        except RequestInProgress:
            end_reading()
            if time.monotonic() > last or shutdown.wait(POLL_SECONDS):
                raise


def _content() -> str:
    fields = sorted((name, value) for name, value in request.form.items(multi=True) if name not in IGNORED_FIELDS)
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
        # A refused form can be corrected and sent again with the same key.
        idempotency.release(reservation)
        return answer
    try:
        with transaction():
            idempotency.finish(reservation, answer.status_code, _kept(answer))
    except (SQLAlchemyError, RequestInProgress):
        # The change is committed: answer normally, without a stored response.
        log.exception("the answer to a form was not kept")
    return answer


def _kept(answer: Response) -> dict[str, Any]:
    """The response as stored. Encrypted, because some responses hold a secret that is shown once."""
    headers = {
        name: value
        for name, value in answer.headers.items()
        if name in STORED_HEADERS or name.upper().startswith("HX-")
    }
    body = b"" if answer.direct_passthrough else answer.get_data()
    packed = base64.b64encode(zlib.compress(body)).decode() if len(body) <= MAX_STORED_BYTES else None
    return {"headers": headers, "body": encrypt(packed) if packed else None}


def _again(first: StoredResponse) -> Response:
    try:
        packed = decrypt(first.body["body"])
    except KeyMissing:
        packed = None
    if packed is None:
        # The response was not stored: show the page, which holds the result.
        if request.headers.get("HX-Request"):
            return make_response("", 200, {"HX-Refresh": "true"})
        return make_response(redirect(urlsplit(request.referrer or "").path or "/", 303))
    answer = make_response(zlib.decompress(base64.b64decode(packed)), first.status)
    answer.headers.update(first.body["headers"])
    return answer

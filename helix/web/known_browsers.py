"""A cookie that lists the accounts that signed in with this browser, so that others' failed attempts do not lock it.

It outlives the session and grants no access: it only gives the browser its own counter of failed attempts.
"""

import hashlib
import secrets
from datetime import timedelta

from flask import Response, after_this_request, current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from helix.services.accounts.passwords import email_key

LIFETIME = timedelta(days=365)
# The oldest account is dropped beyond this.
MAX_ACCOUNTS = 5


def browser_id(email: str) -> str | None:
    """The id of this browser for the account, or None if the account has not signed in here before."""
    return _read().get(_account(email))


def remember(email: str) -> None:
    """Set the cookie with the response to this request."""
    known, account = _read(), _account(email)
    # A new id each time, so that a stolen older cookie has a separate counter.
    known = {name: id for name, id in known.items() if name != account} | {account: secrets.token_urlsafe(12)}
    value = _signer().dumps(dict(list(known.items())[-MAX_ACCOUNTS:]))

    @after_this_request
    def _with_cookie(response: Response) -> Response:
        response.set_cookie(
            _name(),
            value,
            max_age=LIFETIME,
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
        )
        return response


def _read() -> dict[str, str]:
    try:
        found = _signer().loads(request.cookies.get(_name(), ""), max_age=int(LIFETIME.total_seconds()))
    except BadSignature:
        return {}
    return found if isinstance(found, dict) else {}


def _account(email: str) -> str:
    return hashlib.sha256(email_key(email).encode("utf-8", "surrogatepass")).hexdigest()[:20]


def _name() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}_known"


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="known browser")

"""A cookie that says which accounts have signed in with this browser: strangers' failed tries do not lock it out.

It outlives the session and lets nobody in: it only gives the browser a count of tries of its own.
"""

import hashlib
import secrets
from datetime import timedelta

from flask import Response, after_this_request, current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from helix.services.accounts.passwords import email_key

LIFE = timedelta(days=365)
# One browser is seldom shared by more people; the earliest is forgotten.
MOST_ACCOUNTS = 5


def browser_of(email: str) -> str | None:
    """The id of this browser for that account; None when it has not signed in here before."""
    return _read().get(_account(email))


def remember(email: str) -> None:
    """With the answer to this request, let the browser keep that the account has signed in here."""
    known, account = _read(), _account(email)
    # A new id each time: a copy of an older cookie is counted apart.
    known = {name: id for name, id in known.items() if name != account} | {account: secrets.token_urlsafe(12)}
    value = _signer().dumps(dict(list(known.items())[-MOST_ACCOUNTS:]))

    @after_this_request
    def _with_cookie(response: Response) -> Response:
        response.set_cookie(
            _name(),
            value,
            max_age=LIFE,
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
        )
        return response


def _read() -> dict[str, str]:
    try:
        found = _signer().loads(request.cookies.get(_name(), ""), max_age=int(LIFE.total_seconds()))
    except BadSignature:
        return {}
    return found if isinstance(found, dict) else {}


def _account(email: str) -> str:
    return hashlib.sha256(email_key(email).encode("utf-8", "surrogatepass")).hexdigest()[:20]


def _name() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}_known"


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="known browser")

"""Browser sessions: the secret of a session row, signed into Flask's session cookie."""

import time
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask, request, session
from flask_login import UserMixin, current_user, login_user, logout_user

from helix.crypto import tokens
from helix.extensions import login_manager
from helix.models import User
from helix.policies.actor import Actor
from helix.services import accounts
from helix.services.accounts.sessions import record_session_use
from helix.web import known_browsers

LIFETIME = timedelta(days=30)
USE_INTERVAL_SECONDS = 600  # seconds


@dataclass(frozen=True, eq=False)
class Visitor(UserMixin):
    """A signed-in user for Flask-Login. The id is the secret of the browser session."""

    secret: str
    actor: Actor
    session_id: int

    @property
    def itself(self) -> "Visitor":
        """The object behind flask-login's `current_user`, a proxy that means another object in every request."""
        return self

    def get_id(self) -> str:
        return self.secret


def init_app(app: Flask) -> None:
    app.permanent_session_lifetime = LIFETIME
    # Only the row in the database counts; a changed IP address or user agent must not end the session.
    login_manager.session_protection = None  # type: ignore[assignment]
    login_manager.user_loader(load_cached)


def load_cached(secret: str) -> Visitor | None:
    """The visitor from the actor cache, valid for seconds or until permissions change. None if the session ended."""
    found = accounts.actor_cache.by_session(tokens.hash_token(secret))
    return Visitor(secret, *found) if found else None


def load(secret: str) -> Visitor | None:
    """The visitor from the database. None if the session ended or the account was closed."""
    found = accounts.actor_by_session(tokens.hash_token(secret))
    return Visitor(secret, *found) if found else None


def visitor() -> Visitor | None:
    return getattr(current_user, "itself", None)


def begin(user: User) -> None:
    """Sign this browser in with a fresh session; nothing of the previous one is kept."""
    secret = accounts.create_session(
        user, user_agent=request.headers.get("User-Agent", ""), address=request.remote_addr or ""
    )
    session.clear()
    session.permanent = True
    session["noted"] = int(time.time())
    known_browsers.remember(user.email)
    found = load(secret)
    if found:
        login_user(found)


def end() -> None:
    """Sign this browser out and delete the session row."""
    current = visitor()
    if current:
        accounts.end_session(current.secret)
    logout_user()
    session.clear()


def record_use(current: Visitor) -> None:
    """Record that the session is in use, at most every USE_INTERVAL_SECONDS."""
    now = int(time.time())
    if now - session.get("noted", 0) > USE_INTERVAL_SECONDS:
        record_session_use(current.session_id)
        session["noted"] = now

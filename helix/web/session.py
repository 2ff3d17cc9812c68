"""From the browser's cookie to who acts: a session row's secret, signed into Flask's session cookie."""

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

LIFE = timedelta(days=30)
NOTE_EVERY = 600  # seconds


@dataclass(frozen=True, eq=False)
class Visitor(UserMixin):
    """Somebody who is signed in, as flask-login knows him. Its id is the secret of his browser session."""

    secret: str
    actor: Actor
    session_id: int

    def get_id(self) -> str:
        return self.secret


def init_app(app: Flask) -> None:
    app.permanent_session_lifetime = LIFE
    # The row in the database decides; a changed address or browser version must not end it.
    login_manager.session_protection = None  # type: ignore[assignment]
    login_manager.user_loader(known)


def known(secret: str) -> Visitor | None:
    """Who that is, remembered for some seconds while nobody's rights change. None when the session was ended."""
    found = accounts.actor_cache.by_session(tokens.hash_token(secret))
    return Visitor(secret, *found) if found else None


def load(secret: str) -> Visitor | None:
    """As the database says now. None when the session was ended or the account closed."""
    found = accounts.actor_by_session(tokens.hash_token(secret))
    return Visitor(secret, *found) if found else None


def visitor() -> Visitor | None:
    found = current_user._get_current_object()  # type: ignore[union-attr]
    return found if isinstance(found, Visitor) else None


def begin(user: User) -> None:
    """Sign this browser in, in a session that shares nothing with the one before."""
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
    """Sign this browser out, here and in the database."""
    here = visitor()
    if here:
        accounts.end_session(here.secret)
    logout_user()
    session.clear()


def note_use(here: Visitor) -> None:
    """Remember, a few times an hour, that this session is in use."""
    now = int(time.time())
    if now - session.get("noted", 0) > NOTE_EVERY:
        record_session_use(here.session_id)
        session["noted"] = now

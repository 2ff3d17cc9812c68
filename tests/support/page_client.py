"""A client of the pages without a browser: cookies for each user, and CSRF tokens as in the pages."""

import secrets
from typing import Any

from flask import Flask
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from helix.models import User
from tests.support.people import PASSWORD
from tests.support.sessions import end_session

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


class Pages:
    """`pages.as_(mia).get("/boards")`; `pages.get(...)` without sign-in. Every request has its own database session."""

    def __init__(self, app: Flask, user: User | None = None) -> None:
        self._app = app
        self._browser = app.test_client()
        self._token = ""
        if user is not None:
            self.sign_in(user.email, PASSWORD)

    def as_(self, user: User) -> "Pages":
        """A client in which this user is signed in."""
        return Pages(self._app, user)

    def sign_in(self, email: str, password: str, **form: str) -> TestResponse:
        self.token()
        reply = self.post("/sign-in", data={"email": email, "password": password, **form})
        self._token = ""
        return reply

    def sign_out(self) -> TestResponse:
        reply = self.post("/sign-out")
        self._token = ""
        return reply

    def cookie(self) -> str:
        """The value of this client's Cookie header."""
        name = self._app.config["SESSION_COOKIE_NAME"]
        found = self._browser.get_cookie(name)
        assert found is not None, "this browser is not signed in"
        return f"{name}={found.value}"

    def token(self) -> str:
        """The CSRF token of this client, without rendering a page."""
        if not self._token:
            with self._browser.session_transaction() as session:
                session.setdefault("csrf_token", secrets.token_hex(20))
                signer = URLSafeTimedSerializer(self._app.secret_key, salt="wtf-csrf-token")
                self._token = str(signer.dumps(session["csrf_token"]))
        return self._token

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self.open("GET", path, **kwargs)

    def post(self, path: str, data: dict[str, Any] | None = None, **kwargs: Any) -> TestResponse:
        """Posts like a plain form."""
        return self.open("POST", path, data={"csrf_token": self.token(), **(data or {})}, **kwargs)

    def part(self, path: str, **kwargs: Any) -> TestResponse:
        """Requests a fragment like htmx."""
        return self.open("GET", path, headers=HTMX | kwargs.pop("headers", {}), **kwargs)

    def send(self, path: str, data: dict[str, Any] | None = None, **kwargs: Any) -> TestResponse:
        """Posts like htmx."""
        headers = HTMX | {"X-CSRFToken": self.token()} | kwargs.pop("headers", {})
        return self.open("POST", path, data=data or {}, headers=headers, **kwargs)

    def open(self, method: str, path: str, **kwargs: Any) -> TestResponse:
        end_session()
        # A separate application context, as in a server: `g` must not outlive the request.
        with self._app.app_context():
            return self._browser.open(path, method=method, **kwargs)

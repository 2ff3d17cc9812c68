"""Test clients of the JSON API and the pages."""

from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from helix.extensions import db
from helix.models import User
from tests.support import openapi_check
from tests.support.page_client import Pages
from tests.support.sessions import end_session

__all__ = ["Api", "Pages"]


class Api:
    """A client of the JSON API. Every request has its own database session, as in a server.

    Every response is validated against the OpenAPI document: an undocumented status or field fails the test.
    """

    def __init__(self, app: Flask, token: str | None = None, cookie: str | None = None) -> None:
        self._app = app
        self._token = token
        self._cookie = cookie

    def as_(self, user: User) -> "Api":
        from helix.api.bearer import access_token

        return Api(self._app, access_token(user))

    def with_token(self, token: str) -> "Api":
        return Api(self._app, token)

    def with_cookie(self, cookie: str) -> "Api":
        """As a script in a browser would call it: with a session cookie and without a token."""
        return Api(self._app, cookie=cookie)

    def open(self, method: str, path: str, **kwargs: Any) -> TestResponse:
        headers = dict(kwargs.pop("headers", {}))
        if self._cookie:
            headers.setdefault("Cookie", self._cookie)
        if self._token:
            headers.setdefault("Authorization", f"Bearer {self._token}")
        end_session()
        try:
            response = self._app.test_client(use_cookies=not self._cookie).open(
                path, method=method, headers=headers, **kwargs
            )
        finally:
            db.session.remove()
        openapi_check.assert_documented(self._app, method, response)
        return response

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self.open("GET", path, **kwargs)

    def post(self, path: str, **kwargs: Any) -> TestResponse:
        return self.open("POST", path, **kwargs)

    def patch(self, path: str, **kwargs: Any) -> TestResponse:
        return self.open("PATCH", path, **kwargs)

    def put(self, path: str, **kwargs: Any) -> TestResponse:
        return self.open("PUT", path, **kwargs)

    def delete(self, path: str, **kwargs: Any) -> TestResponse:
        return self.open("DELETE", path, **kwargs)

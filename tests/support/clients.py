"""The two doors as tests knock on them."""

from typing import Any

from flask import Flask
from sqlalchemy import inspect
from sqlalchemy.exc import InvalidRequestError
from werkzeug.test import TestResponse

from helix.extensions import db
from helix.models import User


def _let_go() -> None:
    """End the test's own session; what the test still holds in its hands keeps the values of this moment."""
    for thing in list(db.session):
        if inspect(thing).expired:
            try:
                db.session.refresh(thing)
            except InvalidRequestError:
                continue  # deleted meanwhile: a test that reads it further is told so
    db.session.remove()


class Api:
    """The JSON door. Every request has a database session of its own, as in a server."""

    def __init__(self, app: Flask, token: str | None = None) -> None:
        self._app = app
        self._token = token

    def as_(self, user: User) -> "Api":
        from helix.api.bearer import access_token

        return Api(self._app, access_token(user))

    def with_token(self, token: str) -> "Api":
        return Api(self._app, token)

    def open(self, method: str, path: str, **kwargs: Any) -> TestResponse:
        headers = dict(kwargs.pop("headers", {}))
        if self._token:
            headers.setdefault("Authorization", f"Bearer {self._token}")
        _let_go()
        try:
            return self._app.test_client().open(path, method=method, headers=headers, **kwargs)
        finally:
            db.session.remove()

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

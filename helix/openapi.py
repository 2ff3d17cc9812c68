"""The Flask application class, based on flask-openapi3: routes and OpenAPI document from one declaration."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import orjson
from flask import Flask, Request, Response
from flask.json.provider import DefaultJSONProvider
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask.templating import Environment
from flask_openapi3.models.contact import Contact
from flask_openapi3.models.info import Info
from flask_openapi3.models.license import License
from flask_openapi3.openapi import OpenAPI
from werkzeug.routing import IntegerConverter
from werkzeug.sansio.response import Response as AnyResponse

from helix import __version__, resources
from helix.api import document
from helix.api.blueprint import validation_error_response
from helix.schemas.common import MAX_ID, ValidationProblem
from helix.settings import Settings

SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An access token from login, or an API token."}
}


class IdConverter(IntegerConverter):
    """An id in a URL. Numbers too large for the database become LARGEST_ID, which never exists: a 404."""

    def to_python(self, value: str) -> int:
        return min(super().to_python(value), MAX_ID) if len(value) < 100 else MAX_ID


ORJSON_OPTIONS = orjson.OPT_APPEND_NEWLINE | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


class StrictJSON(DefaultJSONProvider):
    """JSON without NaN and Infinity. Nesting that is too deep raises ValueError instead of RecursionError."""

    ensure_ascii = False
    sort_keys = False

    def response(self, *args: Any, **kwargs: Any) -> AnyResponse:
        """Serialize with orjson, ten times as fast as Flask's default, which handles the types that orjson cannot."""
        if args and kwargs:
            return super().response(*args, **kwargs)  # which refuses it
        found = args[0] if len(args) == 1 else args or kwargs or None
        try:
            body = orjson.dumps(found, option=ORJSON_OPTIONS)
        except orjson.JSONEncodeError:
            return super().response(*args, **kwargs)
        return Response(body, mimetype=self.mimetype)

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        try:
            return super().loads(s, parse_constant=_reject_constant, **kwargs)
        except RecursionError:
            raise ValueError("nested too deeply") from None


def _reject_constant(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


class CookieSessions(SecureCookieSessionInterface):
    """Flask's signed session cookies, skipped for requests without a cookie, such as those of API clients."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        return super().open_session(app, request) if "HTTP_COOKIE" in request.environ else self.session_class()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if session or session.modified or session.accessed:
            super().save_session(app, session, response)


# Attributes of every dict: `counts.items()` in a template means the method, not a key.
DICT_ATTRIBUTES = frozenset(dir(dict))


class TemplateEnvironment(Environment):
    """Jinja environment that looks up dictionary keys first; the default tries `getattr` first, which fails."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is dict and attribute not in DICT_ATTRIBUTES:
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)


class HelixOpenAPI(OpenAPI):
    """The application, with the finalized OpenAPI document."""

    json_provider_class = StrictJSON
    jinja_environment = TemplateEnvironment
    session_interface = CookieSessions()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return `func` unchanged: no view is a coroutine, and Flask's check costs time on every call."""
        return func

    def make_response(self, rv: Any) -> Response:
        """As in Flask, without a Content-Type on 204 responses."""
        response = super().make_response(rv)
        if response.status_code == HTTPStatus.NO_CONTENT:
            response.headers.pop("Content-Type", None)
        return response

    def generate_spec_json(self) -> None:
        super().generate_spec_json()
        self.spec_json = document.finalize(self.spec_json)


def new_openapi_app(settings: Settings) -> OpenAPI:
    app = HelixOpenAPI(
        "helix",
        info=Info(
            title="HELIX Mission Control",
            version=__version__,
            contact=Contact(name="Whoever runs this installation"),
            license=License(name="MIT", identifier="MIT"),
        ),
        security_schemes=SECURITY,  # type: ignore[arg-type]
        doc_ui=False,
        validation_error_model=ValidationProblem,
        validation_error_callback=validation_error_response,
        root_path=str(resources.ROOT),
        template_folder="templates",
        static_folder=None,
    )
    app.config.update(settings.to_flask())
    # The API reference has paths with and without a trailing slash: accept both, without redirects.
    app.url_map.strict_slashes = False
    app.url_map.converters["int"] = IdConverter
    return app

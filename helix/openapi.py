"""The Flask application as flask-openapi3 makes it: the document and the routes from one declaration."""

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
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

from config import Settings
from helix import __version__
from helix.api import document
from helix.api.blueprint import invalid_request
from helix.schemas.common import MAX_ID, ValidationProblem

ROOT = Path(__file__).parents[1]
SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An access token from login, or an API token."}
}


class IdConverter(IntegerConverter):
    """A number in an address. One that no database could keep becomes the largest id, which nothing has: a 404."""

    def to_python(self, value: str) -> int:
        return min(super().to_python(value), MAX_ID) if len(value) < 100 else MAX_ID


AS_FLASK_DOES = orjson.OPT_APPEND_NEWLINE | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


class StrictJSON(DefaultJSONProvider):
    """JSON as its standard has it: no NaN. What is nested too deeply to be read is unreadable, and no crash."""

    ensure_ascii = False
    sort_keys = False

    def response(self, *args: Any, **kwargs: Any) -> AnyResponse:
        """Answers are written by orjson, in a tenth of the time; what it does not know, as Flask does."""
        found = self._prepare_response_obj(args, kwargs)
        try:
            body = orjson.dumps(found, option=AS_FLASK_DOES)
        except orjson.JSONEncodeError:
            return super().response(*args, **kwargs)
        return Response(body, mimetype=self.mimetype)

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        try:
            return super().loads(s, parse_constant=_no_such_number, **kwargs)
        except RecursionError:
            raise ValueError("nested too deeply") from None


def _no_such_number(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


class Sessions(SecureCookieSessionInterface):
    """Signed cookies as Flask has them; programs send none, and then nothing is looked for."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        return super().open_session(app, request) if "HTTP_COOKIE" in request.environ else self.session_class()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if session or session.modified or session.accessed:
            super().save_session(app, session, response)


# What a dictionary has by itself: `counts.items()` in a template means the method.
OF_EVERY_DICTIONARY = frozenset(dir(dict))


class Templates(Environment):
    """Templates look mostly into dictionaries, which Jinja would ask for an attribute first, in vain."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is dict and attribute not in OF_EVERY_DICTIONARY:
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)


class HelixOpenAPI(OpenAPI):
    """With the document in the form that we publish, wherever it is asked for."""

    json_provider_class = StrictJSON
    jinja_environment = Templates
    session_interface = Sessions()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No view of ours is a coroutine; Flask would look again at every function of every request."""
        return func

    def make_response(self, rv: Any) -> Response:
        """As Flask does it, but an answer without content has no content type."""
        response = super().make_response(rv)
        if response.status_code == HTTPStatus.NO_CONTENT:
            response.headers.pop("Content-Type", None)
        return response

    def generate_spec_json(self) -> None:
        super().generate_spec_json()
        self.spec_json = document.finished(self.spec_json)


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
        validation_error_callback=invalid_request,
        root_path=str(ROOT),
        template_folder="templates",
        static_folder=None,
    )
    app.config.update(settings.to_flask())
    # The reference writes some paths with and some without a slash: both forms answer, and none redirects.
    app.url_map.strict_slashes = False
    app.url_map.converters["int"] = IdConverter
    return app

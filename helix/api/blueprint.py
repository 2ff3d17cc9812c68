"""Blueprints of the API, and helpers for its responses: arrays, pages, ETags.

    blueprint = signed_in_blueprint("tasks", "Tasks", "/api/tasks")

    @blueprint.get("/<int:task_id>", responses={200: TaskOut})
    def show(path: TaskPath) -> Any:
        return tasks.serialize_one(actor(), tasks.get(actor(), path.task_id))

Before a view runs: authentication (401), read-only tokens may only GET (403), JSON bodies must be JSON (400, 415; a
PATCH without a body changes nothing). Then flask-openapi3 validates (422).
"""

import hashlib
import inspect
from collections.abc import Callable, Sequence
from functools import cache
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode

from flask import Response, current_app, g, jsonify, make_response, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError
from werkzeug.exceptions import BadRequest as UnreadableRequest

from helix.api import response_cache
from helix.api.bearer import authenticate
from helix.errors import BadRequest, Forbidden, Invalid, WrongMediaType
from helix.models.vocabulary import TokenScope
from helix.policies.actor import Actor
from helix.schemas.common import (
    MAX_PAGE_SIZE,
    Error,
    PagedQuery,
    Paging,
    Patch,
    Schema,
    ValidationProblem,
)
from helix.schemas.problems import problems
from helix.services.conflicts import IsUnchanged
from helix.services.paging import MAX_COUNTED, Page, PageRequest

MAX_ROWS = 1000
ERROR_RESPONSES: dict[str | int | HTTPStatus, Any] = {
    "400": Error,
    "401": Error,
    "403": Error,
    "404": Error,
    "409": Error,
    "422": ValidationProblem,
    "429": Error,
}


def signed_in_blueprint(
    name: str, title: str, prefix: str, description: str = "", *, remembers: bool = True
) -> APIBlueprint:
    """A blueprint that requires authentication. Without `remembers`, its GET responses are not cached."""
    blueprint = APIBlueprint(
        f"api_{name}",
        __name__,
        url_prefix=prefix,
        abp_tags=[Tag(name=title, description=description or None)],
        abp_security=[{"bearer": []}],
        abp_responses=ERROR_RESPONSES,
        operation_id_callback=_operation_id,
    )
    blueprint.before_request(_sign_in)
    blueprint.before_request(_readable_json)
    if remembers:
        blueprint.before_request(response_cache.recall)
    blueprint.after_request(_add_etag)
    return blueprint


def _operation_id(*, bp_name: str, name: str, path: str, method: str) -> str:
    """Operation ids such as `tasks_create`, which generated clients use as function names."""
    return f"{bp_name.removeprefix('api_')}_{name}"


def public_blueprint(name: str, title: str, prefix: str) -> APIBlueprint:
    """A blueprint that needs no authentication."""
    blueprint = APIBlueprint(
        f"api_{name}",
        __name__,
        url_prefix=prefix,
        abp_tags=[Tag(name=title)],
        abp_responses={code: ERROR_RESPONSES[code] for code in ("400", "401", "422", "429")},
        operation_id_callback=_operation_id,
    )
    blueprint.before_request(_readable_json)
    return blueprint


def actor() -> Actor:
    """The authenticated actor of this request."""
    return g.actor


def limit_and_offset(query: Paging) -> tuple[int, int]:
    """(limit, offset) of a plain array: by default up to 1,000 rows, else the requested page."""
    if query.per_page is None and query.page == 1:
        return MAX_ROWS, 0
    per_page = query.per_page or 50
    return per_page, (query.page - 1) * per_page


def array_response(items: Sequence[Any], total: int, query: Paging) -> Response:
    """A JSON array with the headers `X-Total-Count` and `Link` (RFC 8288: first, prev, next, last)."""
    response = jsonify(items)
    response.headers["X-Total-Count"] = str(total)
    limit, offset = limit_and_offset(query)
    # The default response may be longer than the largest page: links use a page size that can be requested.
    per_page = min(limit, MAX_PAGE_SIZE)
    following, last = (offset + limit) // per_page + 1, max(1, -(-total // per_page))
    relations = {"first": 1, "prev": query.page - 1, "next": following, "last": last}
    rest = [(name, value) for name, value in request.args.items(multi=True) if name not in ("page", "per_page")]
    base = f"{request.base_url}?{urlencode([*rest, ('per_page', per_page)])}&page="
    links = [f'<{base}{page}>; rel="{name}"' for name, page in relations.items() if 1 <= page <= last]
    response.headers["Link"] = ", ".join(links)
    return response


def paginate(found: Sequence[Any], query: Paging) -> Sequence[Any]:
    """The requested page of a list in memory."""
    limit, offset = limit_and_offset(query)
    return found[offset : offset + limit]


def requested_page(query: PagedQuery) -> PageRequest:
    """The requested part of a long list. Raises Invalid for page numbers beyond 10,000 rows, which need a cursor."""
    if query.cursor is not None:
        return PageRequest(query.per_page, after=int(query.cursor))
    offset = (query.page - 1) * query.per_page
    if offset >= MAX_COUNTED:
        raise Invalid.field("page", f"Pages reach the first {MAX_COUNTED:,} entries. Go on with `cursor` there.")
    return PageRequest(query.per_page, offset)


def page_envelope(items: Sequence[Any], found: Page[Any], query: PagedQuery, **more: Any) -> dict[str, Any]:
    """The envelope of a long list: the serialized `items`, the total, and the cursor of the next page."""
    return {
        "items": items,
        "total": found.total,
        "total_is_exact": found.total_is_exact,
        "page": query.page,
        "per_page": query.per_page,
        "pages": -(-found.total // query.per_page),
        "cursor": None if found.cursor is None else str(found.cursor),
        **more,
    }


def no_content() -> Response:
    return make_response("", 204)


def validation_error_response(error: ValidationError) -> Response:
    """The 422 response. It never repeats the submitted value."""
    return make_response(jsonify({"detail": problems(error)}), 422)


def _sign_in() -> None:
    g.actor = authenticate(request.headers.get("Authorization", ""))
    if g.actor.scope == TokenScope.READ and request.method not in ("GET", "HEAD", "OPTIONS"):
        raise Forbidden("This token may only read. Make one with the scope write for this.")


def _readable_json() -> None:
    model = _body_model(request.endpoint) if request.endpoint else None
    if model is None:
        return
    if issubclass(model, Patch) and not request.content_type and not request.get_data():
        return  # the API reference shows such a request; it changes nothing
    expected = list if issubclass(model, RootModel) else dict
    if not request.is_json:
        raise WrongMediaType("Send this as JSON, with the header Content-Type: application/json.")
    try:
        body = request.get_json()
    except UnreadableRequest:
        raise BadRequest("The body is not valid JSON.") from None
    if not isinstance(body, expected):
        raise BadRequest(f"The body must be a JSON {'array' if expected is list else 'object'}.")


@cache
def _body_model(endpoint: str) -> type[BaseModel] | None:
    """The pydantic model of a route's JSON body, or None for routes without a body."""
    body = inspect.signature(current_app.view_functions[endpoint]).parameters.get("body")
    return body.annotation if body else None


class IfMatch(Schema):
    """Declares the header for flask-openapi3; `if_unmodified` evaluates it."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    tag: Annotated[str | None, Field(alias="If-Match", max_length=1000)] = None
    """The ETag of what you read. If it was changed since, the response is a 409 with the current state."""


def if_unmodified(show: Callable[[Any], Any]) -> IsUnchanged | None:
    """For a PATCH with If-Match: a check that the locked row is still what the client read. None without the header."""
    tags = request.if_match
    return (lambda row: tags.contains_weak(_etag(jsonify(show(row))))) if tags else None


def _etag(response: Response) -> str:
    return hashlib.sha1(response.get_data(), usedforsecurity=False).hexdigest()


def _add_etag(response: Response) -> Response:
    """Add an ETag to GET responses, and answer 304 when it matches If-None-Match."""
    if request.method == "GET" and response.status_code == 200 and not response.is_streamed:
        if "ETag" not in response.headers:
            response.headers["ETag"] = f'"{_etag(response)}"'
            response.headers.setdefault("Cache-Control", "private, no-cache")
        response_cache.remember(response)
        if "HTTP_IF_NONE_MATCH" in request.environ:
            response.make_conditional(request)
    return response

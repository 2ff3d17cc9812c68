"""The `Idempotency-Key` header: a repeated POST takes effect once and gets the first response again."""

import functools
import hashlib
import json
from collections.abc import Callable
from typing import Annotated, Any

from flask import Response, jsonify, make_response, request
from pydantic import ConfigDict, Field

from helix.api.blueprint import actor
from helix.db.transaction import transaction
from helix.errors import Invalid
from helix.schemas.common import Schema
from helix.services import idempotency
from helix.services.idempotency import StoredResponse

HEADER = "Idempotency-Key"
MAX_KEY_LENGTH = 255


class IdempotencyHeader(Schema):
    model_config = ConfigDict(use_attribute_docstrings=True)

    key: Annotated[str | None, Field(alias=HEADER, min_length=1, max_length=MAX_KEY_LENGTH)] = None
    """The same key with the same body gets the first answer again for 24 hours; with another body it is a 409."""


def idempotent(view: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a view that returns `(dictionary, status)`. Must be below the route decorator."""

    @functools.wraps(view)
    def once(*, header: IdempotencyHeader, **parameters: Any) -> Any:
        if not header.key:
            return view(**parameters)
        return _once(header.key, view, parameters)

    # flask-openapi3 reads the parameters of a view from its annotations.
    once.__annotations__ = {**view.__annotations__, "header": IdempotencyHeader}
    return once


def _once(key: str, view: Callable[..., Any], parameters: dict[str, Any]) -> Response:
    route = f"{request.method} {request.path.rstrip('/')}"
    if len(route) > 200:
        raise Invalid.field(HEADER, "This address is too long to be sent with a key.")
    begun = idempotency.begin(actor(), key, route, _hash_of_body())
    if isinstance(begun, StoredResponse):
        idempotency.refuse_lost_rights(actor(), _tasks_of(begun.body))
        response = make_response(jsonify(begun.body), begun.status)
        response.headers["Idempotency-Replayed"] = "true"
        return response
    try:
        with transaction():
            body, status = view(**parameters)
            response = make_response(jsonify(body), status)
            idempotency.finish(begun, status, response.get_json())
    except BaseException:
        idempotency.release(begun)
        raise
    return response


def _hash_of_body() -> str:
    body = request.get_data(cache=True)
    if request.is_json:
        # Ignore whitespace and the order of keys.
        body = json.dumps(request.get_json(), sort_keys=True).encode()
    return hashlib.sha256(body).hexdigest()


def _tasks_of(body: Any) -> list[int]:
    """The ids of the tasks in a response: a task, a list of tasks, or a comment."""
    if "items" in body:
        return [task["id"] for task in body["items"]]
    return [body["task_id"] if "task_id" in body else body["id"]]

"""Validates responses against the OpenAPI document: status, content type, and every field."""

import copy
import re
from typing import Any
from weakref import WeakKeyDictionary

import jsonschema_rs
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

_strict: WeakKeyDictionary[Flask, dict[str, Any]] = WeakKeyDictionary()
_validators: dict[tuple[int, str], Any] = {}


def path_of(app: Flask, method: str, address: str) -> str | None:
    """The path as in the document, `/api/tasks/{task_id}`; None if it is not a route."""
    try:
        rule, _arguments = app.url_map.bind("localhost").match(address, method, return_rule=True)
    except HTTPException:
        return None
    return re.sub(r"<(?:[^<:>]+:)?([^<>]+)>", r"{\1}", rule.rule)


def assert_documented(app: Flask, method: str, response: TestResponse) -> None:
    """Fails if the response is not documented."""
    if method in ("HEAD", "OPTIONS") or not response.request.path.startswith("/api/"):
        return
    path = path_of(app, method, response.request.path)
    if path is None:
        _assert_content(app, "#/components/schemas/Error", response)
        return
    found = _document(app)["paths"].get(path, {}).get(method.lower())
    assert found is not None, f"The OpenAPI document does not have {method} {path}."
    where = f"{method} {path} answered {response.status_code}"
    answer = found["responses"].get(str(response.status_code))
    assert answer is not None, f"{where}, which is not documented:  {response.get_data(as_text=True)[:500]}"
    answer = _document(app)["components"]["responses"][_name(answer)] if "$ref" in answer else answer
    contents = answer.get("content", {})
    if not contents:
        assert not response.data, f"{where} with a body, but none is documented."
        assert "Content-Type" not in response.headers, f"{where} without content, but with a Content-Type."
        return
    if method == "GET" and response.status_code == 200:
        promised = "ETag" in answer.get("headers", {})
        assert promised == ("ETag" in response.headers), f"{where}: the document and the answer differ in the ETag."
    assert {response.mimetype, "*/*"} & contents.keys(), f"{where} as {response.mimetype}, not one of {list(contents)}."
    schema = contents.get(response.mimetype, {}).get("schema", {})
    if response.mimetype == "application/json" and "$ref" in schema:
        _assert_content(app, schema["$ref"], response)


def _assert_content(app: Flask, reference: str, response: TestResponse) -> None:
    problems = [
        f"{list(one.instance_path)}: {one.message[:300]}"
        for one in validator(app, reference).iter_errors(response.json)
    ]
    where = f"{response.request.method} {response.request.path} {response.status_code}"
    assert not problems, f"{where} does not match {_name({'$ref': reference})} in the document: {problems}"


def validator(app: Flask, reference: str) -> Any:
    key = (id(app), reference)
    if key not in _validators:
        schema = {"$ref": reference, "components": _document(app)["components"]}
        _validators[key] = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    return _validators[key]


def _name(schema: dict[str, Any]) -> str:
    return schema["$ref"].rpartition("/")[2]


def _document(app: Flask) -> dict[str, Any]:
    """The document, without room for fields that it does not name."""
    if app not in _strict:
        strict = copy.deepcopy(app.api_doc)  # type: ignore[attr-defined]
        for name, schema in strict["components"]["schemas"].items():
            if "properties" in schema and name not in ("Error", "Problem"):
                schema.setdefault("additionalProperties", False)
        _strict[app] = strict
    return _strict[app]

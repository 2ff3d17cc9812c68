"""Post-processing of the OpenAPI document that flask-openapi3 generates from the routes."""

from typing import Any

from helix.api.document import responses, schemas
from helix.api.document.descriptions import ABOUT, SECTIONS
from helix.api.document.examples import BODIES

METHODS = ("get", "post", "put", "patch", "delete")


def finalize(document: dict[str, Any]) -> dict[str, Any]:
    """The document of the /api paths, with all responses, exact types of ids and times, and examples."""
    document["info"]["description"] = ABOUT
    document["servers"] = [{"url": "/", "description": "This installation"}]
    document["paths"] = {path: item for path, item in document["paths"].items() if path.startswith("/api/")}
    schemas.finalize(document)
    document["components"]["responses"] = responses.COMPONENTS
    for path, method, operation in operations(document):
        # Linters require `security` (empty for public operations) and a description (by default the summary).
        operation.setdefault("security", [])
        description = operation.get("description", "").replace("<br/>", " ").strip()
        operation["description"] = description or operation["summary"]
        responses.finalize(path, method, operation)
        _add_example(operation)
    named = {tag["name"]: tag for tag in document.get("tags", [])}
    used = {tag for _path, _method, operation in operations(document) for tag in operation["tags"]}
    order = [*(name for name in SECTIONS if name in used), *sorted(used - SECTIONS.keys())]
    document["tags"] = [{**named.get(name, {"name": name}), **_described(name)} for name in order]
    return document


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Every (path, method, operation) of the document."""
    return [
        (path, method, item[method]) for path, item in document["paths"].items() for method in METHODS if method in item
    ]


def _described(name: str) -> dict[str, str]:
    return {"description": SECTIONS[name]} if name in SECTIONS else {}


def _add_example(operation: dict[str, Any]) -> None:
    for content in operation.get("requestBody", {}).get("content", {}).values():
        name = content["schema"].get("$ref", "").rpartition("/")[2]
        if name in BODIES:
            content["example"] = BODIES[name]

"""The OpenAPI document as view models of the reference page: sections, operations, fields, and curl examples."""

import json
import shlex
from dataclasses import dataclass, field
from typing import Any

from helix.api.document import operations
from helix.api.document.types import fields, type_label

__all__ = ["Answer", "Operation", "Section", "fields", "sections", "type_label"]

Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    status: str
    words: str
    shape: str
    fields: list[Json] = field(default_factory=list)


@dataclass(frozen=True)
class Operation:
    id: str
    method: str
    path: str
    summary: str
    description: str
    public: bool
    parameters: list[Json]
    body: list[Json]
    body_kind: str
    example: str
    answers: list[Answer]
    curl: str

    @property
    def sought(self) -> str:
        """The text that the page's search matches."""
        names = [one["name"] for one in (*self.parameters, *self.body)]
        return " ".join([self.method, self.path, self.summary, *names]).lower()


@dataclass(frozen=True)
class Section:
    name: str
    words: str
    operations: list[Operation]

    @property
    def id(self) -> str:
        return self.name.lower().replace(" ", "-")


def sections(document: Json, address: str) -> list[Section]:
    """The sections of the document in order. `address` is the base URL for the curl examples."""
    found = [
        (operation["tags"][0], _read(document, address, path, method, operation))
        for path, method, operation in operations(document)
    ]
    return [
        Section(tag["name"], tag.get("description", ""), [one for name, one in found if name == tag["name"]])
        for tag in document["tags"]
    ]


def _read(document: Json, address: str, path: str, method: str, operation: Json) -> Operation:
    public = not operation.get("security")
    content = operation.get("requestBody", {}).get("content", {})
    kind = next(iter(content), "")
    body = content.get(kind, {})
    example = json.dumps(body["example"], indent=2, ensure_ascii=False) if "example" in body else ""
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=_description(operation),
        public=public,
        parameters=[_parameter(document, one) for one in operation.get("parameters", [])],
        body=fields(document, body.get("schema", {})),
        body_kind=kind,
        example=example,
        answers=[_answer(document, status, one) for status, one in operation["responses"].items()],
        curl=_curl(f"{address}{path}", method.upper(), kind, body, public=public),
    )


def _description(operation: Json) -> str:
    """The description, or an empty string if it only repeats the summary."""
    return "" if operation["description"] == operation["summary"] else operation["description"]


def _parameter(document: Json, one: Json) -> Json:
    required = [one["name"]] if one.get("required") else []
    read = fields(document, {"required": required, "properties": {one["name"]: one["schema"]}})[0]
    return {**read, "where": one["in"], "words": one.get("description", "")}


def _answer(document: Json, status: str, answer: Json) -> Answer:
    if "$ref" in answer:
        answer = document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    content = answer.get("content", {})
    kind = next(iter(content), "")
    schema = content.get(kind, {}).get("schema", {})
    shape = type_label(schema) if kind == "application/json" else kind
    own = status.startswith("2")
    return Answer(status, answer["description"], shape, fields(document, schema) if own else [])


def _curl(address: str, method: str, kind: str, body: Json, *, public: bool) -> str:
    parts = ["curl"] + ([] if method == "GET" else ["-X", method]) + [shlex.quote(address)]
    if not public:
        parts.append('\\\n  -H "Authorization: Bearer $TOKEN"')
    if kind == "multipart/form-data":
        parts.append("\\\n  -F file=@path/to/file")
    elif kind == "application/x-www-form-urlencoded":
        names = body.get("schema", {}).get("properties", {})
        parts += [f"\\\n  -d {name}=..." for name in names]
    elif "example" in body:
        parts.append("\\\n  -H 'Content-Type: application/json'")
        parts.append(f"\\\n  -d {shlex.quote(json.dumps(body['example'], ensure_ascii=False))}")
    return " ".join(parts)

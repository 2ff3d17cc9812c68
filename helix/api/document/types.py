"""Readable type names of JSON schemas, for the reference page."""

from typing import Any

from helix.schemas.common import MAX_ID

Json = dict[str, Any]
PLAIN = {"string": "text", "integer": "integer", "number": "number", "boolean": "true or false", "null": "null"}
FORMATS = {"date-time": "time", "date": "day", "binary": "file", "password": "text"}


def fields(document: Json, schema: Json) -> list[Json]:
    """The fields of an object, or of the objects of a list: `[{name, type, required, words, default}]`."""
    schema = _meant(document, schema)
    if schema.get("type") == "array":
        schema = _meant(document, schema.get("items", {}))
    required = schema.get("required", [])
    return [
        {
            "name": name,
            "type": type_label(_short(document, one)),
            "required": name in required,
            "words": one.get("description", ""),
        }
        for name, one in schema.get("properties", {}).items()
    ]


def _short(document: Json, schema: Json) -> Json:
    """Inline enums instead of referring to them by name."""
    if "anyOf" in schema:
        return {**schema, "anyOf": [_short(document, option) for option in schema["anyOf"]]}
    meant = _meant(document, schema)
    return meant if "enum" in meant else schema


def type_label(schema: Json) -> str:
    """`integer, 1 to 200`, `list of TaskOut`, `todo, done or null`."""
    if "$ref" in schema:
        return schema["$ref"].rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(type_label(option) for option in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if "const" in schema:
        return str(schema["const"]).lower()
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {type_label(schema.get('items', {}))}{_range(schema, 'minItems', 'maxItems', ' of them')}"
    if kind == "object":
        return "object"
    if kind == "integer" and schema.get("maximum") == MAX_ID:
        return "id"
    words = FORMATS.get(schema.get("format", ""), PLAIN.get(kind, str(kind)))
    return words + _range(schema, "minimum", "maximum", "") + _range(schema, "minLength", "maxLength", " letters")


def _range(schema: Json, least: str, most: str, unit: str) -> str:
    low, high = schema.get(least), schema.get(most)
    if low is None and high is None:
        return ""
    if high is None:
        return f", {low:,}{unit} or more"
    if low is None:
        return f", up to {high:,}{unit}"
    return f", {low:,} to {high:,}{unit}"


def _meant(document: Json, schema: Json) -> Json:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema

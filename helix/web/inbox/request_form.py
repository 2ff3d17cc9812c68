"""The form that a request's JSON schema describes: its fields for templates, and the values that were posted."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from helix.errors import Invalid

# Names of a form's fields are those of the schema after this.
PREFIX, OTHER = "value.", "other."
# The whole of the values, for a schema that names no properties.
WHOLE = "whole"
# What is wrong with the answer as a whole. (Not "values", which every dict of a template has as a method.)
GENERAL = "general"
CONTROLS = {"values": WHOLE, "arguments": "arguments", "note": "note"}
LONG_TEXT = 200


@dataclass(frozen=True)
class Field:
    """`kind` is text, long, number, boolean, choice, several, suggestions or json. `value` is as the control has it.

    The values of `choices` are places in the schema's list, since they may be anything.
    """

    name: str
    label: str
    kind: str
    hint: str = ""
    required: bool = False
    choices: Sequence[tuple[str, str]] = ()
    value: Any = ""
    other: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)


def fields(
    schema: Mapping[str, Any], known: Mapping[str, Any], typed: MultiDict[str, str] | None = None
) -> list[Field]:
    """The fields of a form. `known` are the values that it begins with; after an error those `typed` stand in it."""
    if not isinstance(schema.get("properties"), dict):
        given = typed.get(WHOLE, "") if typed is not None else _json(known) if known else ""
        return [Field(WHOLE, "Values", "json", hint="A JSON object.", value=given)]
    required = schema.get("required", [])
    return [
        _field(name, part if isinstance(part, dict) else {}, name in required, known.get(name), typed)
        for name, part in schema["properties"].items()
    ]


def values(schema: Mapping[str, Any], form: MultiDict[str, str]) -> dict[str, Any]:
    """The posted values. What was left empty is left out; what is no number stays a text, for the schema to refuse."""
    if not isinstance(schema.get("properties"), dict):
        return json_object(form.get(WHOLE, ""), WHOLE) if form.get(WHOLE, "").strip() else {}
    read = {
        name: _value(name, part if isinstance(part, dict) else {}, form) for name, part in schema["properties"].items()
    }
    return {name: value for name, value in read.items() if value is not None}


def json_object(text: str, name: str) -> dict[str, Any]:
    """Raises Invalid for the field `name` when the text is not a JSON object."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise Invalid.field(name, "This is not valid JSON.") from None
    if not isinstance(found, dict):
        raise Invalid.field(name, "Write a JSON object, in braces.")
    return found


def problems(error: Invalid) -> dict[str, str]:
    """One message for each control: of the values by name, of the arguments all in one."""
    found: dict[str, list[str]] = {}
    for problem in error.problems:
        first, *rest = map(str, problem["loc"] or [""])
        if first == "values" and rest:
            found.setdefault(PREFIX + rest[0], []).append(problem["msg"])
        else:
            name = CONTROLS.get(first, GENERAL)
            found.setdefault(name, []).append(": ".join(filter(None, (".".join(rest), problem["msg"]))))
    return {name: " ".join(dict.fromkeys(messages)) for name, messages in found.items()}


def _field(name: str, part: Mapping[str, Any], required: bool, known: Any, typed: MultiDict[str, str] | None) -> Field:
    kind, choices = _kind(part)
    key, other = PREFIX + name, ""
    if typed is not None:
        value: Any = typed.getlist(key) if kind == "several" else typed.get(key, "")
        other = typed.get(OTHER + name, "")
    else:
        value = _shown(kind, choices, part.get("default") if known is None else known)
    if kind == "suggestions" and typed is None and value and value not in [text for _place, text in choices]:
        value, other = "", value
    label = str(part.get("title") or name.replace("_", " ").capitalize())
    hint = str(part.get("description", ""))
    shown = [(text, text) for _place, text in choices] if kind == "suggestions" else choices
    return Field(key, label, kind, hint, required, shown, value, other, _attributes(kind, part))


def _kind(part: Mapping[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    """The kind of the control, and its choices by their place."""
    if (found := _choices(part)) is not None:
        return "choice", _numbered(found)
    type_ = _type(part)
    if type_ == "array" and isinstance(part.get("items"), dict) and (found := _choices(part["items"])) is not None:
        return "several", _numbered(found)
    if type_ == "string" and part.get("examples"):
        return "suggestions", _numbered([(text, str(text)) for text in part["examples"]])
    if type_ == "string":
        return ("text" if part.get("format") or part.get("maxLength", LONG_TEXT + 1) <= LONG_TEXT else "long"), []
    return {"integer": "number", "number": "number", "boolean": "boolean"}.get(type_, "json"), []


def _type(part: Mapping[str, Any]) -> str:
    found = part.get("type", "")
    return next((one for one in found if one != "null"), "") if isinstance(found, list) else str(found)


def _choices(part: Mapping[str, Any]) -> list[tuple[Any, str]] | None:
    """(value, label) of each choice: an enumeration, or alternatives that are constants with a title."""
    if isinstance(part.get("enum"), list):
        # Not of JSON Schema, but what MCP servers name choices with.
        labels = part.get("enumNames")
        labels = labels if isinstance(labels, list) else []
        return [(value, str(labels[at] if at < len(labels) else value)) for at, value in enumerate(part["enum"])]
    either = part.get("oneOf") or part.get("anyOf")
    if isinstance(either, list) and all(isinstance(one, dict) and "const" in one for one in either):
        return [(one["const"], str(one.get("title", one["const"]))) for one in either]
    return None


def _numbered(found: Sequence[tuple[Any, str]]) -> list[tuple[str, str]]:
    return [(str(place), label) for place, (_value, label) in enumerate(found)]


def _shown(kind: str, choices: Sequence[tuple[str, str]], value: Any) -> Any:
    """A known value as its control has it."""
    labels = {label: place for place, label in choices}
    if kind == "several":
        return [labels[str(one)] for one in value or [] if str(one) in labels]
    if kind == "choice":
        return labels.get(str(value), "")
    if kind == "boolean":
        return "1" if value else ""
    if value is None:
        return ""
    return _json(value) if kind == "json" else str(value)


def _value(name: str, part: Mapping[str, Any], form: MultiDict[str, str]) -> Any:
    """The value that was posted for a property, None for none."""
    kind, _labels = _kind(part)
    text = form.get(PREFIX + name, "")
    if kind == "boolean":
        return bool(text)
    if kind == "several":
        chosen = [_at(_choices(part["items"]) or [], place) for place in form.getlist(PREFIX + name)]
        return [value for value in chosen if value is not None]
    if kind == "choice":
        return _at(_choices(part) or [], text)
    if kind == "suggestions":
        text = form.get(OTHER + name, "").strip() or text
    if not text.strip():
        return None
    if kind == "number":
        return _number(text.strip())
    if kind == "json":
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise Invalid(
                [{"loc": ["values", name], "msg": "This is not valid JSON.", "type": "value_error"}]
            ) from None
    return text.replace("\r\n", "\n")


def _at(choices: Sequence[tuple[Any, str]], place: str) -> Any:
    at = int(place) if place.isascii() and place.isdigit() and len(place) < 6 else len(choices)
    return choices[at][0] if at < len(choices) else None


def _number(text: str) -> Any:
    for read in (int, float):
        try:
            found = read(text)
        except ValueError:
            continue
        # Neither is a number of JSON.
        return text if found != found or abs(found) == float("inf") else found
    return text


def _attributes(kind: str, part: Mapping[str, Any]) -> dict[str, Any]:
    if kind == "number":
        limits = {"min": part.get("minimum"), "max": part.get("maximum")}
        step = "1" if _type(part) == "integer" else "any"
        return {"step": step, "inputmode": "decimal"} | {
            name: limit for name, limit in limits.items() if limit is not None
        }
    if kind in ("text", "long", "suggestions") and isinstance(part.get("maxLength"), int):
        return {"maxlength": part["maxLength"]}
    return {}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)

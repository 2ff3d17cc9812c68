"""What a step hands in, as it is typed: a line `name: type` for each field, or a JSON schema for anything else."""

import json
import re
from collections.abc import Mapping
from typing import Any

from helix.errors import Invalid

TYPES: Mapping[str, Mapping[str, Any]] = {
    "text": {"type": "string"},
    "number": {"type": "number"},
    "yes/no": {"type": "boolean"},
    "list": {"type": "array"},
}
LINE = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_-]{0,59})\s*(\?)?\s*(?::\s*(.*?))?\s*")
HINT = "One field in a line: name: text, number, yes/no or list. A ? after the name: it may be missing."


def read(typed: str) -> Any:
    """The JSON schema of what was typed; None if nothing was. Raises ValueError with a sentence."""
    text = typed.strip()
    if not text:
        return None
    if text.startswith("{"):
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"This is no JSON: {error}") from error
    properties: dict[str, Any] = {}
    required: list[str] = []
    for line in filter(str.strip, text.splitlines()):
        found = LINE.fullmatch(line)
        kind = TYPES.get((found[3] or "text").lower()) if found else None
        if found is None or kind is None:
            raise ValueError(f"“{line.strip()[:60]}” is no field. {HINT}")
        if found[1] in properties:
            raise ValueError(f"There are two fields {found[1]}.")
        properties[found[1]] = dict(kind)
        if not found[2]:
            required.append(found[1])
    return {"type": "object", "properties": properties} | ({"required": required} if required else {})


def written(schema: Any) -> str:
    """The schema as lines, if they can say all of it, else as JSON. Empty for None."""
    if schema is None:
        return ""
    lines = _lines(schema)
    return json.dumps(schema, indent=2, ensure_ascii=False) if lines is None else "\n".join(lines)


def _lines(schema: Any) -> list[str] | None:
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(properties, Mapping):
        return None
    required = schema.get("required") or []
    lines = []
    for name, part in properties.items():
        kind = next((word for word, one in TYPES.items() if one == part), None)
        if kind is None or not isinstance(required, list):
            return None
        lines.append(f"{name}{'' if name in required else '?'}: {kind}")
    try:
        return lines if read("\n".join(lines)) == schema else None
    except ValueError:
        return None


def read_values(typed: str) -> dict[str, Any]:
    """The values of a JSON object that was typed. Raises Invalid."""
    try:
        values = json.loads(typed)
    except (ValueError, RecursionError) as error:
        raise Invalid.field("values", f"This is no JSON: {error}") from error
    if not isinstance(values, dict):
        raise Invalid.field("values", 'Write an object, such as {"headline": "…"}.')
    return values


def empty_values(schema: Any) -> str:
    """A JSON object with an empty value for each property of a schema, to be filled in."""
    kinds: Mapping[str, Any] = {"string": "", "number": 0, "integer": 0, "boolean": False, "array": [], "object": {}}
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(properties, Mapping):
        return "{}"
    empty = {
        name: kinds.get(str(part.get("type")) if isinstance(part, Mapping) else "", None)
        for name, part in properties.items()
    }
    return json.dumps(empty, indent=2, ensure_ascii=False)

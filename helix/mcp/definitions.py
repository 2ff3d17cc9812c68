"""The definitions of a server's tools, cleaned and of limited size."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from helix.mcp import secrets as secret_values
from helix.mcp.interface import ServerTool
from helix.text import json_schema

MAX_TOOLS = 500
_NAME, _TITLE, _DESCRIPTION, _SCHEMA_BYTES = 128, 200, 8_000, 32_768
_BROKEN = "Its definition does not follow the protocol."
# In `_meta` of a stand-in: the definition that it stands for.
ORIGINAL = "helix/original"
_HINTS = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")
_NO_ARGUMENTS: dict[str, Any] = {"type": "object", "properties": {}}


def stand_in(definition: Any) -> dict[str, Any]:
    """For a definition that breaks the protocol, and with it the list that it is in."""
    return {"name": "broken", "inputSchema": _NO_ARGUMENTS, "_meta": {ORIGINAL: definition}}


def of(tool: Mapping[str, Any], secrets: tuple[str, ...]) -> ServerTool:
    """`tool` is a Tool of the protocol as JSON, or a stand-in."""
    meta = tool.get("_meta") or {}
    if ORIGINAL in meta:
        original = meta[ORIGINAL]
        found = _of(original if isinstance(original, dict) else {}, secrets)
        return replace(found, problem=found.problem or _BROKEN)
    return _of(tool, secrets)


def _of(tool: Mapping[str, Any], secrets: tuple[str, ...]) -> ServerTool:
    annotations = tool.get("annotations")
    annotations = annotations if isinstance(annotations, dict) else {}
    hints = {name: annotations[name] for name in _HINTS if isinstance(annotations.get(name), bool)}
    name = str(tool.get("name", ""))
    schema, problem = _schema(tool.get("inputSchema"), secrets)
    if not name.strip() or len(name) > _NAME or secret_values.cleaned(name, secrets) != name:
        problem = f"Its name is empty, longer than {_NAME} characters, or has characters that cannot be shown."
    return ServerTool(
        name=_line(name, _NAME, secrets),
        title=_line(str(tool.get("title") or annotations.get("title") or ""), _TITLE, secrets),
        description=_cut(secret_values.cleaned(str(tool.get("description") or ""), secrets).strip(), _DESCRIPTION),
        input_schema=schema,
        annotations=hints,
        problem=problem,
    )


def _schema(schema: Any, secrets: tuple[str, ...]) -> tuple[dict[str, Any], str | None]:
    """The schema of the arguments, or one without arguments and why it cannot be used."""
    if not isinstance(schema, dict):
        return _NO_ARGUMENTS, "It has no schema of its arguments."
    try:
        if len(json.dumps(schema)) > _SCHEMA_BYTES:
            return _NO_ARGUMENTS, f"The schema of its arguments is larger than {_SCHEMA_BYTES:,} bytes."
        schema = secret_values.cleaned_json(schema, secrets)
        json_schema.refuse_broken(schema)
    except (json_schema.BrokenSchema, RecursionError):
        return _NO_ARGUMENTS, "The schema of its arguments is no JSON schema."
    if schema.get("type", "object") != "object":
        return _NO_ARGUMENTS, "The schema of its arguments is not one of an object."
    return schema, None


def _line(text: str, limit: int, secrets: tuple[str, ...]) -> str:
    return _cut(" ".join(secret_values.cleaned(text, secrets).split()), limit)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"

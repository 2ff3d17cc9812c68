"""The result of a call as text."""

import json
from collections.abc import Mapping
from typing import Any

from helix.mcp import secrets as secret_values
from helix.mcp.interface import CallResult


def of(result: Mapping[str, Any], *, secrets: tuple[str, ...], max_bytes: int, notes: list[str]) -> CallResult:
    """`result` is a CallToolResult of the protocol as JSON. `notes` are ours, and come last."""
    parts = [_text(block) for block in result.get("content") or []]
    structured = result.get("structuredContent")
    if structured is not None and not any(part.strip() for part in parts):
        parts = [json.dumps(structured, ensure_ascii=False)]
    text = secret_values.cleaned("\n".join(part for part in parts if part), secrets)
    return CallResult(_with_notes(_cut(text, max_bytes), notes), is_error=bool(result.get("isError")))


def error(message: str, *, secrets: tuple[str, ...], max_bytes: int, notes: list[str]) -> CallResult:
    """For a call that the server refused."""
    text = secret_values.cleaned(f"The server refused the call: {message}", secrets)
    return CallResult(_with_notes(_cut(text, max_bytes), notes), is_error=True)


def _text(block: Mapping[str, Any]) -> str:
    match block.get("type"):
        case "text":
            return str(block.get("text", ""))
        case "image" | "audio" as kind:
            return _left_out(kind, block.get("mimeType"), block.get("data", ""))
        case "resource":
            resource = block.get("resource") or {}
            if "text" in resource:
                return str(resource["text"])
            return _left_out(f"file {resource.get('uri', '')}", resource.get("mimeType"), resource.get("blob", ""))
        case "resource_link":
            named = block.get("title") or block.get("name") or ""
            return f"{named}: {block.get('uri', '')}" if named else str(block.get("uri", ""))
        case other:
            return f"[content of an unknown kind was left out: {other}]"


def _left_out(what: str, mime_type: Any, base64_data: Any) -> str:
    size = len(str(base64_data)) * 3 // 4
    return f"[{what} was left out: {mime_type or 'unknown type'}, {size:,} bytes]"


def _cut(text: str, max_bytes: int) -> str:
    whole = text.encode()
    if len(whole) <= max_bytes:
        return text
    kept = whole[:max_bytes].decode(errors="ignore")
    return f"{kept}\n[The result was cut here: {len(whole):,} bytes, of which {max_bytes:,} are shown.]"


def _with_notes(text: str, notes: list[str]) -> str:
    return "\n".join([text, *(f"[{note}]" for note in notes)]) if notes else text

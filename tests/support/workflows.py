"""Steps of workflows for tests."""

from typing import Any


def agent(key: str, *needs: str, **fields: Any) -> dict[str, Any]:
    return {"key": key, "kind": "agent", "title": key.title(), "agent": "Sierra", "needs": list(needs), **fields}


def person(key: str, *needs: str, **fields: Any) -> dict[str, Any]:
    return {"key": key, "kind": "person", "title": key.title(), "needs": list(needs), **fields}


def choice(key: str, need: str, of: str, value: Any, **fields: Any) -> dict[str, Any]:
    return {"key": key, "kind": "choice", "needs": [need], "of": of, "is": "equals", "value": value} | fields


def each(key: str, need: str, of: str, **fields: Any) -> dict[str, Any]:
    step = {"title": "Section {{item}}", "agent": "Sierra", **fields}
    return {"key": key, "kind": "each", "needs": [need], "of": of, "step": step}


def wait(key: str, *needs: str, hours: float = 24) -> dict[str, Any]:
    return {"key": key, "kind": "wait", "needs": list(needs), "hours": hours}


def schema(**properties: Any) -> dict[str, Any]:
    """The schema of an object whose properties have these types, all of them required."""
    return {
        "type": "object",
        "properties": {name: {"type": kind} for name, kind in properties.items()},
        "required": list(properties),
        "additionalProperties": False,
    }

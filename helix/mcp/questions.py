"""What servers ask people in the middle of a call (elicitation), in both versions of the protocol."""

import json
from typing import Any

import mcp_types as types

from helix.mcp import secrets as secret_values
from helix.mcp.incident import Incident
from helix.text import json_schema

MAX_QUESTIONS = 5
TOO_MANY = f"The server asked more than {MAX_QUESTIONS} questions in one call, so the call was given up."
_QUESTION, _QUESTION_SCHEMA = 2_000, 16_384


def can_be_asked(params: Any, incident: Incident) -> bool:
    """Whether the question can be put to a person as a form. A note in the result says if not."""
    if not isinstance(params, types.ElicitRequestFormParams):
        note = "The server wanted a person to open an address. That was declined: it is not supported."
    elif cleaned(params.message, params.requested_schema, incident.secrets) is None:
        note = "The server asked a person for something that cannot be shown as a form. That was declined."
    else:
        return True
    if note not in incident.notes:
        incident.notes.append(note)
    return False


def cleaned(message: str, schema: Any, secrets: tuple[str, ...]) -> tuple[str, dict[str, Any]] | None:
    """The message and the schema as they can be shown, without these secrets, or None."""
    schema = secret_values.cleaned_json(schema, secrets)
    try:
        if not isinstance(schema, dict) or len(json.dumps(schema)) > _QUESTION_SCHEMA:
            return None
        json_schema.refuse_broken(schema)
    except (json_schema.BrokenSchema, RecursionError):
        return None
    return secret_values.cleaned(message, secrets)[:_QUESTION], schema


def result_of(answer: dict[str, Any]) -> types.ElicitResult:
    """A person's answer, {"action", "content"}, as the protocol has it."""
    action = answer.get("action")
    content = answer.get("content") if action == "accept" else None
    return types.ElicitResult(action=action, content=content)  # type: ignore[arg-type]

"""Whether the arguments of a call fit the schema of its tool."""

from collections.abc import Mapping
from typing import Any

from helix.text import json_schema


def check_arguments(schema: Mapping[str, Any], arguments: dict[str, Any] | None) -> str | None:
    """Why the arguments do not fit the schema of their tool, as a sentence for the model; None if they do."""
    # It takes 40 ms to import.
    from jsonschema.exceptions import best_match

    if arguments is None:
        return "They have to be one JSON object."
    try:
        problem = best_match(json_schema.errors(schema, arguments))
    except json_schema.BrokenSchema:
        return "The tool's JSON schema is broken, so that it cannot be called."
    if problem is None:
        return None
    place = ".".join(str(part) for part in problem.absolute_path)
    # The message repeats the value, which may be a whole file.
    return f"{f'{place}: ' if place else ''}{problem.message}"[:500]

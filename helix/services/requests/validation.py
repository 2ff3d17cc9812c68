"""Values of people against JSON schemas, with sentences that do not repeat the values."""

from collections.abc import Mapping
from typing import Any

from helix.errors import Conflict, Invalid
from helix.text import json_schema
from helix.text.cleaning import clean

MOST_DEPTH = 20
TYPES = {
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "empty",
}


def cleaned(value: Any, field: str, *, depth: int = 0) -> Any:
    """The value with each text in it cleaned, names included. Raises Invalid for one that is nested too deeply."""
    if depth > MOST_DEPTH:
        raise Invalid.field(field, "This is nested too deeply.")
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {clean(str(name)): cleaned(part, field, depth=depth + 1) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [cleaned(part, field, depth=depth + 1) for part in value]
    return value


def check(schema: Mapping[str, Any], values: Mapping[str, Any], field: str) -> None:
    """Raises Invalid that names each wrong value as `[field, name, ...]`, Conflict for a schema that is broken."""
    try:
        errors = json_schema.errors(schema, values)
    except json_schema.BrokenSchema as error:
        raise Conflict("What may be sent here cannot be told: the JSON schema is broken. Deny the request.") from error
    errors.sort(key=lambda error: [str(part) for part in error.path])
    if errors:
        # jsonschema names all missing fields once for each of them.
        found = {tuple(problem["loc"]): problem for error in reversed(errors) for problem in _problems(error, field)}
        raise Invalid(list(reversed(found.values())))


def _problems(error: Any, field: str) -> list[dict[str, Any]]:
    place = [field, *error.absolute_path]
    if error.validator == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
        return [_problem([*place, name], "Fill this in.") for name in missing]
    if error.validator == "additionalProperties" and error.validator_value is False:
        extra = [name for name in error.instance if name not in error.schema.get("properties", {})]
        return [_problem([*place, name], "There is no such field here.") for name in extra]
    return [_problem(place, _sentence(error))]


def _problem(place: list[Any], sentence: str) -> dict[str, Any]:
    return {"loc": place, "msg": sentence, "type": "value_error"}


def _sentence(error: Any) -> str:
    limit = error.validator_value
    match error.validator:
        case "type":
            kinds = [limit] if isinstance(limit, str) else limit
            return f"This must be {' or '.join(TYPES.get(kind, kind) for kind in kinds)}."
        case "enum":
            return f"Choose one of: {', '.join(str(choice) for choice in limit)}."
        case "const":
            return f"This can only be {limit}."
        case "minLength":
            return "Fill this in." if limit == 1 else f"Give at least {limit} characters."
        case "maxLength":
            return f"Give at most {limit:,} characters."
        case "minItems":
            return f"Choose at least {limit}."
        case "maxItems":
            return f"Choose at most {limit}."
        case "uniqueItems":
            return "Give each value only once."
        case "minimum":
            return f"This must be {limit} or more."
        case "maximum":
            return f"This must be {limit} or less."
        case "exclusiveMinimum":
            return f"This must be more than {limit}."
        case "exclusiveMaximum":
            return f"This must be less than {limit}."
        case "format":
            return f"This is no valid {limit}."
    return f"This does not fit what is asked for ({error.validator})."

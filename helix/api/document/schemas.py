"""Corrections to the JSON schemas, so that they are as strict as the validation."""

from typing import Any

from helix.schemas.common import MAX_ID

ID = {"type": "integer", "minimum": 1, "maximum": MAX_ID}
TIMES = ("_at", "due_date", "until")
# Added by flask-openapi3 and never referenced.
UNUSED_SCHEMAS = ("ValidationErrorModel",)


def finalize(document: dict[str, Any]) -> None:
    """Remove `null` from optional parameters, and add the range of ids and the format of times."""
    for item in document["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", []):
                _finish_parameter(parameter)
    schemas = document["components"]["schemas"]
    for stranger in UNUSED_SCHEMAS:
        schemas.pop(stranger, None)
    for name, schema in schemas.items():
        _whole_limits(schema)
        if schema.get("additionalProperties") is not False:
            _say_times(schema)
        schemas[name] = _without_titles(schema)


def _finish_parameter(parameter: dict[str, Any]) -> None:
    schema = parameter["schema"]
    _whole_limits(schema)
    if parameter["in"] == "path" and schema.get("type") == "integer":
        parameter["schema"] = dict(ID)
        return
    # A URL has no null: an optional parameter is left out instead.
    options = [option for option in schema.pop("anyOf", []) if option.get("type") != "null"]
    if len(options) == 1:
        schema.update(options[0])
    elif options:
        schema["anyOf"] = options
    if schema.get("default", ...) is None:
        del schema["default"]
    schema.pop("title", None)
    schema.pop("description", None)


def _whole_limits(schema: Any) -> None:
    """Write limits of integers as 1 instead of flask-openapi3's 1.0."""
    if isinstance(schema, list):
        for part in schema:
            _whole_limits(part)
    if not isinstance(schema, dict):
        return
    for name, value in schema.items():
        if name in ("minimum", "maximum") and isinstance(value, float) and value.is_integer():
            schema[name] = int(value)
        else:
            _whole_limits(value)


def _say_times(schema: dict[str, Any]) -> None:
    for name, part in schema.get("properties", {}).items():
        if not name.endswith(TIMES):
            continue
        for option in [part, *part.get("anyOf", [])]:
            if option.get("type") == "string":
                option["format"] = "date-time"


def _without_titles(schema: Any, *, names: bool = False) -> Any:
    """Remove the titles that pydantic adds. `names`: the keys of this object are field names, not schema keywords."""
    if isinstance(schema, list):
        return [_without_titles(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _without_titles(part, names=key == "properties" and not names)
        for key, part in schema.items()
        if names or key != "title" or not isinstance(part, str)
    }

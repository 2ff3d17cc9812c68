"""Values against JSON schemas by strangers: nothing is fetched, and no regular expression is evaluated."""

import json
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any


class BrokenSchema(ValueError):
    """It is no JSON schema, or refers to another one."""


def preload() -> None:
    """Import what checks values, and check once, so that forked processes share its memory."""
    from jsonschema.exceptions import best_match

    best_match(errors({"type": "object"}, {}))


def errors(schema: Mapping[str, Any], values: Any) -> list[Any]:
    """The errors of jsonschema, in no order. Raises BrokenSchema."""
    # It takes 40 ms to import, and most processes never need it.
    from jsonschema.exceptions import SchemaError
    from referencing.exceptions import Unresolvable

    try:
        return list(_validator_of(json.dumps(schema)).iter_errors(values))
    except (SchemaError, Unresolvable, RecursionError) as error:
        raise BrokenSchema("This is no JSON schema that can be used.") from error


def refuse_broken(schema: Mapping[str, Any]) -> None:
    """Raises BrokenSchema for what is no schema of draft 2020-12, which pages can make a form of."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(schema)
    except (SchemaError, RecursionError) as error:
        raise BrokenSchema("This is no JSON schema of draft 2020-12.") from error


@lru_cache(maxsize=32)
def _validator_of(text: str) -> Any:
    """For the schema as JSON. Kept: checking the schema costs more than checking most values against it."""
    from jsonschema import Draft202012Validator
    from jsonschema.validators import validator_for

    schema = json.loads(text)
    kind = validator_for(schema, default=Draft202012Validator)
    kind.check_schema(schema)
    return _without_patterns(kind)(_of_one_draft(schema), registry=_no_registry())


def _of_one_draft(schema: Any) -> Any:
    """The schema without the drafts that it names: at each one jsonschema would go on with its own class."""
    if isinstance(schema, Mapping):
        return {
            name: _of_one_draft(part)
            for name, part in schema.items()
            if not (name == "$schema" and isinstance(part, str))
        }
    return [_of_one_draft(part) for part in schema] if isinstance(schema, list) else schema


@cache
def _without_patterns(kind: Any) -> Any:
    """The class of validators without regular expressions: one of a server could keep this process busy for hours.

    What does not fit a pattern is refused by the server itself.
    """
    from jsonschema.validators import extend

    def skip(*_: Any) -> tuple[()]:
        return ()

    def no_others(validator: Any, allowed: Any, instance: Any, schema: Any) -> Any:
        if "patternProperties" in schema:
            return ()
        return kind.VALIDATORS["additionalProperties"](validator, allowed, instance, schema)

    skipped = dict.fromkeys(("pattern", "patternProperties", "unevaluatedProperties"), skip)
    return extend(kind, skipped | {"additionalProperties": no_others})


@cache
def _no_registry() -> Any:
    """Without it, a `$ref` to an address would be fetched."""
    from referencing import Registry

    return Registry()

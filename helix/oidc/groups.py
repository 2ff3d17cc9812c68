"""The groups or roles of a person from the claims of a service."""

from collections.abc import Mapping
from typing import Any


def groups_at(claims: Mapping[str, Any], path: str) -> frozenset[str] | None:
    """The values of a claim, `groups` or `realm_access.roles`; None if it is missing.

    A list of words, one word, or an object whose keys are the words (Zitadel). A claim whose own name contains dots
    (`https://example.org/roles`) takes precedence.
    """
    value: Any = claims.get(path)
    if value is None:
        value = claims
        for step in path.split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
    if isinstance(value, str):
        return frozenset({value})
    if isinstance(value, list | tuple | Mapping):
        return frozenset(item for item in value if isinstance(item, str))
    return None

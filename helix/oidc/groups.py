"""The groups or roles of a person, wherever in the claims a service writes them."""

from collections.abc import Mapping
from typing import Any


def groups_at(claims: Mapping[str, Any], path: str) -> frozenset[str] | None:
    """The values of a claim, `groups` or `realm_access.roles`; None when it is not there.

    A list of words, one word, or an object whose keys are the words (Zitadel). A claim whose own name holds dots
    (`https://example.org/roles`) is found first.
    """
    found: Any = claims.get(path)
    if found is None:
        found = claims
        for step in path.split("."):
            found = found.get(step) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return frozenset({found})
    if isinstance(found, list | tuple | Mapping):
        return frozenset(value for value in found if isinstance(value, str))
    return None

"""Statements that depend on nothing but who asks are written once for each reach, not at every request."""

from collections.abc import Callable, Hashable
from functools import lru_cache, wraps
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, literal_column

from helix.models.vocabulary import ActorType, BoardLevel, Role
from helix.policies.actor import Actor

# Of each: so many reaches (people with the same rights share one), with the filters that they ask for.
MOST_REMEMBERED = 200


def in_words(number: int) -> ColumnElement[int]:
    """A limit or an offset as text. Of one that is bound PostgreSQL expects a tenth of all rows, finds no plan worth
    keeping, and plans such a statement anew at each execution."""
    return literal_column(str(int(number)), Integer)


class Reach(NamedTuple):
    """All of an actor that a statement may depend on, as a value."""

    user_id: int | None
    role: Role
    default_level: BoardLevel
    grants: frozenset[tuple[int, BoardLevel]]

    def actor(self) -> Actor:
        kind = ActorType.SYSTEM if self.user_id is None else ActorType.USER
        return Actor(self.user_id, "", kind, self.role, "UTC", self.default_level, dict(self.grants))


def written_once(build: Callable[..., Any]) -> Callable[..., Any]:
    """For a function `(actor, *values) -> statement`: of the actor it may use id, role and levels."""

    @lru_cache(MOST_REMEMBERED)
    def kept(reach: Reach, *values: Hashable) -> Any:
        return build(reach.actor(), *values)

    @wraps(build)
    def statement(actor: Actor, *values: Hashable) -> Any:
        # An admin's grants count for nothing: what he was granted before is no other reach.
        grants = frozenset() if actor.is_admin else frozenset(actor.grants.items())
        return kept(Reach(actor.user_id, actor.role, actor.default_level, grants), *values)

    return statement

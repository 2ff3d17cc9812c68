"""Two writers at the same moment: the later one gets a Conflict instead of overwriting or crashing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import IntegrityError

from helix.errors import Conflict
from helix.extensions import db


@contextmanager
def conflict_on_duplicate(message: str) -> Iterator[None]:
    """Flush what is added inside. Raises Conflict with `message` when a unique index is violated."""
    try:
        with db.session.begin_nested():
            yield
            db.session.flush()
    except IntegrityError as error:
        raise Conflict(message) from error


# Called with the locked row: whether it is still as the editor's form showed it.
IsUnchanged = Callable[[Any], bool]


class StaleEdit(Conflict):
    """Somebody else saved meanwhile. The response includes the present state under the name `noun`."""

    def __init__(self, noun: str, present: dict[str, Any]) -> None:
        super().__init__(
            f"Somebody else changed this {noun} meanwhile. Look at what it says now, then save again.",
            **{noun: present},
        )
        self.present = present

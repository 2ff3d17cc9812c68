"""Two who want the same unique thing in the same moment: the later one is told, not shown a crash."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError

from helix.errors import Conflict
from helix.extensions import db


@contextmanager
def conflict_on_duplicate(message: str) -> Iterator[None]:
    """Write what is added inside at once; Conflict with `message` when an index of the database refuses it."""
    try:
        with db.session.begin_nested():
            yield
            db.session.flush()
    except IntegrityError as error:
        raise Conflict(message) from error

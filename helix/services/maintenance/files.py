"""Files in the store that no row names: left by a crash between the two, or by a store that was away."""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import select, union_all

from helix import clock
from helix.db.transaction import end_reading
from helix.errors import HelixError
from helix.extensions import db
from helix.services import stored_files

log = logging.getLogger(__name__)

# A file is kept before its row is committed: only what nobody names twice, this long apart, is an orphan.
GRACE = timedelta(hours=1)
AT_ONCE = 500

_suspects: dict[str, datetime] = {}


def remove(keys: Iterable[str]) -> None:
    """Delete these files. One that cannot be deleted now is found by `remove_orphans` later."""
    for key in keys:
        try:
            stored_files.store().delete(key)
        except HelixError as error:
            log.warning("A file without a task could not be deleted, it is tried again later: %s", error)
            return


def remove_orphans() -> int:
    """Look at every file that is kept. Returns how many were deleted, which were suspects for an hour already."""
    now = clock.now()
    keys = iter(stored_files.store().keys())
    orphans: list[str] = []
    while some := list(islice(keys, AT_ONCE)):
        orphans += _unnamed(some)
        end_reading()
    for key in set(_suspects) - set(orphans):
        del _suspects[key]
    for key in orphans:
        _suspects.setdefault(key, now)
    ripe = [key for key in orphans if now - _suspects[key] >= GRACE]
    remove(ripe)
    return len(ripe)


def _unnamed(keys: Sequence[str]) -> list[str]:
    naming = [select(column).where(column.in_(keys)) for column in stored_files.FILE_KEY_COLUMNS]
    named = set(db.session.scalars(union_all(*naming)))
    return [key for key in keys if key not in named]

"""One visible transaction: commit once, then do what was asked for after it.

    with transaction() as after_commit:
        task.status = TaskStatus.DONE
        after_commit(live.publish, "task", task.id, board_id=task.board_id)

What is asked for after the commit never runs when the commit fails, and an error in it is logged and
cannot undo what is already true. At its beginning loaded objects expire, because they may be stale.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from helix.db.engine import for_writing
from helix.extensions import db
from helix.live import writes
from helix.live.publish import together

log = logging.getLogger(__name__)

AfterCommit = Callable[..., None]


@contextmanager
def transaction() -> Iterator[AfterCommit]:
    """Begin, commit or roll back; inside another `transaction` it joins that one."""
    session = db.session()
    under_way = session.info
    outer = under_way.get("after_commit")
    if outer is not None:
        yield outer
        return

    end_reading()
    session.connection(execution_options=for_writing(db.engine))
    calls: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]] = []

    def after_commit(function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        calls.append((function, args, kwargs))

    under_way["after_commit"] = after_commit
    under_way["before_commit"] = {}
    try:
        yield after_commit
        _prepare_commit()
        session.commit()
        writes.written()
    except BaseException:
        session.rollback()
        raise
    finally:
        under_way.pop("after_commit", None)
        under_way.pop("before_commit", None)

    with together():
        for function, args, kwargs in calls:
            try:
                function(*args, **kwargs)
            except Exception:
                # The change is committed and true; what follows from it is caught up by the sweeper.
                log.exception("after commit: %s failed", getattr(function, "__qualname__", function))


def before_commit(function: Callable[[list[Any]], None], thing: Any) -> None:
    """At the end of the transaction under way, call `function` once with all the things that were named for it.

    What it does belongs to the transaction: if it fails, nothing has happened.
    """
    calls = db.session.info.get("before_commit")
    if calls is None:
        raise RuntimeError("Something that belongs to a change was asked for outside of a transaction().")
    calls.setdefault(function, []).append(thing)


def _prepare_commit() -> None:
    """Call what was named by `before_commit`, and write what the session still holds."""
    calls = db.session.info["before_commit"]
    while calls:
        function = next(iter(calls))
        function(calls.pop(function))
    db.session.flush()


def end_reading() -> None:
    """Give up the read transaction under way, so that nothing is open while somebody waits or thinks."""
    session = db.session()
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("Something was changed outside of a transaction().")
    if session.in_transaction():
        try:
            session.commit()
        except SQLAlchemyError:
            session.rollback()
    session.expire_all()

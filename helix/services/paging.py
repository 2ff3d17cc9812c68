"""Pagination of long lists, newest first, with a cost that does not depend on the length of the list."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, func, select

from helix.extensions import db
from helix.live.cache import OVERHEAD, Cache

T = TypeVar("T")

# Totals are exact up to this number; counting stops there.
MAX_COUNTED = 10_000
# Lists known to be longer than MAX_COUNTED.
_too_long: Cache[bool] = Cache(most_bytes=2000 * OVERHEAD, seconds=60.0)


@dataclass(frozen=True)
class PageRequest:
    """At most `limit` rows: from `offset` on, or those with an id below `after`, the cursor of an earlier page."""

    limit: int
    offset: int = 0
    after: int | None = None


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page. `total` is at most 10,000 and then `total_is_exact` is False; `cursor` is None on the last page."""

    rows: list[T]
    total: int
    total_is_exact: bool
    cursor: int | None


def newest_first(
    query: Select[Any],
    id_column: Any,
    page: PageRequest,
    *,
    with_neighbours: Callable[[Select[Any]], Select[Any]] = lambda query: query,
    known_as: Hashable = None,
) -> Page[Any]:
    """One page of `query`, ordered by `id_column` descending. `query` has filters but no order.

    `with_neighbours` adds the eager loading of related rows, which counting does not need. `known_as` is a cache key of
    the list: one that was too long to count is not counted again for a minute.
    """
    total, exact = _count(query, id_column, known_as)
    page_query = with_neighbours(query).order_by(id_column.desc()).limit(page.limit + 1)
    if page.after is not None:
        page_query = page_query.where(id_column < page.after)
    elif page.offset:
        page_query = page_query.offset(page.offset)
    rows = list(db.session.scalars(page_query))
    more = len(rows) > page.limit
    rows = rows[: page.limit]
    return Page(rows, total, exact, rows[-1].id if more else None)


def _count(query: Select[Any], id_column: Any, known_as: Hashable) -> tuple[int, bool]:
    if known_as is not None and _too_long.get(known_as):
        return MAX_COUNTED, False
    total, exact = count(query, id_column)
    if not exact and known_as is not None:
        _too_long.put(known_as, value=True)
    return total, exact


def capped(total: int) -> tuple[int, bool]:
    """The total, at most MAX_COUNTED, and whether it is exact."""
    return min(total, MAX_COUNTED), total <= MAX_COUNTED


def clear_cache() -> None:
    """Forget which lists are too long to count."""
    _too_long.clear()


def count(query: Select[Any], id_column: Any) -> tuple[int, bool]:
    """The number of rows, up to 10,000, and whether it is exact."""
    limited = query.with_only_columns(id_column).order_by(None).limit(MAX_COUNTED + 1).subquery()
    total = db.session.scalar(select(func.count()).select_from(limited)) or 0
    return capped(total)

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from sqlalchemy import Column, Table
from sqlalchemy.orm import Mapper


@dataclass(frozen=True)
class Kind:
    """A class of objects that is one table: its columns by the names of their attributes, in the table's order.

    `counter` is the attribute whose number the database gives; `depth` counts the tables that are written before.
    """

    table: Table
    columns: Mapping[str, Column[Any]]
    counter: str | None
    depth: int


@cache
def kind_of(mapper: Mapper[Any]) -> Kind | None:
    """None for a class that is more than one table, or whose rows are not all made from what is known here."""
    table = cast(Table, mapper.local_table)
    columns = {mapper.get_property_by_column(column).key: column for column in table.columns}
    if mapper.inherits or mapper.version_id_col is not None or not all(map(_is_given, columns.values())):
        return None
    counter = next((name for name, column in columns.items() if column is table.autoincrement_column), None)
    return Kind(table, columns, counter, table.metadata.sorted_tables.index(table))


def _is_given(column: Column[Any]) -> bool:
    """Whether its value is known before it is written."""
    if column.default is not None:
        return not column.default.is_clause_element and not column.default.is_sequence
    return column.server_default is None and column.onupdate is None


def default(column: Column[Any]) -> Any:
    """What the table says where nothing was said; None where it says nothing either."""
    found: Any = column.default
    if found is None:
        return None
    return found.arg(None) if found.is_callable else found.arg

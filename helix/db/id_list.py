"""A list of ids as a single parameter of a statement.

SQLAlchemy's expanding IN writes a parameter for each id: the text of the statement differs with the number of ids, so
that neither the driver nor the server can prepare it.
"""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Boolean, ColumnElement, String, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine


class IdList(TypeDecorator[Sequence[int]]):
    """An array on PostgreSQL, JSON on SQLite."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(BigInteger()) if dialect.name == "postgresql" else String())

    def process_bind_param(self, value: Sequence[int] | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        return list(value) if dialect.name == "postgresql" else json.dumps(list(value))


def one_of(column: Any, parameter: str) -> ColumnElement[bool]:
    """A condition: the column is one of the ids in the parameter of this name, a sequence of integers."""
    return _OneOf(column, bindparam(parameter, type_=IdList()))


class _OneOf(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True


@compiles(_OneOf, "postgresql")
def _array(element: _OneOf, compiler: SQLCompiler, **options: Any) -> str:
    column, ids = element.clauses
    return f"{compiler.process(column, **options)} = ANY ({compiler.process(ids, **options)})"


@compiles(_OneOf, "sqlite")
def _json(element: _OneOf, compiler: SQLCompiler, **options: Any) -> str:
    column, ids = element.clauses
    values = compiler.process(select(func.json_each(ids).table_valued("value")), **options)
    return f"{compiler.process(column, **options)} IN ({values})"

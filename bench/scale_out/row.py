"""A row of the result table."""

from typing import NamedTuple


class Row(NamedTuple):
    name: str
    value: str

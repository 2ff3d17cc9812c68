"""A line of the table."""

from typing import NamedTuple


class Row(NamedTuple):
    name: str
    value: str

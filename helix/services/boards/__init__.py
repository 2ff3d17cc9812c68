"""Departments and their boards: the rooms that tasks hang in."""

from helix.services.boards.counts import open_counts, task_counts
from helix.services.boards.departments import departments, get_department, shown_department
from helix.services.boards.lookup import boards, get, shown

__all__ = [
    "boards",
    "departments",
    "get",
    "get_department",
    "open_counts",
    "shown",
    "shown_department",
    "task_counts",
]

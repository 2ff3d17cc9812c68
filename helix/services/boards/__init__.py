"""Departments and their boards: the rooms that tasks hang in."""

from helix.services.boards.counts import open_counts, task_counts
from helix.services.boards.departments import departments, get_department, shown_department
from helix.services.boards.lookup import boards, get, shown
from helix.services.boards.permissions import (
    all_permissions,
    permissions,
    set_permission,
    set_permissions,
    shown_permissions,
)
from helix.services.boards.remove import delete, holds
from helix.services.boards.views import add_view, delete_view, edit_view, shown_view, view, views
from helix.services.boards.write import create, edit
from helix.services.boards.write_department import create_department, delete_department, edit_department

__all__ = [
    "add_view",
    "all_permissions",
    "boards",
    "create",
    "create_department",
    "delete",
    "delete_department",
    "delete_view",
    "departments",
    "edit",
    "edit_department",
    "edit_view",
    "get",
    "get_department",
    "holds",
    "open_counts",
    "permissions",
    "set_permission",
    "set_permissions",
    "shown",
    "shown_department",
    "shown_permissions",
    "shown_view",
    "task_counts",
    "view",
    "views",
]

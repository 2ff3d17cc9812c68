"""Departments and boards, the permissions on boards, and saved views."""

from helix.services.boards.departments import (
    create_department,
    delete_department,
    departments,
    edit_department,
    get_department,
    serialize_departments,
)
from helix.services.boards.keys import fill_missing, visible_keys
from helix.services.boards.lookup import boards, get, open_counts, serialize, task_counts
from helix.services.boards.permissions import (
    all_permissions,
    default_of,
    permissions,
    serialize_permissions,
    set_all,
    set_default,
    set_people,
    set_permission,
    set_permissions,
)
from helix.services.boards.remove import content_counts, delete
from helix.services.boards.views import add_view, delete_view, edit_view, serialize_view, view, views
from helix.services.boards.write import create, edit, move_board, move_department

__all__ = [
    "add_view",
    "all_permissions",
    "boards",
    "content_counts",
    "create",
    "create_department",
    "default_of",
    "delete",
    "delete_department",
    "delete_view",
    "departments",
    "edit",
    "edit_department",
    "edit_view",
    "fill_missing",
    "get",
    "get_department",
    "move_board",
    "move_department",
    "open_counts",
    "permissions",
    "serialize",
    "serialize_departments",
    "serialize_permissions",
    "serialize_view",
    "set_all",
    "set_default",
    "set_people",
    "set_permission",
    "set_permissions",
    "task_counts",
    "view",
    "views",
    "visible_keys",
]

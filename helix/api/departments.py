from typing import Any

from helix.api.blueprint import actor, array, no_content, section, slice_of
from helix.schemas.board import DepartmentIn, DepartmentList, DepartmentOut, DepartmentPatch, DepartmentPath
from helix.schemas.common import MoveTo, Paging
from helix.services import boards

door = section("departments", "Departments", "/api/departments")
DOORS = (door,)


def _shown(department_id: int) -> Any:
    return boards.shown_department(actor(), [boards.get_department(department_id)])[0]


@door.get("/", responses={200: DepartmentList})
def index(query: Paging) -> Any:
    """Every department, in its order."""
    found = boards.departments()
    return array(boards.shown_department(actor(), list(slice_of(found, query))), len(found), query)


@door.post("/", responses={201: DepartmentOut})
def create(body: DepartmentIn) -> Any:
    """A new department. For admins."""
    return _shown(boards.create_department(actor(), **body.model_dump()).id), 201


@door.get("/<int:department_id>", responses={200: DepartmentOut})
def show(path: DepartmentPath) -> Any:
    """One department."""
    return _shown(path.department_id)


@door.patch("/<int:department_id>", responses={200: DepartmentOut})
def edit(path: DepartmentPath, body: DepartmentPatch) -> Any:
    """Change the fields that are sent. For admins."""
    return _shown(boards.edit_department(actor(), path.department_id, body.changes()).id)


@door.delete("/<int:department_id>", responses={204: None})
def delete(path: DepartmentPath, query: MoveTo) -> Any:
    """Delete it. While it holds boards or agents, `move_to` names the department that they go to. For admins."""
    boards.delete_department(actor(), path.department_id, move_to=query.move_to)
    return no_content()

from typing import Any

from helix.api.blueprint import actor, array_response, no_content, paginate, signed_in_blueprint
from helix.schemas.board import DepartmentIn, DepartmentList, DepartmentOut, DepartmentPatch, DepartmentPath
from helix.schemas.common import MoveTo, Paging
from helix.services import boards

blueprint = signed_in_blueprint("departments", "Departments", "/api/departments")
BLUEPRINTS = (blueprint,)


def _shown(department_id: int) -> Any:
    return boards.serialize_departments(actor(), [boards.get_department(department_id)])[0]


@blueprint.get("/", responses={200: DepartmentList})
def index(query: Paging) -> Any:
    """Every department, in its order."""
    found = boards.departments()
    return array_response(boards.serialize_departments(actor(), list(paginate(found, query))), len(found), query)


@blueprint.post("/", responses={201: DepartmentOut})
def create(body: DepartmentIn) -> Any:
    """A new department. For admins."""
    return _shown(boards.create_department(actor(), **body.model_dump()).id), 201


@blueprint.get("/<int:department_id>", responses={200: DepartmentOut})
def show(path: DepartmentPath) -> Any:
    """One department."""
    return _shown(path.department_id)


@blueprint.patch("/<int:department_id>", responses={200: DepartmentOut})
def edit(path: DepartmentPath, body: DepartmentPatch) -> Any:
    """Change the fields that are sent. For admins."""
    return _shown(boards.edit_department(actor(), path.department_id, body.changes()).id)


@blueprint.delete("/<int:department_id>", responses={204: None})
def delete(path: DepartmentPath, query: MoveTo) -> Any:
    """Delete it. While it holds boards or agents, `move_to` names the department that they go to. For admins."""
    boards.delete_department(actor(), path.department_id, move_to=query.move_to)
    return no_content()

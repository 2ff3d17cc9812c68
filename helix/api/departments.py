from typing import Any

from helix.api.door import actor, array, section, slice_of
from helix.schemas.common import Paging
from helix.services import boards

door = section("departments", "Departments", "/api/departments")
DOORS = (door,)


@door.get("/", responses={200: {"content": {"application/json": {"schema": {"type": "array"}}}}})
def index(query: Paging) -> Any:
    """Every department, in its order."""
    found = boards.departments()
    return array(boards.shown_department(actor(), list(slice_of(found, query))), len(found), query)

from typing import Literal

from helix.schemas.common import Out, Paging, Query


class DepartmentPath(Query):
    department_id: int


class DepartmentOut(Out):
    id: int
    name: str
    emoji: str
    sort_order: int
    board_count: int
    agent_count: int


class BoardPath(Query):
    board_id: int


class BoardFilter(Paging):
    department_id: int | None = None


class BoardOut(Out):
    id: int
    name: str
    description: str
    department_id: int
    sort_order: int
    wip_limits: dict[str, int]
    task_counts: dict[str, int]
    my_level: Literal["none", "view", "create", "manage"]

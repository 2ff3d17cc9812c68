"""Departments, boards, their permissions and saved views."""

from typing import Annotated, Literal

from pydantic import Field, RootModel

from helix.models.vocabulary import TaskStatus
from helix.schemas.common import IdNumber, In, Line, NotBlank, Out, Paging, Patch, Query, SortOrder, Text
from helix.schemas.settings import BoardLevelName

Name = Annotated[Line, Field(min_length=1, max_length=80), NotBlank]
Emoji = Annotated[Line, Field(max_length=16)]
Description = Annotated[Text, Field(max_length=20_000)]
Key = Annotated[Line, Field(min_length=2, max_length=8)]
Limit = Annotated[int, Field(ge=1, le=10_000)]


class DepartmentPath(Query):
    department_id: int


class DepartmentIn(In):
    name: Name
    emoji: Emoji = ""
    sort_order: SortOrder | None = None
    """Null: after the other departments."""


class DepartmentPatch(Patch):
    name: Name | None = None
    emoji: Emoji | None = None
    sort_order: SortOrder | None = None


class DepartmentOut(Out):
    id: int
    name: str
    emoji: str
    sort_order: int
    board_count: int
    agent_count: int


class DepartmentList(RootModel[list[DepartmentOut]]):
    """Every department, in its order."""


class BoardPath(Query):
    board_id: int


class BoardFilter(Paging):
    department_id: IdNumber | None = None


class BoardIn(In):
    name: Name
    department_id: IdNumber
    description: Description = ""
    key: Key | None = None
    """In the ids of its tasks: SEO in SEO-22. Null: made from the name."""
    sort_order: SortOrder | None = None
    """Null: after the other boards of its department."""
    wip_limits: dict[TaskStatus, Limit | None] = {}
    """The most cards that a column should have."""
    default_level: BoardLevelName | None = None
    """The level of members without one of their own; null: the organization's. `none` makes the board private."""


class BoardPatch(Patch):
    nullable = frozenset({"default_level"})

    name: Name | None = None
    department_id: IdNumber | None = None
    description: Description | None = None
    key: Key | None = None
    sort_order: SortOrder | None = None
    wip_limits: dict[TaskStatus, Limit | None] | None = None
    """Only the given columns change; null removes a limit."""
    default_level: BoardLevelName | None = None
    """Null: the organization's `default_board_level`."""


class BoardOut(Out):
    id: int
    key: str | None
    """In the ids of its tasks: SEO in SEO-22."""
    name: str
    description: str
    department_id: int
    sort_order: int
    wip_limits: dict[str, int]
    task_counts: dict[str, int]
    default_level: BoardLevelName | None
    my_level: Literal["none", "view", "create", "manage"]


class BoardList(RootModel[list[BoardOut]]):
    """The boards that the caller sees."""


ViewName = Annotated[Line, Field(min_length=1, max_length=80), NotBlank]
ViewQuery = Annotated[Line, Field(max_length=1000)]


class ViewPath(Query):
    view_id: int


class ViewIn(In):
    name: ViewName
    query: ViewQuery
    """As in the board's URL: `priority=high,urgent&lanes=agent`, with `q`, `agent`, `assignee`, `status`, `priority`,
    `tag`, `due`, `creator`, `not`, `archived`, `layout`, `lanes`, `group` and `sort`."""
    shared: bool = False
    """Share with everyone who sees the board. Requires the level `manage`."""


class ViewPatch(Patch):
    name: ViewName | None = None
    query: ViewQuery | None = None
    shared: bool | None = None


class ViewOut(Out):
    id: int
    board_id: int
    name: str
    query: str
    shared: bool
    user_id: int
    """Who made it."""
    mine: bool


class ViewList(RootModel[list[ViewOut]]):
    """The views that the caller sees on a board: the caller's own, and shared ones."""


class PermissionIn(In):
    user_id: IdNumber
    level: BoardLevelName


class PermissionsIn(RootModel[Annotated[list[PermissionIn], Field(max_length=1000)]]):
    """All users with a level of their own; users left out lose theirs."""


class PermissionOut(Out):
    user_id: int
    level: BoardLevelName


class PermissionList(RootModel[list[PermissionOut]]):
    pass

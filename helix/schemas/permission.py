from typing import Annotated

from pydantic import Field, RootModel

from helix.schemas.common import IdNumber, In, Out
from helix.schemas.settings import BoardLevelName


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

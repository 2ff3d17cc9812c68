"""The actor of an operation: a plain value, so that services do not need a request."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from helix.models.vocabulary import ActorType, BoardLevel, Role, TokenScope


@dataclass(frozen=True)
class Actor:
    """A user, an agent during a run, or the system. `zone` is the IANA time zone for days and months.

    `grants` holds the levels that differ from `default_level` by a grant of the user's or by the board's own default.
    `token_id` is the API token of the request, `session_id` its browser session; None when not applicable.
    """

    id: int | None
    name: str
    type: ActorType = ActorType.USER
    role: Role = Role.MEMBER
    zone: str = "UTC"
    default_level: BoardLevel = BoardLevel.NONE
    grants: Mapping[int, BoardLevel] = field(default_factory=dict)
    scope: TokenScope = TokenScope.WRITE
    token_id: int | None = None
    session_id: int | None = None

    @property
    def is_admin(self) -> bool:
        return self.role == Role.ADMIN

    @property
    def user_id(self) -> int | None:
        """The user's id; None for agents and the system."""
        return self.id if self.type == ActorType.USER else None

    def level_on(self, board_id: int) -> BoardLevel:
        if self.is_admin:
            return BoardLevel.MANAGE
        return self.grants.get(board_id, self.default_level)


SYSTEM = Actor(id=None, name="HELIX", type=ActorType.SYSTEM, role=Role.ADMIN)


def agent_actor(agent_id: int, name: str) -> Actor:
    """The actor of an agent's run. It has no rights of its own beyond the task of its run."""
    return Actor(id=agent_id, name=name, type=ActorType.AGENT)

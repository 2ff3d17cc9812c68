"""Who acts: a plain value, so that nothing below the doors needs a request."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from helix.models.vocabulary import ActorType, BoardLevel, Role, TokenScope


@dataclass(frozen=True)
class Actor:
    """A person, an agent at work, or the system itself. `zone` is the IANA zone that his days are cut in.

    `token_id` names the API token that he came with, `session_id` his browser's session; both None for others.
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
        """The person's id; None for agents and the system."""
        return self.id if self.type == ActorType.USER else None

    def level_on(self, board_id: int) -> BoardLevel:
        if self.is_admin:
            return BoardLevel.MANAGE
        return self.grants.get(board_id, self.default_level)


SYSTEM = Actor(id=None, name="HELIX", type=ActorType.SYSTEM, role=Role.ADMIN)


def agent_actor(agent_id: int, name: str) -> Actor:
    """An agent at work. It has no rights of its own beyond the task that its run was given."""
    return Actor(id=agent_id, name=name, type=ActorType.AGENT)

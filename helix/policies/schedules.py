"""Rights on schedules and templates of tasks follow from the level on their board; without a board they are admins'."""

from typing import Protocol

from helix.models.schedule import Schedule, TaskTemplate
from helix.models.vocabulary import BoardLevel
from helix.policies.actor import Actor


class OnBoard(Protocol):
    """A schedule, a template, or a row with the board of one."""

    @property
    def board_id(self) -> int | None: ...


def may_see(actor: Actor, schedule: Schedule | OnBoard) -> bool:
    return _level(actor, schedule) >= BoardLevel.VIEW


def may_change(actor: Actor, schedule: Schedule | TaskTemplate | OnBoard) -> bool:
    """May edit, enable, run and delete it."""
    return _level(actor, schedule) >= BoardLevel.MANAGE


def may_see_template(actor: Actor, template: TaskTemplate | OnBoard) -> bool:
    """One for every board is seen by everybody."""
    return template.board_id is None or _level(actor, template) >= BoardLevel.VIEW


def _level(actor: Actor, thing: Schedule | TaskTemplate | OnBoard) -> BoardLevel:
    if actor.is_admin:
        return BoardLevel.MANAGE
    return BoardLevel.NONE if thing.board_id is None else BoardLevel(actor.level_on(thing.board_id))

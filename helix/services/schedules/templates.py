"""Templates of tasks: what a new task begins with, on one board or on every board."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, or_, select, true

from helix import clock
from helix.clock import iso
from helix.db.locking import lock
from helix.db.transaction import transaction
from helix.errors import Conflict, Forbidden, Invalid, NotFound
from helix.extensions import db
from helix.models import Agent, TaskTemplate
from helix.policies import boards as board_policy
from helix.policies import schedules as policy
from helix.policies.actor import Actor
from helix.services import boards
from helix.services.access import on_visible_boards_or_none
from helix.services.schedules.write import tidy_template

MAX_TEMPLATES = 200


def templates(actor: Actor, *, board_id: int | None = None) -> list[TaskTemplate]:
    """Those that the actor sees, by name. With `board_id`, those for this board and for every board."""
    here = true() if board_id is None else or_(TaskTemplate.board_id.is_(None), TaskTemplate.board_id == board_id)
    query = select(TaskTemplate).where(here, on_visible_boards_or_none(actor, TaskTemplate.board_id))
    return list(db.session.scalars(query.order_by(func.lower(TaskTemplate.name), TaskTemplate.id)))


def get_template(actor: Actor, template_id: int, *, change: bool = False) -> TaskTemplate:
    """Raises NotFound when the actor cannot see it. `change` locks it, and raises Forbidden without the level."""
    template = lock(TaskTemplate, template_id) if change else db.session.get(TaskTemplate, template_id)
    if template is None or not policy.may_see_template(actor, template):
        raise NotFound("There is no such template.")
    if change and not policy.may_change(actor, template):
        raise Forbidden("You need the level “manage” on its board to change this template; admins change the others.")
    return template


def add_template(actor: Actor, *, name: str, content: Mapping[str, Any], board_id: int | None = None) -> TaskTemplate:
    """Save a template, with the level `manage` on its board; one for every board is for admins to save.

    `content`: title, and optionally description, agent_id, priority, tags, due_in (days), requires_approval. Raises
    Conflict for a name that the board has already.
    """
    with transaction():
        if board_id is None:
            if not actor.is_admin:
                raise Forbidden("Only admins save templates for every board. Choose a board.")
        else:
            _check_board(actor, board_id)
        if (db.session.scalar(select(func.count()).where(TaskTemplate.board_id == board_id)) or 0) >= MAX_TEMPLATES:
            raise Conflict(f"There are {MAX_TEMPLATES} templates already. Delete one first.")
        template = TaskTemplate(
            name=_free_name(name, board_id),
            board_id=board_id,
            content=_tidy(content),
            created_by_user_id=actor.user_id,
            created_at=clock.now(),
        )
        db.session.add(template)
    return template


def edit_template(actor: Actor, template_id: int, changes: Mapping[str, Any]) -> TaskTemplate:
    """Change the name, or the fields of `content` that are sent."""
    with transaction():
        template = get_template(actor, template_id, change=True)
        if "name" in changes:
            template.name = _free_name(changes["name"], template.board_id, besides=template.id)
        if "content" in changes:
            template.content = _tidy({**template.content, **changes["content"]})
    return template


def delete_template(actor: Actor, template_id: int) -> None:
    with transaction():
        db.session.delete(get_template(actor, template_id, change=True))


def serialize_template(actor: Actor, template: TaskTemplate) -> dict[str, Any]:
    """The API representation."""
    return {
        "id": template.id,
        "name": template.name,
        "board_id": template.board_id,
        "content": template.content,
        "may_change": policy.may_change(actor, template),
        "created_by_user_id": template.created_by_user_id,
        "created_at": iso(template.created_at),
    }


def _tidy(content: Mapping[str, Any]) -> dict[str, Any]:
    agent_id = content.get("agent_id")
    agent = db.session.get(Agent, agent_id) if agent_id is not None else None
    if agent_id is not None and (agent is None or agent.deleted_at is not None):
        raise Invalid.field("agent_id", f"There is no agent {agent_id}.")
    return {**tidy_template(content), "agent_id": agent_id}


def _check_board(actor: Actor, board_id: int) -> None:
    try:
        boards.get(actor, board_id, to=board_policy.may_manage, keep=True)
    except NotFound:
        raise Invalid.field("board_id", f"There is no board {board_id}.") from None


def _free_name(name: str, board_id: int | None, *, besides: int = 0) -> str:
    taken = select(TaskTemplate.name).where(TaskTemplate.board_id == board_id, TaskTemplate.id != besides)
    if name.casefold() in {one.casefold() for one in db.session.scalars(taken)}:
        raise Conflict(f"There is a template {name} already. Choose another name.")
    return name

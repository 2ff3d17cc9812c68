"""Reading skills. Every signed-in user can read them, admins can write them."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import literal, select, union_all

from helix.clock import iso
from helix.db.id_list import one_of
from helix.db.locking import lock
from helix.db.read import rows
from helix.errors import Forbidden
from helix.models import Agent, Skill, SkillAgent, SkillAttachment, SkillBoard
from helix.policies import administration
from helix.policies.actor import Actor
from helix.services.access import BoardScope, board_scope
from helix.services.required_rows import get_required, required


def require_admin(actor: Actor) -> None:
    if not administration.may_administer(actor):
        raise Forbidden("Only admins can add, change and delete skills.")


def get(skill_id: int) -> Skill:
    """Raises NotFound."""
    return get_required(Skill, skill_id, "skill")


def get_for_update(skill_id: int) -> Skill:
    """The current row, locked for update. Raises NotFound."""
    return required(lock(Skill, skill_id), "skill")


def serialize(actor: Actor, skill: Skill) -> dict[str, Any]:
    return serialize_many(actor, [skill])[0]


def serialize_many(actor: Actor, skills: Sequence[Any]) -> list[dict[str, Any]]:
    """The API representation of skills or their rows, in two queries, without boards that the actor cannot see."""
    ids = [skill.id for skill in skills]
    agents, boards = _links(actor, ids)
    files: dict[int, list[dict[str, Any]]] = {skill_id: [] for skill_id in ids}
    for attachment in rows(_FILES, skill_ids=ids):
        files[attachment.skill_id].append(serialize_attachment(attachment))
    return [
        {
            "id": skill.id,
            "name": skill.name,
            "slug": skill.slug,
            "description": skill.description,
            "category": skill.category,
            "tags": skill.tags,
            "content": skill.content,
            "version": skill.version,
            "activation_mode": skill.activation_mode,
            "activation_board_ids": boards[skill.id],
            "activation_tags": skill.activation_tags,
            "applies_to_all_agents": skill.applies_to_all_agents,
            "is_active": skill.is_active,
            "agent_ids": agents[skill.id],
            "agent_count": len(agents[skill.id]),
            "attachments": files[skill.id],
            "created_by_user_id": skill.created_by_user_id,
            "created_at": iso(skill.created_at),
            "updated_at": iso(skill.updated_at),
        }
        for skill in skills
    ]


def _links(actor: Actor, skill_ids: list[int]) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """The ids of agents and of visible boards, by skill id."""
    agents: dict[int, list[int]] = {skill_id: [] for skill_id in skill_ids}
    boards: dict[int, list[int]] = {skill_id: [] for skill_id in skill_ids}
    for kind, skill_id, linked in rows(_linked(board_scope(actor)), skill_ids=skill_ids):
        (agents if kind == "agent" else boards)[skill_id].append(linked)
    return agents, boards


_FILES = (
    select(*(column for column in SkillAttachment.__table__.columns if column.name != "extracted_text"))
    .where(one_of(SkillAttachment.skill_id, "skill_ids"))
    .order_by(SkillAttachment.id)
)


@lru_cache(100)
def _linked(scope: BoardScope) -> Any:
    return union_all(
        select(literal("agent").label("kind"), SkillAgent.skill_id, SkillAgent.agent_id.label("id"))
        .join(Agent, Agent.id == SkillAgent.agent_id)
        .where(one_of(SkillAgent.skill_id, "skill_ids"), Agent.deleted_at.is_(None)),
        select(literal("board"), SkillBoard.skill_id, SkillBoard.board_id).where(
            one_of(SkillBoard.skill_id, "skill_ids"), scope.includes(SkillBoard.board_id)
        ),
    ).order_by("id")


def serialize_attachment(attachment: Any) -> dict[str, Any]:
    return {
        "id": attachment.id,
        "skill_id": attachment.skill_id,
        "name": attachment.name,
        "path": attachment.path or attachment.name,
        "description": attachment.description,
        "content_type": attachment.content_type,
        "size": attachment.size,
        "note": attachment.extract_note,
        "download_url": f"/api/skill-attachments/{attachment.id}/download",
        "uploaded_by_user_id": attachment.uploaded_by_user_id,
        "created_at": iso(attachment.created_at),
    }

from typing import Any

from sqlalchemy import func, select

from helix.extensions import db
from helix.models import Agent, Board, Department
from helix.policies.actor import Actor
from helix.services.access import on_visible_boards
from helix.services.finding import one


def departments() -> list[Department]:
    return list(db.session.scalars(select(Department).order_by(Department.sort_order, Department.id)))


def get_department(department_id: int) -> Department:
    return one(Department, department_id, "department")


def serialize_departments(actor: Actor, found: list[Department]) -> list[dict[str, Any]]:
    """As the contract writes them, with the numbers of boards that the actor sees and of agents."""
    ids = [department.id for department in found]
    boards = dict(
        db.session.execute(
            select(Board.department_id, func.count())
            .where(Board.department_id.in_(ids), on_visible_boards(actor, Board.id))
            .group_by(Board.department_id)
        ).all()
    )
    agents = dict(
        db.session.execute(
            select(Agent.department_id, func.count())
            .where(Agent.department_id.in_(ids), Agent.deleted_at.is_(None))
            .group_by(Agent.department_id)
        ).all()
    )
    return [
        {
            "id": department.id,
            "name": department.name,
            "emoji": department.emoji,
            "sort_order": department.sort_order,
            "board_count": boards.get(department.id, 0),
            "agent_count": agents.get(department.id, 0),
        }
        for department in found
    ]

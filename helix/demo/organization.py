"""The rooms, people, agents and skills of the demo, as rows that its past can refer to by key."""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from helix import clock
from helix.crypto import tokens
from helix.demo import shapes
from helix.extensions import db
from helix.models import (
    Agent,
    Board,
    BoardGrant,
    BrowserSession,
    Department,
    User,
)
from helix.models.vocabulary import BoardLevel
from helix.policies.actor import Actor
from helix.services import names, skills

SEEN_APART = timedelta(hours=5)


@dataclass
class Office:
    """What was made, by the keys of the content."""

    admin: User
    departments: dict[str, Department] = field(default_factory=dict)
    boards: dict[str, Board] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)
    agents: dict[str, Agent] = field(default_factory=dict)

    @classmethod
    def open(cls, content: shapes.Content, admin: User) -> "Office":
        office = cls(admin=admin, people={shapes.FIRST_ADMIN: admin})
        for department in content.departments:
            office.departments[department.key] = _saved(
                Department(
                    name=department.name,
                    name_key=department.name.casefold(),
                    emoji=department.emoji,
                    sort_order=department.sort_order,
                )
            )
        for board in content.boards:
            office._add_board(board)
        for person in content.people:
            office._add_person(person)
        for agent in content.agents:
            office._add_agent(agent)
        for skill in content.skills:
            office._add_skill(skill, content)
        return office

    def _add_board(self, board: shapes.Board) -> None:
        self.boards[board.key] = _saved(
            Board(
                name=board.name,
                description=board.description,
                department_id=self.departments[board.department].id,
                sort_order=board.sort_order,
                wip_limits={str(status): limit for status, limit in board.wip_limits.items()},
            )
        )

    def _add_person(self, person: shapes.Person) -> None:
        """Somebody who was here, but without a password: an admin sends a link to whoever should really come in."""
        now = clock.now()
        user = _saved(
            User(
                name=person.name,
                email=person.email,
                email_key=person.email.lower(),
                role=person.role,
                created_at=now,
                updated_at=now,
            )
        )
        names.claim(person.name, user_id=user.id)
        seen = now - SEEN_APART * (len(self.people) + 1)
        secret = tokens.hash_token(secrets.token_urlsafe(32))
        db.session.add(BrowserSession(user_id=user.id, secret_hash=secret, created_at=seen, seen_at=seen))
        for board, level in person.board_levels.items():
            db.session.add(BoardGrant(board_id=self.boards[board].id, user_id=user.id, level=BoardLevel(level)))
        self.people[person.key] = user

    def _add_agent(self, agent: shapes.Agent) -> None:
        now = clock.now()
        made = _saved(
            Agent(
                name=agent.name,
                role_title=agent.role_title,
                department_id=self.departments[agent.department].id,
                primary_board_id=self.boards[agent.board].id,
                system_prompt=agent.system_prompt,
                monthly_budget_usd=agent.monthly_budget_usd,
                max_output_tokens=agent.max_output_tokens,
                created_at=now,
                updated_at=now,
            )
        )
        names.claim(agent.name, agent_id=made.id)
        self.agents[agent.key] = made

    def _add_skill(self, skill: shapes.Skill, content: shapes.Content) -> None:
        having = [agent.key for agent in content.agents if skill.key in agent.skills]
        skills.insert(
            Actor(id=self.admin.id, name=self.admin.name, role=self.admin.role),
            name=skill.name,
            description=skill.description,
            category=skill.category,
            tags=skill.tags,
            content=skill.content,
            version=skill.version,
            activation_mode=skill.activation_mode,
            activation_board_ids=[self.boards[key].id for key in skill.activation_boards],
            activation_tags=skill.activation_tags,
            applies_to_all_agents=skill.applies_to_all_agents,
            agent_ids=[self.agents[key].id for key in having],
        )


def _saved(row: Any) -> Any:
    db.session.add(row)
    db.session.flush()
    return row

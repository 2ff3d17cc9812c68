"""The departments, boards, people, agents and skills of the demo, as rows that its tasks refer to by key."""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from helix import clock
from helix.crypto import tokens
from helix.demo import schema
from helix.extensions import db
from helix.models import Agent, Board, BoardGrant, BrowserSession, Department, User
from helix.policies.actor import Actor
from helix.services import names, skills
from helix.services.boards import keys

# Each person was last seen this much earlier than the one before.
LAST_SEEN_INTERVAL = timedelta(hours=5)


@dataclass
class DemoOrganization:
    """The rows created so far, by the keys of the content."""

    admin: User
    departments: dict[str, Department] = field(default_factory=dict)
    boards: dict[str, Board] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)
    agents: dict[str, Agent] = field(default_factory=dict)

    @classmethod
    def create(cls, content: schema.Content, admin: User) -> "DemoOrganization":
        organization = cls(admin=admin, people={schema.FIRST_ADMIN: admin})
        for number, department in enumerate(content.departments, 1):
            organization.add_department(department, sort_order=number)
        for person in content.people:
            organization.add_person(person)
        for agent in content.agents:
            organization.add_agent(agent)
        for skill in content.skills:
            organization.add_skill(skill, content)
        return organization

    def add_department(self, department: schema.Department, *, sort_order: int) -> None:
        row = _flushed(
            Department(
                name=department.name,
                name_key=department.name.casefold(),
                emoji=department.emoji,
                sort_order=sort_order,
            )
        )
        self.departments[department.key] = row
        for number, board in enumerate(department.boards, 1):
            self.boards[board.key] = _flushed(
                Board(
                    name=board.name,
                    key=keys.free_key(board.name),
                    description=board.description,
                    department_id=row.id,
                    sort_order=number,
                    wip_limits={str(status): limit for status, limit in board.wip_limits.items()},
                )
            )

    def add_person(self, person: schema.Person) -> None:
        """A user without a password who was active recently. To sign in, they need a link from an admin."""
        now = clock.now()
        user = _flushed(
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
        last_seen = now - LAST_SEEN_INTERVAL * (len(self.people) + 1)
        secret = tokens.hash_token(secrets.token_urlsafe(32))
        db.session.add(BrowserSession(user_id=user.id, secret_hash=secret, created_at=last_seen, seen_at=last_seen))
        for board, level in person.board_levels.items():
            db.session.add(BoardGrant(board_id=self.boards[board].id, user_id=user.id, level=level))
        self.people[person.key] = user

    def add_agent(self, agent: schema.Agent) -> None:
        now = clock.now()
        row = _flushed(
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
        names.claim(agent.name, agent_id=row.id)
        self.agents[agent.key] = row

    def add_skill(self, skill: schema.Skill, content: schema.Content) -> None:
        skills.insert(
            Actor(id=self.admin.id, name=self.admin.name, role=self.admin.role),
            name=skill.name,
            description=skill.description,
            category=skill.category,
            tags=skill.tags,
            content=skill.content,
            version=skill.version,
            activation_mode=skill.activation.mode,
            activation_board_ids=[self.boards[key].id for key in skill.activation.boards],
            activation_tags=skill.activation.tags,
            applies_to_all_agents=skill.applies_to_all_agents,
            agent_ids=[self.agents[agent.key].id for agent in content.agents if skill.key in agent.skills],
        )


def _flushed(row: Any) -> Any:
    db.session.add(row)
    db.session.flush()
    return row

"""The demo organization's departments, agents and skills as templates for a real one, chosen by key."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from helix.db.transaction import transaction
from helix.demo import schema
from helix.demo.reader import read
from helix.errors import Invalid
from helix.extensions import db
from helix.models import Agent, Board, Department, Skill
from helix.models.vocabulary import ActivationMode
from helix.policies.actor import Actor
from helix.services import agents, boards, skills


@dataclass(frozen=True)
class Choice:
    """A template to choose; `there` when the organization has one of that name."""

    key: str
    name: str
    note: str
    emoji: str = ""
    group: str = ""
    there: bool = False


@dataclass(frozen=True)
class _ExistingIds:
    """Ids of the organization's rows: departments and skills by name, boards by department id and name."""

    departments: dict[str, int]
    boards: dict[tuple[int, str], int]
    skills: dict[str, int]

    @classmethod
    def load(cls) -> "_ExistingIds":
        return cls(
            departments={row.name: row.id for row in db.session.query(Department)},
            boards={(row.department_id, row.name): row.id for row in db.session.query(Board)},
            skills={row.name: row.id for row in db.session.query(Skill)},
        )

    def board(self, key: str) -> int | None:
        """The id of the board made from the template `key`."""
        for department in content().departments:
            for board in department.boards:
                if board.key == key:
                    department_id = self.departments.get(department.name)
                    return None if department_id is None else self.boards.get((department_id, board.name))
        return None


@cache
def content() -> schema.Content:
    return read()


def department_choices() -> list[Choice]:
    existing = {department.name.casefold() for department in boards.departments()}
    return [
        Choice(
            department.key,
            department.name,
            ", ".join(board.name for board in department.boards),
            department.emoji,
            there=department.name.casefold() in existing,
        )
        for department in content().departments
    ]


def agent_choices() -> list[Choice]:
    existing = {agent.name.casefold() for agent in agents.agents()}
    departments = {department.key: department for department in content().departments}
    return [
        Choice(
            agent.key,
            agent.name,
            agent.role_title,
            departments[agent.department].emoji,
            departments[agent.department].name,
            there=agent.name.casefold() in existing,
        )
        for agent in content().agents
    ]


def add_departments(actor: Actor, keys: Collection[str]) -> int:
    """Create the chosen departments with their boards, except those that exist. Returns how many were created."""
    chosen = _chosen_keys(keys, department_choices())
    with transaction():
        for template in content().departments:
            if template.key in chosen:
                department = boards.create_department(actor, name=template.name, emoji=template.emoji)
                for board in template.boards:
                    boards.create(
                        actor,
                        name=board.name,
                        department_id=department.id,
                        description=board.description,
                        wip_limits=dict(board.wip_limits),
                    )
    return len(chosen)


def add_agents(actor: Actor, keys: Collection[str]) -> int:
    """Create the chosen agents with the skills they use, except those that exist; all are in manual mode.

    An agent joins its department if the organization has it. Returns how many were created.
    """
    chosen = _chosen_keys(keys, agent_choices())
    with transaction():
        existing = _ExistingIds.load()
        for template in content().agents:
            if template.key in chosen:
                _add_agent(actor, template, existing)
    return len(chosen)


def _add_agent(actor: Actor, template: schema.Agent, existing: _ExistingIds) -> Agent:
    department = next(one for one in content().departments if one.key == template.department)
    agent = agents.create(
        actor,
        name=template.name,
        role_title=template.role_title,
        department_id=existing.departments.get(department.name),
        primary_board_id=existing.board(template.board),
        system_prompt=template.system_prompt,
        monthly_budget_usd=template.monthly_budget_usd,
        max_output_tokens=template.max_output_tokens,
    )
    used = [skill for skill in content().skills if skill.key in template.skills]
    for skill in used:
        if skill.name not in existing.skills:
            existing.skills[skill.name] = _add_skill(actor, skill, existing)
    if used:
        skills.set_of_agent(actor, agent.id, [existing.skills[skill.name] for skill in used])
    return agent


def _add_skill(actor: Actor, template: schema.Skill, existing: _ExistingIds) -> int:
    mode = template.activation.mode
    board_ids = [board_id for key in template.activation.boards if (board_id := existing.board(key)) is not None]
    if mode == ActivationMode.BOARD and not board_ids:
        mode = ActivationMode.ALWAYS
    skill = skills.create(
        actor,
        name=template.name,
        description=template.description,
        category=template.category,
        tags=template.tags,
        content=template.content,
        version=template.version,
        activation_mode=mode,
        activation_board_ids=board_ids,
        activation_tags=template.activation.tags,
        applies_to_all_agents=template.applies_to_all_agents,
    )
    return skill.id


def _chosen_keys(keys: Collection[str], choices: list[Choice]) -> set[str]:
    if set(keys) - {choice.key for choice in choices}:
        raise Invalid.field("chosen", "Choose from the list.")
    return {choice.key for choice in choices if choice.key in keys and not choice.there}

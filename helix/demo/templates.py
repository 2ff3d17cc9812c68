"""The demo organization's departments, agents and skills as templates for a real one, chosen by key."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cache

from helix.db.transaction import transaction
from helix.demo import shapes
from helix.demo.read import read
from helix.errors import Invalid
from helix.extensions import db
from helix.models import Agent, Board, Department, Skill
from helix.models.vocabulary import ActivationMode
from helix.policies.actor import Actor
from helix.services import agents, boards, skills


@dataclass(frozen=True)
class Choice:
    """What can be chosen; `there` when the organization has one of that name."""

    key: str
    name: str
    note: str
    emoji: str = ""
    group: str = ""
    there: bool = False


@cache
def content() -> shapes.Content:
    return read()


def departments() -> list[Choice]:
    present = {department.name.casefold() for department in boards.departments()}
    return [
        Choice(
            one.key,
            one.name,
            ", ".join(board.name for board in content().boards if board.department == one.key),
            one.emoji,
            there=one.name.casefold() in present,
        )
        for one in content().departments
    ]


def packs() -> list[Choice]:
    """Agents, those of departments that exist first."""
    present = {agent.name.casefold() for agent in agents.agents()}
    homes = {one.key: one for one in content().departments}
    return [
        Choice(
            one.key,
            one.name,
            one.role_title,
            homes[one.department].emoji,
            homes[one.department].name,
            there=one.name.casefold() in present,
        )
        for one in content().agents
    ]


def add_departments(actor: Actor, keys: Collection[str]) -> int:
    """Make the chosen ones with their boards; those that are there already stay as they are. Returns how many."""
    wanted = _chosen(keys, departments())
    with transaction():
        for choice in wanted:
            made = boards.create_department(actor, name=choice.name, emoji=choice.emoji)
            for board in content().boards:
                if board.department == choice.key:
                    boards.create(
                        actor,
                        name=board.name,
                        department_id=made.id,
                        description=board.description,
                        wip_limits=dict(board.wip_limits),
                    )
    return len(wanted)


def add_agents(actor: Actor, keys: Collection[str]) -> int:
    """Make the chosen ones, all in manual mode, in their departments where those exist, with the skills they use."""
    wanted = {choice.key for choice in _chosen(keys, packs())}
    with transaction():
        homes = {row.name: row.id for row in db.session.query(Department)}
        rooms = {(row.department_id, row.name): row.id for row in db.session.query(Board)}
        known = {row.name: row.id for row in db.session.query(Skill)}
        for one in content().agents:
            if one.key in wanted:
                _add_agent(actor, one, homes, rooms, known)
    return len(wanted)


def _add_agent(
    actor: Actor,
    one: shapes.Agent,
    homes: dict[str, int],
    rooms: dict[tuple[int, str], int],
    known: dict[str, int],
) -> Agent:
    home = homes.get(next(each.name for each in content().departments if each.key == one.department))
    board = next(each.name for each in content().boards if each.key == one.board)
    agent = agents.create(
        actor,
        name=one.name,
        role_title=one.role_title,
        department_id=home,
        primary_board_id=rooms.get((home, board)) if home else None,
        system_prompt=one.system_prompt,
        monthly_budget_usd=one.monthly_budget_usd,
        max_output_tokens=one.max_output_tokens,
    )
    own = [skill for skill in content().skills if skill.key in one.skills]
    for skill in own:
        if skill.name not in known:
            known[skill.name] = _add_skill(actor, skill, homes, rooms)
    if own:
        skills.set_of_agent(actor, agent.id, [known[skill.name] for skill in own])
    return agent


def _add_skill(actor: Actor, one: shapes.Skill, homes: dict[str, int], rooms: dict[tuple[int, str], int]) -> int:
    named = {board.key: (homes.get(_department(board)), board.name) for board in content().boards}
    found = [rooms[named[key]] for key in one.activation_boards if named[key] in rooms]  # type: ignore[index]
    if one.activation_mode == ActivationMode.BOARD and not found:
        one = replace(one, activation_mode=ActivationMode.ALWAYS)
    made = skills.create(
        actor,
        name=one.name,
        description=one.description,
        category=one.category,
        tags=one.tags,
        content=one.content,
        version=one.version,
        activation_mode=one.activation_mode,
        activation_board_ids=found,
        activation_tags=one.activation_tags,
        applies_to_all_agents=one.applies_to_all_agents,
    )
    return made.id


def _department(board: shapes.Board) -> str:
    return next(each.name for each in content().departments if each.key == board.department)


def _chosen(keys: Collection[str], choices: list[Choice]) -> list[Choice]:
    unknown = set(keys) - {choice.key for choice in choices}
    if unknown:
        raise Invalid.field("chosen", "Choose from the list.")
    return [choice for choice in choices if choice.key in keys and not choice.there]

"""The agents and people that a definition names, looked up when it is published."""

import copy
from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select

from helix.extensions import db
from helix.models import Agent, Name, User
from helix.services import names
from helix.services.workflows.definition import Definition, Place, Problem


def resolve(definition: Definition) -> tuple[dict[str, Any], list[Problem]]:
    """A copy of a checked definition whose steps have `agent_id` and `person_id`, and the errors as `describe_errors`.

    Agents are named by their names, people by name or e-mail address, in any case of letters.
    """
    resolved = without_ids(definition)
    problems: list[Problem] = []
    wanted = list(_named(resolved))
    found = _find({names.key_of(step[field]) for _place, field, step in wanted})
    addresses = _find_addresses({step[field].strip().lower() for _place, field, step in wanted if field == "person"})
    for place, field, step in wanted:
        agent_id, user_id = found.get(names.key_of(step[field]), (None, None))
        if field == "agent" and agent_id is not None:
            step["agent_id"] = agent_id
        elif field == "person" and (person_id := user_id or addresses.get(step[field].strip().lower())):
            step["person_id"] = person_id
        else:
            noun = "agent" if field == "agent" else "person"
            problems.append({"loc": place, "msg": f"There is no {noun} {step[field][:120]}.", "type": "value_error"})
    return resolved, problems


def without_ids(definition: Definition) -> dict[str, Any]:
    """A copy without what `resolve` adds."""
    copied = copy.deepcopy(dict(definition))
    steps = copied.get("steps")
    for step in steps if isinstance(steps, list) else ():
        for one in (step, step.get("step")) if isinstance(step, dict) else ():
            if isinstance(one, dict):
                one.pop("agent_id", None)
                one.pop("person_id", None)
    return copied


def why_gone(definition: Definition) -> str | None:
    """Which agent or person of a published definition does not exist any more, as a sentence; None if all do."""
    steps = [step for _place, _field, step in _named(definition)]
    agent_ids = {step["agent_id"] for step in steps if "agent_id" in step}
    user_ids = {step["person_id"] for step in steps if "person_id" in step}
    agents = set(db.session.scalars(select(Agent.id).where(Agent.id.in_(agent_ids), Agent.deleted_at.is_(None))))
    active = select(User.id).where(User.id.in_(user_ids), User.is_active, User.closed_at.is_(None))
    people = set(db.session.scalars(active))
    for place, field, step in _named(definition):
        gone = step["agent_id"] not in agents if field == "agent" else step["person_id"] not in people
        if gone:
            key = definition["steps"][place[1]]["key"]
            noun = "agent" if field == "agent" else "person"
            return f"The step {key} names the {noun} {step[field]}, who is gone. Choose another one and publish again."
    return None


def _named(definition: Definition) -> Iterator[tuple[Place, str, dict[str, Any]]]:
    """Every (place of the name, `agent` or `person`, the step or the inner step that names it)."""
    for number, step in enumerate(definition["steps"]):
        if step["kind"] == "agent":
            yield ["steps", number, "agent"], "agent", step
        elif step["kind"] == "each":
            yield ["steps", number, "step", "agent"], "agent", step["step"]
        elif step["kind"] == "person" and step.get("person"):
            yield ["steps", number, "person"], "person", step


def _find(keys: set[str]) -> dict[str, tuple[int | None, int | None]]:
    """(agent id, user id) by the key of the name."""
    query = (
        select(Name.key, Agent.id, User.id)
        .outerjoin(Agent, (Agent.id == Name.agent_id) & Agent.deleted_at.is_(None))
        .outerjoin(User, (User.id == Name.user_id) & User.is_active & User.closed_at.is_(None))
        .where(Name.key.in_(keys))
    )
    return {key: (agent_id, user_id) for key, agent_id, user_id in db.session.execute(query)}


def _find_addresses(addresses: set[str]) -> dict[str, int]:
    query = select(func.lower(User.email), User.id).where(func.lower(User.email).in_(addresses))
    rows = db.session.execute(query.where(User.is_active, User.closed_at.is_(None)))
    return {row[0]: row[1] for row in rows}

"""Creating, editing and watching agents. All but watching is for admins."""

from decimal import Decimal
from typing import Any

from helix import clock, live, queue
from helix.db.locking import KEY_SHARE, NO_KEY_UPDATE, lock
from helix.db.transaction import transaction
from helix.errors import Conflict, Forbidden, Invalid, NotFound
from helix.extensions import db
from helix.models import Agent, AgentWatch, AiModel, Board, BudgetMonth, Department
from helix.models.vocabulary import ExecutionMode
from helix.policies import administration
from helix.policies.actor import Actor
from helix.services import activity, budgets, names
from helix.services.agents import auto_start
from helix.services.agents.lookup import get, serialize
from helix.services.conflicts import IsUnchanged, StaleEdit

# Fields with the id of another row: its model, and its name in error messages.
REFERENCES: dict[str, tuple[type, str]] = {
    "department_id": (Department, "department"),
    "primary_board_id": (Board, "board"),
    "ai_model_id": (AiModel, "AI model"),
}
# A change of these fields may allow a waiting run to start.
UNBLOCKING_FIELDS = {"enabled", "ai_model_id", "max_parallel_runs"}


def create(actor: Actor, *, name: str, monthly_budget_usd: Decimal | None = None, **fields: Any) -> Agent:
    """Create an agent. Raises Conflict when the name is taken, Invalid for an unknown id."""
    require_admin(actor)
    with transaction() as after_commit:
        _check_references(fields)
        now = clock.now()
        agent = Agent(name=name, monthly_budget_usd=monthly_budget_usd, created_at=now, updated_at=now, **fields)
        # A budget of 0 is used up from the start.
        agent.budget_paused = monthly_budget_usd == 0
        db.session.add(agent)
        db.session.flush()
        agent.name = names.claim(name, agent_id=agent.id)
        activity.record_agent(actor, "agent.created", agent)
        after_commit(live.publish, "agent", agent.id)
    return agent


def edit(actor: Actor, agent_id: int, changes: dict[str, Any], *, is_unchanged: IsUnchanged | None = None) -> Agent:
    """Apply the fields that were sent. Switching to auto mode starts the agent's waiting tasks.

    Raises StaleEdit when `is_unchanged` returns False for the locked row.
    """
    require_admin(actor)
    with transaction() as after_commit:
        # Lock order: referenced rows, the budget month, then the agent.
        _check_references(changes)
        if "monthly_budget_usd" in changes:
            budgets.locked_month(budgets.scope_of(agent_id), budgets.month_now())
        agent = get_for_update(agent_id)
        if is_unchanged and not is_unchanged(agent):
            raise StaleEdit("agent", serialize(actor, [agent])[0])
        if "name" in changes:
            changes = changes | {"name": names.claim(changes["name"], agent_id=agent.id)}
        changed = sorted(name for name, value in changes.items() if getattr(agent, name) != value)
        for name in changed:
            setattr(agent, name, changes[name])
        if changed:
            agent.updated_at = clock.now()
            db.session.flush()
            activity.record_agent(actor, "agent.updated", agent, fields=changed, **_recorded_values(agent, changed))
            after_commit(live.publish, "agent", agent.id)
        if "monthly_budget_usd" in changed:
            budgets.update_paused(agent.id)
        if "execution_mode" in changed:
            agent.taking_up_after = 0 if agent.execution_mode == ExecutionMode.AUTO else None
        if UNBLOCKING_FIELDS.intersection(changed):
            after_commit(queue.wake)
    if "execution_mode" in changed and agent.execution_mode == ExecutionMode.AUTO:
        auto_start.start_batch(actor, agent_id)
    return agent


def lift_budget(actor: Actor, agent_id: int) -> Agent:
    """Ignore the agent's budget for the rest of this month. Raises Conflict when it has no budget of its own."""
    require_admin(actor)
    with transaction():
        scope = budgets.scope_of(agent_id)
        existing = db.session.get(Agent, agent_id)
        if existing is None or existing.deleted_at is not None:
            raise NotFound("There is no such agent.")
        if existing.monthly_budget_usd is None:
            raise Conflict(f"{existing.name} has no budget of its own to lift.")
        before = db.session.get(BudgetMonth, (scope, budgets.month_now()))
        was_lifted = before is not None and before.lifted
        budgets.lift(scope)
        agent = get_for_update(agent_id)
        if not was_lifted:
            month = budgets.month_now()
            activity.record_agent(actor, "agent.updated", agent, fields=["budget_lifted"], month=month)
    return agent


def require_admin(actor: Actor) -> None:
    if not administration.may_administer(actor):
        raise Forbidden("Only admins can add, change and delete agents.")


def get_for_update(agent_id: int) -> Agent:
    """The agent, locked for update. The key-share lock still lets other transactions queue runs for it."""
    agent = lock(Agent, agent_id, **NO_KEY_UPDATE)
    if agent is None or agent.deleted_at is not None:
        raise NotFound("There is no such agent.")
    return agent


def _check_references(fields: dict[str, Any]) -> None:
    for name, (model, word) in REFERENCES.items():
        wanted = fields.get(name)
        # Locked until the end of the transaction, so that the referenced row is not deleted meanwhile.
        if wanted is not None and lock(model, wanted, **KEY_SHARE) is None:
            raise Invalid.field(name, f"There is no {word} {wanted}.")


def _recorded_values(agent: Agent, changed: list[str]) -> dict[str, Any]:
    """The new values to record in the activity: short fields only, never prompts or notes."""
    short = ("execution_mode", "enabled")
    return {name: getattr(agent, name) for name in short if name in changed}


def watch(actor: Actor, agent_id: int, watching: bool) -> None:
    """Start or stop watching an agent. Admins watch every agent until they stop."""
    if actor.user_id is None:
        raise Forbidden("Only users can watch agents.")
    with transaction():
        get(agent_id)
        db.session.merge(AgentWatch(agent_id=agent_id, user_id=actor.user_id, watching=watching))

"""Why a run does not run now, as sentences: queued by a rule that the claim uses, or waiting for a person's answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import aliased

from helix import clock, queue
from helix.clock import iso
from helix.extensions import db
from helix.llm.providers import provider_label
from helix.models import Agent, HumanRequest, ProviderCooldown, Run
from helix.models.vocabulary import FailureReason, RunStatus
from helix.policies.failures import FAILURE_TEXTS as REASONS
from helix.services import budgets
from helix.services.work.open_requests import is_open
from helix.services.work.rules import Model, address_key, blocking, joined, own_key

Before = aliased(Run, name="attempt_before")
Asking = aliased(Run, name="asking_attempt")
Address = aliased(ProviderCooldown, name="address_cooldown")
Own = aliased(ProviderCooldown, name="own_cooldown")

WORDS = {
    "task_gone": "The task is archived or deleted.",
    "retry_at": "The last attempt failed. The next one follows.",
    "agent_disabled": "The agent is disabled. Enable it to let this run start.",
    "agent_budget": "The agent's budget for this month is used up. Raise it, or wait for the next month.",
    "organization_budget": "The organization's budget for this month is used up. Raise it, or wait for the next month.",
    "model_unusable": "There is no usable model for this agent. Choose one in the models.",
    "cooling_down": "The model is left alone for a while.",
    "review_full": "The Review column is full. It starts when something there has been reviewed.",
    "review_filling": "The Review column will be full with what is under way. It starts when there is room.",
    "task_busy": "Another run of this task is under way.",
    "agent_at_limit": "The agent is busy with another task.",
    "queue_away": "The queue cannot be reached. The run is kept and starts when the queue is back.",
    "no_worker": "No worker is running. Start one, and the run begins by itself.",
    "next": "Waiting for a free worker.",
}

# For a waiting run without an open request, which is about to be queued.
WAITS_FOR_ANSWER = "It waits for a person's answer, or for its subtasks."

# Sentences for a model or provider that is cooling down, by reason; its name is put in front.
COOLING_MODEL = {
    FailureReason.RATE_LIMITED: "{} may not be called so often: its provider limits the rate.",
    FailureReason.KEY_REFUSED: "{} has no credit left at its provider. Add some there, then test the model.",
    FailureReason.TIMED_OUT: "{} did not answer in time and is left alone for a while.",
    FailureReason.PROVIDER_ERROR: "{} fails at its provider and is left alone for a while.",
}
COOLING_ADDRESS = {
    FailureReason.HOST_UNREACHABLE: "{} cannot be reached and is left alone for a while.",
    FailureReason.TIMED_OUT: "{} answers for several models no more and is left alone for a while.",
    FailureReason.PROVIDER_ERROR: "{} fails for several models and is left alone for a while.",
}

# By run id: `code`, `message`, and `until` where the time is known.
Reasons = dict[int, dict[str, str | None]]


def reasons(waiting: Sequence[int], zone: str | None = None) -> Reasons:
    """The reason for each queued or waiting run. `zone` is the organization's time zone."""
    found = _of_queued(waiting, zone) if waiting else {}
    asking = [run_id for run_id in waiting if run_id not in found]
    return found | _of_asking(asking) if asking else found


def _of_asking(run_ids: Sequence[int]) -> Reasons:
    """What the runs that wait for people ask, the oldest open request of each."""
    asked_by = or_(Asking.id == Run.id, Asking.conversation_id == Run.conversation_id)
    query = (
        select(Run.id, Agent.name, HumanRequest.title)
        .join(Agent, Agent.id == Run.agent_id)
        .outerjoin(Asking, and_(Asking.task_id == Run.task_id, asked_by))
        .outerjoin(HumanRequest, and_(HumanRequest.run_id == Asking.id, is_open))
        .where(Run.id.in_(run_ids), Run.status == RunStatus.WAITING)
        .order_by(Run.id, HumanRequest.id.desc())
    )
    found: Reasons = {}
    for run_id, agent, title in db.session.execute(query):
        if title is not None:
            found[run_id] = {"code": "answer", "message": f"{agent} asks: {title}", "until": None}
        else:
            found.setdefault(run_id, {"code": "answer", "message": WAITS_FOR_ANSWER, "until": None})
    return found


def _of_queued(queued: Sequence[int], zone: str | None) -> Reasons:
    rules = blocking(clock.now(), budgets.month_now(zone))
    first = case(*((condition, code) for code, condition in rules.items()), else_="next")
    now = clock.now()
    failed_before = select(Before.reason).where(Before.id == Run.retry_of).correlate(Run).scalar_subquery()
    query = (
        joined(Run.id, first, Run.not_before, failed_before, Model.display_name, Model.provider, Model.base_url)
        .add_columns(Address.until, Address.reason, Own.until, Own.reason)
        .outerjoin(Address, and_(Address.key == address_key, Address.until > now))
        .outerjoin(Own, and_(Own.key == own_key, Own.until > now))
    )
    by_run: Reasons = {}
    for (
        run_id,
        code,
        not_before,
        reason,
        name,
        *place,
        address_until,
        address_reason,
        own_until,
        own_reason,
    ) in db.session.execute(query.where(Run.id.in_(queued))):
        if code == "next":
            code = _without_a_rule()
        message = WORDS[code]
        if code == "retry_at" and reason:
            message = f"{REASONS[reason].short}. The next attempt follows."
        if code == "cooling_down":
            words = (COOLING_ADDRESS if address_until else COOLING_MODEL).get(address_reason or own_reason, message)
            message = words.format(provider_label(*place) if address_until else name)
        cooled = max(filter(None, (address_until, own_until)), default=None)
        until = not_before if code == "retry_at" else cooled if code == "cooling_down" else None
        by_run[run_id] = {"code": code, "message": message, "until": iso(until)}
    return by_run


@dataclass(frozen=True)
class Waiting:
    """Number of runs that wait for one reason, and the time at which the first of them was queued."""

    count: int
    since: datetime


def by_reason() -> dict[str, Waiting]:
    """All queued runs by the code of the first rule that blocks each. One statement."""
    rules = blocking(clock.now(), budgets.month_now())
    each = joined(
        case(*((condition, code) for code, condition in rules.items()), else_="next").label("code"),
        func.coalesce(Run.not_before, Run.queued_at).label("since"),
    ).subquery()
    rows = db.session.execute(select(each.c.code, func.count(), func.min(each.c.since)).group_by(each.c.code))
    return {code if code != "next" else _without_a_rule(): Waiting(count, since) for code, count, since in rows}


def _without_a_rule() -> str:
    state = queue.presence(max_age=2)
    if not state.queue:
        return "queue_away"
    return "next" if state.runs else "no_worker"

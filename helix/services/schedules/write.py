"""Creating, editing and deleting schedules."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from helix import clock, live
from helix.db.transaction import transaction
from helix.errors import Conflict, Forbidden, Invalid, NotFound
from helix.extensions import db
from helix.models import Agent, Board, Schedule
from helix.models.vocabulary import CatchUp, Overlap
from helix.policies import boards as board_policy
from helix.policies import schedules as policy
from helix.policies.actor import Actor
from helix.services import accounts, activity, boards, workflows
from helix.services.conflicts import StaleEdit
from helix.services.schedules import serialize, times
from helix.services.schedules.lookup import get, set_next
from helix.text.tags import tidy_all

MAX_ON_A_BOARD = 200
# These decide when it happens; a change of one begins anew from now.
TIMING = {"cron", "timezone", "starts_at", "ends_at", "enabled", "jitter_seconds"}
_AGENT = "agent_id"


def create(
    actor: Actor,
    *,
    name: str,
    board_id: int,
    cron: str,
    template: Mapping[str, Any] | None = None,
    workflow_id: int | None = None,
    input: Mapping[str, Any] | None = None,
    timezone: str | None = None,
    agent_id: int | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    enabled: bool = True,
    overlap: Overlap = Overlap.SKIP,
    catch_up: CatchUp = CatchUp.ONE,
    grace_seconds: int = 600,
    jitter_seconds: int = 0,
    quiet: bool = False,
    max_usd_per_firing: Decimal | None = None,
) -> Schedule:
    """Create a schedule. It runs on behalf of the actor, who needs the level `manage` on the board.

    `template`: title (with {date} and {week}), and optionally description, priority, tags, due_in (days) and
    requires_approval. Instead of it `workflow_id` starts a workflow with `input`, whose texts may have {date} and
    {week}. `timezone` None: the organization's.
    """
    if actor.user_id is None:
        raise Forbidden("Only people create schedules.")
    with transaction() as after_commit:
        board = _board(actor, board_id)
        _check_number(board)
        _check_agent(agent_id)
        if workflow_id is not None:
            _check_workflow(actor, workflow_id, overlap)
            _check_input(input or {})
        elif template is None:
            raise Invalid.field("template", "Say which task it creates.")
        zone = timezone or actor.zone
        now = clock.now()
        schedule = Schedule(
            name=name,
            board_id=board.id,
            agent_id=agent_id,
            template=tidy_template(template) if template is not None and workflow_id is None else None,
            workflow_id=workflow_id,
            input=dict(input or {}) if workflow_id is not None else None,
            cron=times.check(cron, zone, now),
            timezone=zone,
            starts_at=starts_at,
            ends_at=ends_at,
            enabled=enabled,
            overlap=overlap,
            catch_up=catch_up,
            grace_seconds=grace_seconds,
            jitter_seconds=jitter_seconds,
            quiet=quiet,
            max_usd_per_firing=max_usd_per_firing,
            created_by_user_id=actor.user_id,
            created_at=now,
            updated_at=now,
        )
        db.session.add(schedule)
        db.session.flush()
        set_next(schedule)
        _check_times(schedule)
        activity.record(actor, "schedule.created", "schedule", schedule.id, name, board_id=board.id)
        after_commit(live.publish, "schedule", schedule.id, board_id=board.id)
    return schedule


def edit(actor: Actor, schedule_id: int, changes: Mapping[str, Any], *, version: int | None = None) -> Schedule:
    """Apply the fields that were sent, named as for `create`; `template` only changes the fields that it has.

    A change of its times begins anew from now: times that were missed before are not carried out later. Enabling it
    forgets its failures. When the person on whose behalf it runs may not create tasks there any more, it runs on
    behalf of the actor from then on. Raises StaleEdit when `version` is not the present one.
    """
    with transaction() as after_commit:
        schedule = get(actor, schedule_id, to=policy.may_change, for_update=True)
        if version is not None and version != schedule.version:
            raise StaleEdit("schedule", serialize.one(actor, schedule))
        before = {name: getattr(schedule, name) for name in changes}
        was_on = schedule.board_id
        _apply(actor, schedule, changes)
        changed = sorted(name for name, value in before.items() if getattr(schedule, name) != value)
        if TIMING.intersection(changed):
            set_next(schedule)
            _check_times(schedule)
        if schedule.enabled and (schedule.paused_reason or "enabled" in changed):
            schedule.paused_reason, schedule.failures_in_a_row = None, 0
        if not _may_create(schedule):
            schedule.created_by_user_id = actor.user_id
        if changed:
            schedule.version += 1
            schedule.updated_at = clock.now()
            activity.record(
                actor,
                "schedule.updated",
                "schedule",
                schedule.id,
                schedule.name,
                board_id=schedule.board_id,
                fields=changed,
            )
            for board_id in {was_on, schedule.board_id}:
                after_commit(live.publish, "schedule", schedule.id, board_id=board_id)
    return schedule


def delete(actor: Actor, schedule_id: int) -> None:
    """Delete a schedule with the record of its times. The tasks that it has created stay."""
    with transaction() as after_commit:
        schedule = get(actor, schedule_id, to=policy.may_change, for_update=True)
        db.session.delete(schedule)
        activity.record(actor, "schedule.deleted", "schedule", schedule.id, schedule.name, board_id=schedule.board_id)
        after_commit(live.publish, "schedule", schedule.id, board_id=schedule.board_id)


def tidy_template(template: Mapping[str, Any]) -> dict[str, Any]:
    """What is stored: every field, as JSON."""
    return {
        "title": template["title"],
        "description": template.get("description") or "",
        "priority": str(template.get("priority") or "medium"),
        "tags": tidy_all(template.get("tags") or ()),
        "due_in": template.get("due_in"),
        "requires_approval": template.get("requires_approval", True),
    }


def _apply(actor: Actor, schedule: Schedule, changes: Mapping[str, Any]) -> None:
    if "board_id" in changes and changes["board_id"] != schedule.board_id:
        board = _board(actor, changes["board_id"])
        _check_number(board)
        schedule.board_id = board.id
    if _AGENT in changes and changes[_AGENT] != schedule.agent_id:
        _check_agent(changes[_AGENT])
        schedule.agent_id = changes[_AGENT]
    if schedule.workflow_id is not None:
        _check_workflow(actor, schedule.workflow_id, changes.get("overlap", schedule.overlap))
        changes = {name: value for name, value in changes.items() if name != "template"}
        _check_input(changes.get("input", {}))
    elif "input" in changes:
        raise Invalid.field("input", "This schedule creates tasks: only one that starts a workflow has inputs.")
    if "template" in changes:
        schedule.template = tidy_template({**(schedule.template or {}), **changes["template"]})
    for name in changes.keys() - {"board_id", _AGENT, "template", "cron"}:
        setattr(schedule, name, changes[name])
    if {"cron", "timezone"} & changes.keys():
        schedule.cron = times.check(changes.get("cron", schedule.cron), schedule.timezone, clock.now())


def _board(actor: Actor, board_id: int) -> Board:
    try:
        return boards.get(actor, board_id, to=board_policy.may_manage, keep=True)
    except Forbidden:
        raise Forbidden("You need the level “manage” on this board to schedule tasks there.") from None
    except NotFound:
        raise Invalid.field("board_id", f"There is no board {board_id}.") from None


def _check_agent(agent_id: int | None) -> None:
    agent = db.session.get(Agent, agent_id) if agent_id is not None else None
    if agent_id is not None and (agent is None or agent.deleted_at is not None):
        raise Invalid.field(_AGENT, f"There is no agent {agent_id}.")


def _check_workflow(actor: Actor, workflow_id: int, overlap: Overlap) -> None:
    """The inputs are checked when it starts: another version may want others."""
    try:
        workflows.get(actor, workflow_id)
    except NotFound:
        raise Invalid.field("workflow_id", f"There is no workflow {workflow_id}.") from None
    if overlap == Overlap.QUEUE:
        raise Invalid.field("overlap", "The start of a workflow is not queued. Choose skip or replace.")


def _check_input(values: Mapping[str, Any]) -> None:
    if wrong := workflows.why_unstorable(dict(values)):
        raise Invalid.field("input", f"An input {wrong}")


def _check_number(board: Board) -> None:
    if db.session.query(Schedule).filter_by(board_id=board.id).count() >= MAX_ON_A_BOARD:
        raise Conflict(f"{board.name} has {MAX_ON_A_BOARD} schedules. Delete one first.")


def _check_times(schedule: Schedule) -> None:
    if schedule.starts_at and schedule.ends_at and schedule.ends_at <= schedule.starts_at:
        raise Invalid.field("ends_at", "It ends before it starts.")
    if schedule.enabled and schedule.next_at is None:
        raise Invalid.field("ends_at", "There is no time left before it ends.")
    following = times.following(schedule.cron, schedule.timezone, clock.now())
    first, second = next(following), next(following, None)
    if second and schedule.jitter_seconds and timedelta(seconds=schedule.jitter_seconds) >= second - first:
        raise Invalid.field("jitter_seconds", "The random delay has to be shorter than the time between two times.")


def _may_create(schedule: Schedule) -> bool:
    owner = accounts.actor_by_id(schedule.created_by_user_id) if schedule.created_by_user_id else None
    board = db.session.get(Board, schedule.board_id) if schedule.board_id else None
    return owner is not None and board is not None and board_policy.may_create_tasks(owner, board)

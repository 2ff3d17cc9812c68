"""Reading runs, and their API representation."""

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import joinedload, undefer

from helix.clock import iso
from helix.errors import NotFound
from helix.extensions import db
from helix.models import Agent, Comment, Run, RunStep, Task
from helix.models.vocabulary import RunStatus, Trigger
from helix.policies.actor import Actor
from helix.policies.failures import FAILURE_TEXTS
from helix.services.access import on_visible_boards
from helix.services.work import lookup, waiting_reasons

UNANSWERED = (RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.WAITING, RunStatus.FAILED)
MOST_ANSWERS = 50


def of_task(actor: Actor, task_id: int, *, limit: int = 200, offset: int = 0) -> tuple[list[Run], int]:
    """The runs of a task, newest first, and the total."""
    return of(lookup.get(actor, task_id), limit=limit, offset=offset)


def of(task: Task, *, limit: int = 200, offset: int = 0) -> tuple[list[Run], int]:
    """As `of_task`, for a task whose visibility was checked already."""
    query = select(Run).options(joinedload(Run.agent)).where(Run.task_id == task.id).order_by(Run.id.desc())
    rows = list(db.session.scalars(query.limit(limit).offset(offset)))
    if offset == 0 and len(rows) < limit:
        return rows, len(rows)
    return rows, db.session.scalar(select(func.count()).where(Run.task_id == task.id)) or 0


def get(actor: Actor, run_id: int, *, prompt: bool = True) -> Run:
    """One run with its result, and its prompt unless `prompt` is False, if the actor sees its task."""
    texts = (undefer(Run.result), undefer(Run.prompt)) if prompt else (undefer(Run.result),)
    query = (
        select(Run)
        .options(joinedload(Run.agent), *texts)
        .join(Task, Task.id == Run.task_id)
        .where(Run.id == run_id, Task.deleted_at.is_(None), on_visible_boards(actor, Task.board_id))
    )
    run = db.session.scalar(query)
    if run is None:
        raise NotFound("There is no such run.")
    return run


def reasons_of(runs: list[Run], zone: str | None = None) -> waiting_reasons.Reasons:
    """The waiting reasons of the queued runs."""
    return waiting_reasons.reasons([run.id for run in runs if run.status.waits], zone)


def serialize(
    runs: list[Run], zone: str | None = None, reasons: waiting_reasons.Reasons | None = None
) -> list[dict[str, Any]]:
    """Runs as the API serializes them, without long texts. `zone` is the organization's; `reasons` if known already."""
    reasons = reasons_of(runs, zone) if reasons is None else reasons
    return [
        {
            "id": run.id,
            "task_id": run.task_id,
            "agent_id": run.agent_id,
            "agent_name": run.agent.shown_name,
            "trigger": run.trigger,
            "attempt": run.attempt,
            "retry_of": run.retry_of,
            "status": run.status,
            "reason": run.reason,
            "message": run.message,
            "next_step": FAILURE_TEXTS[run.reason].next_step if run.reason else None,
            "waiting": reasons.get(run.id),
            "model": run.model,
            "input_tokens": run.input_tokens,
            "output_tokens": run.output_tokens,
            "cost_usd": None if run.cost_usd is None else float(run.cost_usd),
            "result_truncated": run.result_truncated,
            "came_from": run.came_from,
            "queued_at": iso(run.queued_at),
            "started_at": iso(run.started_at),
            "heartbeat_at": iso(run.heartbeat_at),
            "finished_at": iso(run.finished_at),
        }
        for run in runs
    ]


def serialize_steps(run: Run) -> list[dict[str, Any]]:
    """The steps of the trace, in order."""
    steps = db.session.scalars(select(RunStep).where(RunStep.run_id == run.id).order_by(RunStep.number))
    return [
        {
            "id": step.id,
            "number": step.number,
            "kind": step.kind,
            "title": step.title,
            "content": step.content,
            "details": step.details,
            "input_tokens": step.input_tokens,
            "output_tokens": step.output_tokens,
            "cost_usd": None if step.cost_usd is None else float(step.cost_usd),
            "started_at": iso(step.started_at),
            "finished_at": iso(step.finished_at),
        }
        for step in steps
    ]


def answers_under_way(task: Task) -> list[Run]:
    """The newest run of each mentioned agent that has not answered yet, oldest question first.

    The caller has checked access to the task.
    """
    answered = exists().where(
        Comment.task_id == Run.task_id, Comment.agent_id == Run.agent_id, Comment.id > Run.comment_id
    )
    query = (
        select(Run)
        .options(joinedload(Run.agent))
        .where(Run.task_id == task.id, Run.trigger == Trigger.MENTION, ~answered)
        .order_by(Run.id.desc())
        .limit(MOST_ANSWERS)
    )
    newest: dict[tuple[int, int | None], Run] = {}
    for run in db.session.scalars(query):
        newest.setdefault((run.agent_id, run.comment_id), run)
    return [run for run in reversed(newest.values()) if run.status in UNANSWERED]


def with_results(task_id: int, *, limit: int = 20) -> list[Run]:
    """The runs with a result, newest first, with their texts. The caller has checked access to the task."""
    query = (
        select(Run)
        .options(joinedload(Run.agent), undefer(Run.result))
        .where(Run.task_id == task_id, Run.status == RunStatus.SUCCEEDED, Run.trigger != Trigger.MENTION)
        .where(Run.result.is_not(None))
    )
    return list(db.session.scalars(query.order_by(Run.id.desc()).limit(limit)))


class Attempt(NamedTuple):
    """A run that gave a result, without the text."""

    id: int
    agent_name: str
    finished_at: datetime | None
    cost_usd: Decimal | None
    counted_usd: Decimal


def attempts(task: Task, *, limit: int = 20) -> tuple[list[Attempt], int]:
    """The newest attempts at the result of a task, newest first, and how many there were. One statement."""
    is_attempt = or_(Run.trigger != Trigger.MENTION, Run.id == task.result_run_id)
    query = (
        select(
            Run.id,
            Agent.name,
            Agent.deleted_at,
            Run.finished_at,
            Run.cost_usd,
            Run.counted_usd,
            func.count().over().label("total"),
        )
        .join(Agent, Agent.id == Run.agent_id)
        .where(Run.task_id == task.id, Run.status == RunStatus.SUCCEEDED, is_attempt)
        .order_by(Run.id.desc())
        .limit(limit)
    )
    found = db.session.execute(query).all()
    rows = [Attempt(row.id, Agent.name_shown(row.name, row.deleted_at), *row[3:6]) for row in found]
    return rows, found[0].total if found else 0


def result_text(run_id: int) -> str:
    """What the agent wrote in a run. The caller has checked access to its task."""
    return db.session.scalar(select(Run.result).where(Run.id == run_id)) or ""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, or_, select

from helix.clock import iso
from helix.db.read import rows
from helix.errors import NotFound
from helix.extensions import db
from helix.models import Agent, HumanRequest, Run, Task, ToolCall, User
from helix.models.vocabulary import AnswerScope, BoardLevel, RequestKind, RequestState
from helix.policies import requests as policy
from helix.policies.actor import Actor
from helix.services.access import BoardScope, board_scope
from helix.services.paging import Page, PageRequest, newest_first
from helix.services.work.open_requests import is_open, of_chain


class Found(NamedTuple):
    """A request with what is shown of it."""

    request: HumanRequest
    task: Task
    agent: Agent
    call: ToolCall | None
    answered_by: User | None


@dataclass(frozen=True)
class RequestFilter:
    """Filters of the list. `mine`: True for those that the actor may answer, False for the others."""

    state: RequestState | None = None
    mine: bool | None = None
    task_id: int | None = None


def answerable(writable: BoardScope, managed: BoardScope, user_id: Any) -> ColumnElement[bool]:
    """policies.requests.may_answer as SQL, for a person with the level `create` and `manage` on these boards."""
    own = and_(Task.created_by_user_id == user_id, writable.includes(Task.board_id))
    return or_(managed.includes(Task.board_id), and_(own, HumanRequest.kind != RequestKind.BUDGET))


def answerable_ids(writable: BoardScope, managed: BoardScope, user_id: Any) -> Select[Any]:
    """The ids of the open requests that this person may answer, as a subquery."""
    query = select(HumanRequest.id).join(Task, Task.id == HumanRequest.task_id)
    return query.where(is_open, Task.deleted_at.is_(None), answerable(writable, managed, user_id))


def open_for(actor: Actor, *, limit: int) -> list[Found]:
    """The open requests that the actor may answer, by priority and then the longest waiting first. One statement."""
    found = _found().where(is_open, Task.deleted_at.is_(None), _mine(actor))
    found = found.order_by(Task.priority_rank.desc(), HumanRequest.id).limit(limit)
    return [Found(*row) for row in db.session.execute(found)]


def open_of_run(run_id: int) -> list[Found]:
    """The open requests of a run, the oldest first. The caller has checked access to the run."""
    query = _found().where(of_chain(run_id), is_open).order_by(HumanRequest.id)
    return [Found(*row) for row in db.session.execute(query)]


def get(actor: Actor, request_id: int) -> Found:
    """One request, if the actor sees its task."""
    query = _found().where(HumanRequest.id == request_id, *_visible(actor))
    row = db.session.execute(query.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotFound("There is no such request.")
    return Found(*row)


def list_requests(actor: Actor, filters: RequestFilter, page: PageRequest) -> Page[Found]:
    """Requests about tasks that the actor sees, newest first."""
    query = select(HumanRequest).join(Task, Task.id == HumanRequest.task_id).where(*_visible(actor))
    if filters.state == RequestState.OPEN:
        query = query.where(is_open)
    elif filters.state is not None:
        query = query.where(HumanRequest.state == filters.state)
    if filters.mine is not None:
        query = query.where(_mine(actor) if filters.mine else ~_mine(actor))
    if filters.task_id is not None:
        query = query.where(HumanRequest.task_id == filters.task_id)
    found = newest_first(query, HumanRequest.id, page)
    return replace(found, rows=_with_neighbours([request.id for request in found.rows]))


def may_answer(actor: Actor, found: Found) -> bool:
    """Whether an answer of this actor would count now."""
    return found.request.state == RequestState.OPEN and policy.may_answer(actor, found.task, found.request.kind)


def serialize(actor: Actor, found: Found) -> dict[str, Any]:
    """The API representation."""
    request, task, agent, call, answered_by = found
    is_answered = request.state == RequestState.ANSWERED
    return {
        "id": request.id,
        "kind": request.kind,
        "state": request.state,
        "title": request.title,
        "body": request.body,
        "task_id": task.id,
        "task_title": task.title,
        "board_id": task.board_id,
        "run_id": request.run_id,
        "agent_id": agent.id,
        "agent_name": agent.shown_name,
        "tool_call_id": request.tool_call_id,
        "tool": call.name if call else None,
        "arguments": call.arguments if call else None,
        "edited_arguments": call.edited_arguments if call else None,
        "schema": request.schema,
        "options": request.options,
        "decisions": list(policy.DECISIONS[request.kind]),
        "scopes": request.scopes,
        "may_answer": may_answer(actor, found),
        "decision": request.decision,
        "values": request.answer if is_answered else None,
        "note": request.note,
        "scope": request.scope,
        "answered_by_user_id": request.answered_by_user_id,
        "answered_by_name": answered_by.shown_name if answered_by else None,
        "answered_via": request.answered_via,
        "answered_at": iso(request.answered_at),
        "expires_at": iso(request.expires_at),
        "on_expiry": request.on_expiry,
        "default": request.answer if request.on_expiry == "default" and not is_answered else None,
        "created_at": iso(request.created_at),
    }


def allowed_for_run(run_id: int, tool_id: int) -> bool:
    """Whether a person has allowed the tool for the rest of the run. Later attempts of its conversation count as it."""
    allowed = (HumanRequest.decision == "allow", HumanRequest.scope == AnswerScope.RUN, ToolCall.tool_id == tool_id)
    query = select(HumanRequest.id).join(ToolCall, ToolCall.id == HumanRequest.tool_call_id)
    return bool(rows(query.where(of_chain(run_id), *allowed).limit(1)))


def is_call_allowed(call_id: int) -> bool:
    """Whether a person has allowed this very call, or has said to do it again."""
    answers = select(HumanRequest.kind, HumanRequest.decision, HumanRequest.answer)
    return any(
        row.decision == "allow"
        or (row.kind == RequestKind.UNCERTAIN and row.answer and row.answer["outcome"] == "again")
        for row in rows(answers.where(HumanRequest.tool_call_id == call_id))
    )


def extra_usd(run_id: int) -> Decimal:
    """What people have granted beyond the limit of a run, over all attempts of its conversation."""
    granted = (HumanRequest.kind == RequestKind.BUDGET, HumanRequest.decision == "allow")
    answers = rows(select(HumanRequest.answer).where(of_chain(run_id), *granted))
    return sum((Decimal(str(row.answer["usd"])) for row in answers), Decimal(0))


def is_budget_denied(run_id: int) -> bool:
    """Whether the last request for more money was denied, or nobody answered it."""
    asked = select(HumanRequest.state, HumanRequest.decision).where(of_chain(run_id))
    last = rows(asked.where(HumanRequest.kind == RequestKind.BUDGET).order_by(HumanRequest.id.desc()).limit(1))
    return bool(last) and (last[0].state == RequestState.EXPIRED or last[0].decision == "deny")


def _found() -> Any:
    return (
        select(HumanRequest, Task, Agent, ToolCall, User)
        .join(Task, Task.id == HumanRequest.task_id)
        .join(Run, Run.id == HumanRequest.run_id)
        .join(Agent, Agent.id == Run.agent_id)
        .outerjoin(ToolCall, ToolCall.id == HumanRequest.tool_call_id)
        .outerjoin(User, User.id == HumanRequest.answered_by_user_id)
    )


def _with_neighbours(ids: Sequence[int]) -> list[Found]:
    if not ids:
        return []
    query = _found().where(HumanRequest.id.in_(ids)).order_by(HumanRequest.id.desc())
    return [Found(*row) for row in db.session.execute(query)]


def _mine(actor: Actor) -> ColumnElement[bool]:
    writable, managed = (board_scope(actor, level) for level in (BoardLevel.CREATE, BoardLevel.MANAGE))
    return answerable(writable, managed, actor.user_id)


def _visible(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    return Task.deleted_at.is_(None), board_scope(actor).includes(Task.board_id)

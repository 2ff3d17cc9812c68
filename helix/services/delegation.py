"""Subtasks: an agent hands a part of its task to another agent, and its run waits for the result.

The call of `create_subtask` creates the task in the transaction that lets the call wait. What becomes of the task ends
the call, in a transaction of its own after the change; the scheduler's `sweep` does it for a process that died.
"""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import func, select

from helix import clock, live, queue
from helix.db.locking import lock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Agent, Name, Run, Task, ToolCall
from helix.models.task import LIVE_TASK
from helix.models.vocabulary import BoardLevel, RunStatus, TaskOrigin, TaskStatus, ToolCallState
from helix.policies import delegation as policy
from helix.policies.actor import SYSTEM
from helix.policies.moves import OPEN
from helix.services import activity, tasks, tools
from helix.services.tools import ToolContext, ToolFailed, ToolResult
from helix.services.work import cancelling, links, moves, open_requests, queueing, trace
from helix.text.names import key_of

# Key of a PostgreSQL advisory lock, with the id of the root: subtasks of one tree are created one after another, so
# that their number is right. On SQLite the write lock has the same effect.
TREE_LOCK = 7_431
_KEY = "subtask:"
# Names of agents in a refusal.
MOST_NAMES = 40
LIMIT = 500


def create_subtask(context: ToolContext, title: str, description: str, agent: str) -> ToolResult:
    """Create a task below the one of the call, and start its agent. The call waits for its result."""
    parent = db.session.get_one(Task, context.task_id)
    root_id = parent.root_task_id or parent.id
    if db.engine.dialect.name == "postgresql":
        db.session.execute(select(func.pg_advisory_xact_lock(TREE_LOCK, root_id % 2**31)))
    key = f"{_KEY}{context.call_id}"
    existing = db.session.scalar(select(Task.id).where(Task.external_key == key))
    if existing is not None:
        return ToolResult("", waits_for_task=existing)
    colleague = _agent_named(agent, context.agent_id)
    title = " ".join(title.split())
    refused = policy.refusal(_tree(parent, context), title=title, agent_id=colleague.id)
    if refused is not None:
        raise ToolFailed(refused)
    # The agent has no rights of its own: it creates tasks on the board of its task, and nowhere else.
    actor = replace(context.agent_actor, grants={context.board_id: BoardLevel.CREATE})
    task = tasks.create(
        actor,
        title=title,
        description=description,
        board_id=context.board_id,
        assigned_agent_id=colleague.id,
        priority=parent.priority,
        requires_approval=False,
        origin=TaskOrigin.AGENT,
        external_key=key,
        parent=parent,
        starts=False,
    )
    queueing.start_auto(actor, task, colleague)
    return ToolResult("", waits_for_task=task.id)


def _agent_named(name: str, own_id: int) -> Agent:
    """Raises ToolFailed, with the names that there are."""
    query = select(Agent).join(Name, Name.agent_id == Agent.id).where(Name.key == key_of(name.removeprefix("@")))
    found = db.session.scalars(query.where(Agent.deleted_at.is_(None), Agent.enabled)).one_or_none()
    if found is not None:
        return found
    others = select(Agent.name, Agent.role_title).where(Agent.deleted_at.is_(None), Agent.enabled, Agent.id != own_id)
    rows = db.session.execute(others.order_by(Agent.name).limit(MOST_NAMES))
    known = [f"{row.name} ({row.role_title})" for row in rows]
    raise ToolFailed(f"There is no agent {name[:120]}. There are: {', '.join(known) or 'none'}.")


def _tree(parent: Task, context: ToolContext) -> policy.Tree:
    root_id = parent.root_task_id or parent.id
    in_tree = (Task.root_task_id == root_id) | (Task.id == root_id)
    query = select(Task.id, Task.parent_task_id, Task.assigned_agent_id, Task.title, Task.external_key).where(in_tree)
    rows = {row.id: row for row in db.session.execute(query)}
    ancestors, above = {context.agent_id}, rows.get(parent.id)
    while above is not None:
        ancestors |= {above.assigned_agent_id} - {None}
        above = rows.get(above.parent_task_id)
    conversation = select(ToolCall.conversation_id).where(ToolCall.id == context.call_id).scalar_subquery()
    calls = set(db.session.scalars(select(ToolCall.id).where(ToolCall.conversation_id == conversation)))
    return policy.Tree(
        depth=parent.depth,
        in_run=sum(_call_of(row.external_key) in calls for row in rows.values()),
        in_tree=len(rows) - 1,
        ancestor_agents=ancestors,
        titles=[row.title for row in rows.values()],
    )


def _call_of(external_key: str | None) -> int | None:
    """The id of the call that has created the task."""
    return int(external_key.removeprefix(_KEY)) if external_key and external_key.startswith(_KEY) else None


def tasks_changed(changed: Sequence[Task]) -> None:
    """See status_changes. What follows is done after the commit: it locks tasks above those that changed."""
    with transaction() as after_commit:
        for task in changed:
            call_id = _call_of(task.external_key)
            if call_id is not None:
                after_commit(deliver, call_id)
            # Only a task that an agent has worked on can have subtasks.
            if task.last_run_id is not None and task.depth < policy.MAX_DEPTH:
                after_commit(withdraw, task.id)


def deliver(call_id: int) -> bool:
    """End the call with what became of its subtask, and let the run go on. False while there is nothing to deliver."""
    with transaction() as after_commit:
        call = db.session.get(ToolCall, call_id)
        if call is None or call.state != ToolCallState.WAITING:
            return False
        live_run = select(Run.id, Run.task_id).where(Run.conversation_id == call.conversation_id, Run.is_live)
        found = db.session.execute(live_run).one_or_none()
        if found is None:
            return False
        task, run = lock(Task, found.task_id), lock(Run, found.id)
        call = lock(ToolCall, call_id)
        if task is None or run is None or call is None or not run.is_live or call.state != ToolCallState.WAITING:
            return False
        result = _result_of(call)
        if result is None:
            return False
        call.state = ToolCallState.FAILED if result.is_error else ToolCallState.DONE
        call.result, call.is_error, call.finished_at = result.text, result.is_error, clock.now()
        run.has_untrusted = run.has_untrusted or result.brings_untrusted
        trace.add_call(run, call)
        db.session.flush()
        if run.status == RunStatus.WAITING and not open_requests.awaits(run):
            run.status, run.resumed_at = RunStatus.QUEUED, clock.now()
            after_commit(queue.wake)
        after_commit(live.publish, "run", run.id, board_id=task.board_id, task_id=task.id)
        after_commit(live.publish, "task", task.id, board_id=task.board_id)
    return True


def _result_of(call: ToolCall) -> ToolResult | None:
    """What the subtask of a call has come to; None while it is open."""
    query = select(Task).where(Task.external_key == f"{_KEY}{call.id}").execution_options(populate_existing=True)
    task = db.session.scalar(query)
    if task is None:
        return ToolResult("The subtask was deleted.", is_error=True)
    name = f"The subtask {task.id} “{task.title}”"
    if links.is_met(links.default_until(task), task):
        files = " It has files, which list_files names." if task.attachment_count else ""
        text = f"{name} is done.{files} Its result:\n\n{task.result or '(no text)'}"
        return ToolResult(text, brings_untrusted=tools.is_tainted(task.id))
    if links.is_gone(task):
        return ToolResult(f"{name} was {links.why_no_result(task)} by a person. Go on without it.", is_error=True)
    last = db.session.get(Run, task.last_run_id, populate_existing=True) if task.last_run_id else None
    if last is not None and last.status == RunStatus.FAILED and not task.blocked_count:
        return ToolResult(f"{name} has failed: {last.message or 'its run failed.'}", is_error=True)
    return None


def withdraw(parent_id: int) -> int:
    """Cancel the open subtasks whose results nobody waits for any more. Returns how many there were."""
    query = select(Task.id, Task.external_key).where(
        Task.parent_task_id == parent_id, Task.root_task_id.is_not(None), Task.status.in_(OPEN), LIVE_TASK
    )
    count = 0
    for task_id, key in db.session.execute(query).all():
        count += _withdraw_one(task_id, _call_of(key))
    return count


def _withdraw_one(task_id: int, call_id: int | None) -> bool:
    with transaction():
        call = db.session.get(ToolCall, call_id, populate_existing=True) if call_id is not None else None
        if call is None or call.state != ToolCallState.SKIPPED:
            return False
        task = lock(Task, task_id)
        if task is None or task.status not in OPEN or task.deleted_at is not None or task.archived:
            return False
        cancelling.cancel_live(SYSTEM, task)
        moves.put(task, TaskStatus.CANCELLED)
        activity.record_task(SYSTEM, "task.cancelled", task, what="subtask")
    return True


def sweep(limit: int = LIMIT) -> int:
    """Do what a process missed because it died. Returns how much there was."""
    waiting = (
        select(ToolCall.id)
        .join(Run, Run.conversation_id == ToolCall.conversation_id)
        .where(Run.status == RunStatus.WAITING, ToolCall.state == ToolCallState.WAITING)
        .where(ToolCall.name == tools.CREATE_SUBTASK)
        .order_by(ToolCall.id)
        .limit(limit)
    )
    count = sum(deliver(call_id) for call_id in db.session.scalars(waiting).all())
    forgotten = select(Task.id, Task.external_key).where(
        Task.root_task_id.is_not(None), Task.external_key.like(f"{_KEY}%"), Task.status.in_(OPEN), LIVE_TASK
    )
    for task_id, key in db.session.execute(forgotten.order_by(Task.id).limit(limit)).all():
        count += _withdraw_one(task_id, _call_of(key))
    return count

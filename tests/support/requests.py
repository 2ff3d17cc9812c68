"""Test data for requests to people: waiting runs with their calls, as a run's loop writes them."""

import itertools

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import HumanRequest, Run, Task, Tool, ToolCall, ToolSource
from helix.models.vocabulary import (
    RequestKind,
    RunStatus,
    TaskStatus,
    ToolCallState,
    ToolEffect,
    ToolPolicy,
    ToolSourceKind,
    ToolStatus,
    Trigger,
)
from helix.services import requests
from helix.services.work import moves

NUMBERS = itertools.count(1)
SCHEMA = {
    "type": "object",
    "properties": {"to": {"type": "string"}, "copies": {"type": "integer", "minimum": 1}},
    "required": ["to"],
    "additionalProperties": False,
}


def a_tool(name="send_mail", *, input_schema=None, policy=ToolPolicy.ASK) -> Tool:
    """An accepted tool of a source of its own."""
    with transaction():
        source = ToolSource(
            kind=ToolSourceKind.MCP_HTTP, slug=f"source-{next(NUMBERS)}", title="Mail", created_at=clock.now()
        )
        db.session.add(source)
        db.session.flush()
        tool = Tool(
            source_id=source.id,
            name=name,
            input_schema=input_schema or SCHEMA,
            definition_hash="x",
            effect=ToolEffect.WRITE,
            default_policy=policy,
            status=ToolStatus.ACCEPTED,
        )
        db.session.add(tool)
    return tool


def a_run(task, agent, status=RunStatus.WAITING, **fields) -> Run:
    """A run of the task, which is in progress for it. The first of its conversation unless `fields` say otherwise."""
    now = clock.now()
    facts = {"queued_at": now, "started_at": now, "trigger": Trigger.MANUAL, "came_from": TaskStatus.TODO} | fields
    with transaction():
        found = db.session.get_one(Task, task.id)
        run = Run(task_id=task.id, agent_id=agent.id, status=status, **facts)
        db.session.add(run)
        db.session.flush()
        run.conversation_id = run.conversation_id or run.id
        found.last_run_id = run.id
        if found.status == TaskStatus.TODO:
            moves.put(found, TaskStatus.IN_PROGRESS)
    return run


def a_call(run, tool=None, *, arguments=None, state=ToolCallState.PLANNED, **fields) -> ToolCall:
    number = next(NUMBERS)
    with transaction():
        call = ToolCall(
            conversation_id=run.conversation_id,
            run_id=run.id,
            message_number=number,
            ordinal=0,
            provider_call_id=f"call_{number}",
            tool_id=tool.id if tool else None,
            name=tool.name if tool else "ask_person",
            arguments={"to": "helen@example.com"} if arguments is None else arguments,
            state=state,
            **fields,
        )
        db.session.add(call)
    return call


def ask(run, call=None, *, kind=RequestKind.APPROVAL, title="Send the invoice to Helen?", **fields) -> HumanRequest:
    with transaction():
        found = db.session.get_one(Run, run.id)
        task = db.session.get_one(Task, found.task_id)
        of_it = db.session.get_one(ToolCall, call.id) if call else None
        return requests.ask(found, task, of_it, kind=kind, title=title, **fields)


def an_approval(task, agent, *, scopes=("once", "run", "always"), **fields) -> HumanRequest:
    """A waiting run of the task that asks to send a mail."""
    run = a_run(task, agent)
    return ask(run, a_call(run, a_tool()), scopes=scopes, **fields)


def a_question(task, agent, title="Which colour?", **fields) -> HumanRequest:
    run = a_run(task, agent)
    return ask(run, a_call(run), kind=RequestKind.QUESTION, title=title, **fields)


def run_of(request) -> Run:
    return db.session.get_one(Run, request.run_id, populate_existing=True)


def call_of(request) -> ToolCall:
    return db.session.get_one(ToolCall, request.tool_call_id, populate_existing=True)

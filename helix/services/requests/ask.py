from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from helix import clock, live
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Agent, HumanRequest, Run, Task, ToolCall
from helix.models.vocabulary import RequestKind, ToolCallState
from helix.policies.actor import agent_actor
from helix.services import activity, notifications
from helix.text import json_schema
from helix.text.cleaning import clean

LIFETIME = timedelta(days=7)
# What a person may say of an uncertain call, as people read it.
OUTCOMES = {"done": "It was done", "again": "Do it again", "skip": "Go on without it"}
LONGEST_TITLE = 300
LONGEST_BODY = 20_000
LONGEST_ANSWER = 20_000


def ask(
    run: Run,
    task: Task,
    call: ToolCall | None,
    *,
    kind: RequestKind,
    title: str,
    body: str = "",
    schema: Mapping[str, Any] | None = None,
    options: Sequence[str] = (),
    scopes: Sequence[str] = ("once",),
    expires_at: datetime | None = None,
    on_expiry: str = "deny",
    default: str | Mapping[str, Any] | None = None,
    asked_by_server: bool = False,
) -> HumanRequest:
    """Ask the people who may answer, inside a transaction that has locked task, run and call. The call waits then.

    `schema` is of the answer's values; each kind has one of its own. `options` are suggestions for a question's answer.
    Without an answer by `expires_at`, in a week at most, `on_expiry` says what happens: `deny`, `fail`, or `default`: a
    question is answered with `default`. `asked_by_server`: the server of the call's tool asks, and gets the answer.
    Raises ValueError for a schema that is broken.
    """
    if (on_expiry == "default") != (default is not None):
        raise ValueError("A default answer goes with on_expiry='default', and only with it.")
    if schema is not None:
        json_schema.refuse_broken(schema)
    latest = clock.now() + LIFETIME
    options = [clean(option) for option in options]
    agent = db.session.get_one(Agent, run.agent_id)
    with transaction() as after_commit:
        request = HumanRequest(
            task_id=task.id,
            run_id=run.id,
            tool_call_id=call.id if call else None,
            kind=kind,
            asked_by_server=asked_by_server,
            title=" ".join(clean(title).split())[:LONGEST_TITLE],
            body=clean(body)[:LONGEST_BODY],
            schema=dict(schema) if schema is not None else _own_schema(kind, options),
            options=options,
            scopes=list(scopes),
            expires_at=min(expires_at or latest, latest),
            on_expiry=on_expiry,
            # Until somebody answers, the answer that it gets when nobody does.
            answer={"answer": default} if isinstance(default, str) else dict(default) if default is not None else None,
            created_at=clock.now(),
        )
        db.session.add(request)
        if call is not None:
            call.state = ToolCallState.UNCERTAIN if kind == RequestKind.UNCERTAIN else ToolCallState.WAITING
        db.session.flush()
        activity.record_task(
            agent_actor(agent.id, agent.name),
            "request.asked",
            task,
            request_id=request.id,
            run_id=run.id,
            kind=kind,
            title=request.title,
        )
        notifications.request_asked(task, run, request, by=agent.name)
        after_commit(live.publish, "request", request.id, board_id=task.board_id, task_id=task.id)
        after_commit(live.publish, "run", run.id, board_id=task.board_id, task_id=task.id)
        after_commit(live.publish, "task", task.id, board_id=task.board_id)
    return request


def _own_schema(kind: RequestKind, options: Sequence[str]) -> dict[str, Any]:
    """What an answer to a request of this kind carries, unless the asker says something else."""
    text = {"type": "string", "maxLength": LONGEST_ANSWER}
    if kind == RequestKind.QUESTION:
        examples = {"examples": list(options)} if options else {}
        return _object({"answer": {**text, "title": "Answer", "minLength": 1, **examples}}, "answer")
    if kind == RequestKind.UNCERTAIN:
        outcome = {
            "type": "string",
            "title": "Was it done?",
            "enum": list(OUTCOMES),
            "enumNames": list(OUTCOMES.values()),
        }
        return _object({"outcome": outcome, "text": {**text, "title": "What came of it"}}, "outcome")
    if kind == RequestKind.BUDGET:
        usd = {"type": "number", "title": "How much more, in USD", "exclusiveMinimum": 0, "maximum": 1000}
        return _object({"usd": usd}, "usd")
    return _object({})


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }

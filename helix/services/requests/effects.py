"""What an answer, or none in time, does to the call and the run of a locked request."""

import json
from collections.abc import Mapping
from typing import Any

from helix import clock, live, queue
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import HumanRequest, Run, Task, ToolCall
from helix.models.vocabulary import AnswerScope, RequestKind, RunStatus, ToolCallState
from helix.services import notifications
from helix.services.work import trace
from helix.services.work.open_requests import awaits

REACH = {AnswerScope.RUN: " for this run", AnswerScope.ALWAYS: " always"}


def answered(
    run: Run, call: ToolCall, request: HumanRequest, *, by: str, arguments: Mapping[str, Any] | None = None
) -> None:
    """Apply the answer that the request holds. `arguments` replace those of the model."""
    if request.asked_by_server:
        accepted = request.decision == "answer"
        _tell_server(call, {"action": "accept", "content": request.answer} if accepted else {"action": "decline"})
        call.decided_because = f"{by} answered what the server asked."[:300]
    elif request.decision == "allow":
        call.state = ToolCallState.APPROVED
        call.edited_arguments = dict(arguments) if arguments is not None else None
        reach = REACH.get(request.scope, "") if request.scope else ""
        changed = ", with other arguments" if arguments is not None else ""
        call.decided_because = f"{by} allowed it{reach}{changed}."[:300]
    elif request.decision == "deny":
        question = request.kind == RequestKind.QUESTION
        refusal = "A person did not answer this question." if question else "A person denied this call."
        _end(run, call, ToolCallState.DENIED, _with_note(refusal, request.note), by=f"{by} denied it.")
    elif request.kind == RequestKind.UNCERTAIN:
        _clarified(run, call, request, by=by)
    else:
        text = answer_text(request.answer or {})
        _end(run, call, ToolCallState.DONE, _with_note(text, request.note), by=f"{by} answered.", is_error=False)


def _tell_server(call: ToolCall, answer: dict[str, Any]) -> None:
    """Go on with a call whose server asked in the middle of it."""
    call.state = ToolCallState.APPROVED
    call.server_state = {**(call.server_state or {}), "answer": answer}


def _clarified(run: Run, call: ToolCall, request: HumanRequest, *, by: str) -> None:
    answer = request.answer or {}
    text = _with_note(str(answer.get("text", "")), request.note)
    if answer["outcome"] == "again":
        # The tries stay counted.
        call.state, call.decided_because = ToolCallState.PLANNED, f"{by} said to do it again."[:300]
    elif answer["outcome"] == "done":
        result = text or "A person says that it was done."
        _end(run, call, ToolCallState.DONE, result, by=f"{by} said that it was done.", is_error=False)
    else:
        skipped = _with_note("It is not known whether this took effect. A person said to go on without it.", text)
        _end(run, call, ToolCallState.SKIPPED, skipped, by=f"{by} said to go on without it.")


def expired(run: Run, call: ToolCall, request: HumanRequest) -> None:
    """Nobody has answered in time."""
    by = "Nobody answered in time."
    if request.asked_by_server:
        _tell_server(call, {"action": "decline"})
        call.decided_because = by
    elif request.on_expiry == "default":
        text = answer_text(request.answer or {})
        result = f"Nobody answered in time, so this answer was assumed: {text}"
        _end(run, call, ToolCallState.DONE, result, by=by, is_error=False)
    elif request.kind == RequestKind.UNCERTAIN:
        skipped = "It is not known whether this took effect, and nobody answered in time."
        _end(run, call, ToolCallState.SKIPPED, skipped, by=by)
    elif request.on_expiry == "fail":
        _end(run, call, ToolCallState.FAILED, by, by=by)
    else:
        denied = "Nobody answered in time, so this call was denied."
        _end(run, call, ToolCallState.DENIED, denied, by=by)


def resume(task: Task, run: Run, request: HumanRequest) -> None:
    """After a request was closed: queue its run again if it waits for no other, and refresh what people see."""
    with transaction() as after_commit:
        db.session.flush()
        if run.status == RunStatus.WAITING and not awaits(run):
            run.status, run.resumed_at = RunStatus.QUEUED, clock.now()
            after_commit(queue.wake)
        notifications.request_closed(request)
        after_commit(live.publish, "request", request.id, board_id=task.board_id, task_id=task.id)
        after_commit(live.publish, "run", run.id, board_id=task.board_id, task_id=task.id)
        after_commit(live.publish, "task", task.id, board_id=task.board_id)


def answer_text(values: Mapping[str, Any]) -> str:
    """The values as the result of the call: the text of a plain question's answer, JSON of anything else."""
    if set(values) == {"answer"} and isinstance(values["answer"], str):
        return values["answer"]
    return json.dumps(values, ensure_ascii=False)


def _end(run: Run, call: ToolCall, state: ToolCallState, result: str, *, by: str, is_error: bool = True) -> None:
    call.state, call.result, call.is_error = state, result, is_error
    call.finished_at, call.decided_because = clock.now(), by[:300]
    trace.add_call(run, call)


def _with_note(text: str, note: str) -> str:
    return "\n\n".join(filter(None, (text, note)))

"""The tool calls of a run: planned with the model's message, brought to an end one by one, answered to the model."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from helix import mcp
from helix.db.read import rows
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Run, ToolCall
from helix.models.types import Id
from helix.models.vocabulary import ENDED_CALLS
from helix.prompt import blocks
from helix.prompt.message import ToolCall as RequestedCall
from helix.services import tools
from helix.services.runs import call_execution
from helix.services.runs.claim import Claim
from helix.services.runs.conversation import Conversation, extend, stored_since
from helix.services.runs.fenced import lock_with_task
from helix.services.runs.interrupts import Interruptible, uninterrupted
from helix.services.runs.repetitions import REPETITIONS, arguments_of, earlier_results, stored_name
from helix.services.runs.retry_on_db_loss import retry_on_db_loss
from helix.services.tools import GrantedTool

# Characters of a result that the model gets at once; the rest by read_result.
MODEL_LENGTH = 20_000
# Constants: building these statements costs more than executing them.
_OF_MESSAGE = (
    ToolCall.conversation_id == bindparam("conversation", type_=Id),
    ToolCall.message_number == bindparam("number"),
)
_OPEN = select(ToolCall.id).where(*_OF_MESSAGE, ToolCall.state.not_in(ENDED_CALLS)).order_by(ToolCall.ordinal)
_ALL = select(ToolCall).where(*_OF_MESSAGE).order_by(ToolCall.ordinal).execution_options(populate_existing=True)


@dataclass(frozen=True)
class Progress:
    """`waits`: a person has to answer before the run can go on. Otherwise the results are part of the conversation."""

    waits: bool
    conversation: Conversation


def plan(run: Run, conversation: Conversation, granted: Sequence[GrantedTool], calls: Sequence[RequestedCall]) -> None:
    """Store the calls of the last message, in the transaction that stores it."""
    by_name = {one.name: one for one in granted}
    if any(call.name not in by_name for call in calls):
        # Not offered, so that the call will be refused: with the reason.
        by_name = {one.name: one for one in tools.of_agent(run.agent_id)}
    for ordinal, call in enumerate(calls):
        known = by_name.get(call.name)
        db.session.add(
            ToolCall(
                conversation_id=conversation.id,
                run_id=run.id,
                message_number=conversation.last_number,
                ordinal=ordinal,
                provider_call_id=call.id,
                tool_id=known.tool.id if known else None,
                name=stored_name(call),
                arguments=arguments_of(call),
            )
        )
    run.tool_call_count += len(calls)


def progress(
    claim: Claim,
    conversation: Conversation,
    servers: mcp.Sessions,
    interruptible: Interruptible = uninterrupted,
) -> Progress:
    """Decide and execute the calls of the last message. Raises ClaimLost, NoProgress and Interrupted.

    `interruptible` surrounds what takes time: an `Interrupted` may be raised in it at any moment.
    """
    open_calls = retry_on_db_loss(_open_calls, conversation)
    extended = None

    def at_end(run: Run, call: ToolCall) -> Conversation | None:
        # Stored with the end of the last call, the results need no transaction of their own.
        return _extended(run, conversation, call) if call.id == open_calls[-1] else None

    for call_id in open_calls:
        # A worker that is told to stop begins no other call.
        with interruptible():
            pass
        extended = call_execution.advance(claim, conversation, servers, interruptible, call_id, at_end)
    if extended is not None:
        return Progress(False, extended)
    return retry_on_db_loss(_store_results, claim, conversation)


def _store_results(claim: Claim, conversation: Conversation) -> Progress:
    with transaction():
        run, _task = lock_with_task(claim)
        stored = stored_since(conversation, run.id)
        if stored is not None:
            return Progress(False, stored)  # by the commit whose answer was lost
        extended = _extended(run, conversation)
        return Progress(extended is None, extended or conversation)


def _extended(run: Run, conversation: Conversation, only: ToolCall | None = None) -> Conversation | None:
    """Store the results of the last message's calls, under the run's lock. None when not all of them have ended.

    `only` is one of them, which is at hand: if the message has no other, it is not read again.
    """
    calls = [only] if only is not None and len(conversation.last_calls) == 1 else _last_calls(conversation)
    if any(call.state not in ENDED_CALLS for call in calls):
        return None
    earlier = earlier_results(conversation, calls, at_least=REPETITIONS - 1)
    bodies = [
        {"role": "tool", "tool_call_id": call.provider_call_id, "content": _content(call, earlier[call.id])}
        for call in calls
    ]
    return extend(run, conversation, bodies)


def _open_calls(conversation: Conversation) -> list[int]:
    return [row.id for row in rows(_OPEN, conversation=conversation.id, number=conversation.last_number)]


def _last_calls(conversation: Conversation) -> list[ToolCall]:
    found = {"conversation": conversation.id, "number": conversation.last_number}
    return list(db.session.scalars(_ALL, found))


def _content(call: ToolCall, earlier: Sequence[str | None]) -> str:
    """The result as the model reads it: marked as material, cut, and with a note when it repeats itself."""
    text = call.result or ""
    cut = text[:MODEL_LENGTH]
    if len(cut) < len(text):
        cut += f"\n[Cut: the first {MODEL_LENGTH} of {len(text)} characters. read_result(call={call.id}) has the rest.]"
    content = blocks.as_material(f"result of {call.name}", cut)
    if earlier.count(call.result) >= REPETITIONS - 1:
        content += (
            f"\nYou have called {call.name} with the same arguments {REPETITIONS} times, with the same result. "
            "Do something else, or answer with what you have."
        )
    return content

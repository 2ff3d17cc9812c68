"""Executes one run: asks the model, runs the tools that it calls, asks again, and stores the outcome.

Each turn reserves the cost of its call. Between two turns everything is in the database, so that another worker can go
on from there. A run without tools has one turn.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from helix import clock, llm, mcp
from helix.db.transaction import end_reading, transaction
from helix.models.vocabulary import FailureReason, StepKind
from helix.prompt import ContextTooLong, Prompt
from helix.services import budgets, tools
from helix.services.models import cooldown
from helix.services.runs import conversation as conversations
from helix.services.runs import finish, material, tool_calls
from helix.services.runs.call_decisions import NoProgress
from helix.services.runs.claim import ACTIVE_LIMIT, Claim
from helix.services.runs.conversation import Conversation
from helix.services.runs.fenced import ClaimLost, lock_with_payers
from helix.services.runs.interrupts import Interrupt, Interrupted, Interruptible, uninterrupted
from helix.services.runs.retry_on_db_loss import retry_on_db_loss
from helix.services.runs.streaming import StreamedText, board_of
from helix.services.work.outcome import Call, Outcome
from helix.services.work.trace import add_step

log = logging.getLogger(__name__)

# Turns of a conversation. In the last one the model is offered no tools.
MAX_TURNS = 30
LAST_TURN = (
    "This is your last turn, and you have no tools any more. Answer now with what you have, and say what is missing."
)


def execute(claim: Claim, *, interruptible: Interruptible = uninterrupted) -> None:
    """Execute the run to one of its possible ends. Errors of our own end it as `internal` and are logged.

    `interruptible` surrounds the model call: an `Interrupted` may be raised in it at any moment.
    """
    attempt = _Attempt()
    try:
        # The processes of tool servers end when the run ends or waits.
        with mcp.Sessions(tools.process_limits()) as servers:
            _execute(claim, interruptible, servers, attempt)
    except ClaimLost:
        log.info("Run %s was closed or taken over meanwhile; its outcome is dropped", claim.run_id)
    except Exception:
        log.exception("Run %s broke on our side", claim.run_id)
        _fail_internal(claim, attempt)


@dataclass
class _Attempt:
    """What is known about the model call, for errors after it: the provider charges for it in any case."""

    call: Call | None = None
    outcome: Outcome | None = None


def _fail_internal(claim: Claim, attempt: _Attempt) -> None:
    words = "Something broke on our side. The worker's log says what."
    try:
        retry_on_db_loss(finish.fail, claim, FailureReason.INTERNAL, words, attempt.outcome, call=attempt.call)
    except ClaimLost:
        log.info("Run %s had been closed meanwhile", claim.run_id)
        if attempt.outcome is not None:
            retry_on_db_loss(finish.settle_late, claim, attempt.outcome)


def _execute(claim: Claim, interruptible: Interruptible, servers: mcp.Sessions, attempt: _Attempt) -> None:
    work = material.gather(claim)
    if work is None:
        return retry_on_db_loss(finish.fail, claim, FailureReason.NO_MODEL, "There is no usable model for this agent.")
    client = llm.for_endpoint(work.endpoint)
    conversation = conversations.read(claim.run_id) if work.continues else Conversation(claim.run_id)
    while True:
        # An attempt that begins its conversation has time of its own.
        if conversation.bodies and claim.seconds_left <= 0:
            return retry_on_db_loss(finish.fail, claim, FailureReason.TIMED_OUT, _too_long(claim))
        if conversation.awaits_results:
            progress = _run_tools(claim, interruptible, servers, work, conversation)
            if progress is None:
                return None
            conversation = progress
        if conversation.bodies and not retry_on_db_loss(finish.may_spend, claim):
            return None
        try:
            request = _request(work, client, conversation)
        except ContextTooLong as error:
            return retry_on_db_loss(finish.fail, claim, FailureReason.CONTEXT_TOO_LONG, str(error))
        completion = _call_model(claim, interruptible, attempt, work, client, request)
        if completion is None:
            return None
        if not completion.tool_calls:
            return _succeed(claim, attempt, work, client, completion)
        conversation = _keep_turn(claim, attempt, work, conversation, request, completion)


def _run_tools(
    claim: Claim,
    interruptible: Interruptible,
    servers: mcp.Sessions,
    work: material.Work,
    conversation: Conversation,
) -> Conversation | None:
    """The conversation with the results of the calls. None when the run waits for a person or has ended."""
    try:
        while True:
            progress = tool_calls.progress(claim, conversation, servers, interruptible)
            if not progress.waits:
                return progress.conversation
            if retry_on_db_loss(finish.wait, claim):
                return None
    except NoProgress:
        words = "The agent repeats a tool call that brings the same result."
        return retry_on_db_loss(finish.fail, claim, FailureReason.NO_PROGRESS, words)
    except Interrupted as interrupted:
        return _interrupted(claim, interrupted.cause)


@dataclass(frozen=True)
class _Request:
    """What is sent in one turn. `prompt` is that of the first turn, and None later."""

    messages: Sequence[llm.Message]
    tokens: int
    tools: Sequence[llm.ToolDefinition]
    prompt: Prompt | None


def _request(work: material.Work, client: llm.ModelClient, conversation: Conversation) -> _Request:
    """Raises ContextTooLong."""
    # Also when the agent has lost its tools, or has a model by now that cannot use them.
    last = bool(conversation.bodies) and (conversation.turns >= MAX_TURNS - 1 or not work.tools)
    found = conversation.results_of(tools.FIND_TOOLS)
    offered = [] if last else tools.offered(work.tools, found, work.room(client).context)
    definitions = [tools.definition(one) for one in offered]
    if not conversation.bodies:
        extra = client.count(work.endpoint, [], definitions) if definitions else 0
        prompt = work.compose(client, tool_tokens=extra)
        return _Request(prompt.messages, prompt.tokens + extra, definitions, prompt)

    def sent(messages: Sequence[llm.Message]) -> Sequence[llm.Message]:
        return [*conversations.without_calls(messages), llm.Message("user", LAST_TURN)] if last else messages

    def count(messages: Sequence[llm.Message]) -> int:
        return client.count(work.endpoint, sent(messages), definitions)

    messages = conversations.fit(conversation.messages(work.model_name), count, work.room(client))
    return _Request(sent(messages), count(messages), definitions, None)


def _call_model(
    claim: Claim,
    interruptible: Interruptible,
    attempt: _Attempt,
    work: material.Work,
    client: llm.ModelClient,
    request: _Request,
) -> llm.Completion | None:
    """One turn of the model. None when the run has ended or waits."""
    end_reading()
    reserved = _reserve(claim, work, client, request)
    if reserved is None:
        shared = budgets.shared_refusal(
            claim.task_id, input_tokens=request.tokens, max_tokens=work.max_tokens, price=work.price(client)
        )
        message = shared or "What is left of this month's budget does not pay for this call."
        return retry_on_db_loss(finish.fail, claim, FailureReason.BUDGET_EXHAUSTED, message)

    streamed = StreamedText(claim, board_now=lambda: board_of(claim.task_id))
    started, started_at = time.monotonic(), clock.now()

    def call() -> Call:
        return Call(started_at, milliseconds=int((time.monotonic() - started) * 1000))

    sent = False
    try:
        with interruptible():
            sent = True
            completion = client.complete(
                work.endpoint,
                request.messages,
                max_tokens=reserved.max_tokens,
                timeout_seconds=work.call_timeout_seconds,
                idle_seconds=work.stream_idle_seconds,
                on_text=streamed.add,
                on_restart=streamed.restart,
                tools=request.tools,
            )
    except Interrupted as interrupted:
        # A worker that stops between two turns has sent nothing that could cost anything.
        attempt.call = call()
        attempt.outcome = work.estimate(client, request.tokens if sent else 0, streamed.text)
        if sent and interrupted.cause == Interrupt.TIMED_OUT:
            answered = bool(streamed.text)
            retry_on_db_loss(cooldown.note_failure, work.ai_model_id, FailureReason.TIMED_OUT, answered=answered)
        return _interrupted(claim, interrupted.cause, attempt.outcome, attempt.call)
    except llm.ModelFailure as failure:
        attempt.call, attempt.outcome = call(), _partial(work, client, request.tokens, failure, streamed.text)
        retry_on_db_loss(
            cooldown.note_failure,
            work.ai_model_id,
            failure.reason,
            answered=bool(streamed.text),
            provider_wide=failure.provider_wide,
            asked_seconds=failure.retry_after or 0,
        )
        return retry_on_db_loss(
            finish.fail,
            claim,
            failure.reason,
            failure.message,
            attempt.outcome,
            call=attempt.call,
            retry_after=failure.retry_after,
            healable=failure.healable,
        )
    except Exception:
        # How far the call came is unknown. Count the prompt, which was sent, and the text received.
        attempt.call = call()
        attempt.outcome = work.estimate(client, request.tokens, streamed.text)
        raise
    finally:
        streamed.end()
    attempt.call, attempt.outcome = call(), work.spent(client, completion)
    return completion


def _keep_turn(
    claim: Claim,
    attempt: _Attempt,
    work: material.Work,
    conversation: Conversation,
    request: _Request,
    completion: llm.Completion,
) -> Conversation:
    """Store the model's message with its calls, and settle what the turn cost."""
    outcome, call = attempt.outcome, attempt.call
    assert outcome is not None and call is not None  # noqa: PT018 - set by the turn
    try:
        kept = retry_on_db_loss(_store_turn, claim, work, conversation, request, completion, outcome, call)
    except ClaimLost:
        retry_on_db_loss(finish.settle_late, claim, outcome)
        raise
    # Booked: an error after this must not book it again.
    attempt.call = attempt.outcome = None
    return kept


def _store_turn(
    claim: Claim,
    work: material.Work,
    conversation: Conversation,
    request: _Request,
    completion: llm.Completion,
    outcome: Outcome,
    call: Call,
) -> Conversation:
    with transaction():
        stored = conversations.stored_since(conversation, claim.run_id)
        if stored is not None:
            return stored  # by the commit whose answer was lost
        run = finish.settle_turn(claim, outcome, call)
        if not conversation.bodies:
            conversation = conversations.begin(run, request.messages)
        conversation = conversations.extend(
            run, conversation, [conversations.body_of(completion)], model=work.model_name
        )
        tool_calls.plan(run, conversation, work.tools, completion.tool_calls)
    return conversation


def _succeed(
    claim: Claim, attempt: _Attempt, work: material.Work, client: llm.ModelClient, completion: llm.Completion
) -> None:
    outcome = work.outcome(client, completion)
    try:
        retry_on_db_loss(finish.succeed, claim, outcome, attempt.call)
    except ClaimLost:
        retry_on_db_loss(finish.settle_late, claim, outcome)
        raise
    # Only then, and whatever is wrong with it: the run has ended.
    try:
        cooldown.note_success(work.ai_model_id, work.cooldown_key)
    except SQLAlchemyError:
        log.exception("The cool-down of model %s could not be lifted", work.ai_model_id)


def _partial(
    work: material.Work, client: llm.ModelClient, tokens: int, failure: llm.ModelFailure, text: str
) -> Outcome | None:
    """The usage of a failed call. None when the provider did not begin to answer."""
    if failure.partial is not None:
        return work.spent(client, failure.partial)
    return work.estimate(client, tokens, text) if text else None


def _reserve(
    claim: Claim, work: material.Work, client: llm.ModelClient, request: _Request
) -> budgets.Reservation | None:
    """Store the prompt of the first turn, and reserve the highest possible cost of the call."""
    price = work.price(client)
    prompt = request.prompt
    with transaction():
        run, agent, organization = lock_with_payers(claim)
        reserved = budgets.reserve(
            run, agent, organization, input_tokens=request.tokens, max_tokens=work.max_tokens, price=price
        )
        run.ai_model_id, run.model = work.ai_model_id, work.model_name
        cut: dict[str, object] = {}
        if prompt is not None:
            run.has_untrusted = run.has_untrusted or work.has_untrusted
            run.prompt = [{"role": message.role, "content": message.content} for message in prompt.messages]
            cut = {"skills": list(prompt.skills), "cut": [part.words for part in prompt.cut]}
        add_step(
            run,
            StepKind.PROMPT,
            f"Turn {run.turn_count + 1}" if run.turn_count else "Prompt",
            input_tokens=request.tokens,
            **cut,
            **({"max_tokens": reserved.max_tokens, "input_usd": str(reserved.input_usd)} if reserved else {}),
        )
        return reserved


def _interrupted(claim: Claim, cause: Interrupt, partial: Outcome | None = None, call: Call | None = None) -> None:
    if cause == Interrupt.HANDED_BACK:
        retry_on_db_loss(finish.hand_back, claim, partial)
    elif cause == Interrupt.TIMED_OUT:
        in_time = claim.seconds_left > 0
        message = f"A call passed its limit of {claim.seconds:.0f} seconds." if in_time else _too_long(claim)
        retry_on_db_loss(finish.fail, claim, FailureReason.TIMED_OUT, message, partial, call=call, healable=True)
    elif partial is not None:
        retry_on_db_loss(finish.settle_late, claim, partial)


def _too_long(claim: Claim) -> str:
    return f"The run has worked for its limit of {claim.seconds * ACTIVE_LIMIT:.0f} seconds and was stopped."

"""Executes one run: composes the prompt, reserves the cost, calls the model and stores the outcome."""

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.exc import SQLAlchemyError

from helix import clock, llm
from helix.db.transaction import end_reading, transaction
from helix.models.vocabulary import FailureReason, StepKind
from helix.prompt import ContextTooLong, Prompt
from helix.services import budgets
from helix.services.models import cooldown
from helix.services.runs import finish, material
from helix.services.runs.claim import Claim
from helix.services.runs.fenced import ClaimLost, add_step, lock_with_payers
from helix.services.runs.retry_on_db_loss import retry_on_db_loss
from helix.services.runs.streaming import StreamedText, board_of
from helix.services.work.outcome import Call, Outcome

log = logging.getLogger(__name__)


class Interrupt(StrEnum):
    CANCELLED = "cancelled"  # a person cancelled, or another worker took over: the row is not ours any more
    TIMED_OUT = "timed_out"  # the run's wall-clock limit
    HANDED_BACK = "handed_back"  # this worker is told to stop


class Interrupted(BaseException):
    """Raised in the thread that waits for the model. A BaseException, so that no library catches it."""

    def __init__(self, cause: Interrupt) -> None:
        self.cause = cause
        super().__init__(cause)


Interruptible = Callable[[], AbstractContextManager[None]]


def execute(claim: Claim, *, interruptible: Interruptible = nullcontext) -> None:
    """Execute the run to one of its possible ends. Errors of our own end it as `internal` and are logged.

    `interruptible` surrounds the model call: an `Interrupted` may be raised in it at any moment.
    """
    attempt = _Attempt()
    try:
        _execute(claim, interruptible, attempt)
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


def _execute(claim: Claim, interruptible: Interruptible, attempt: _Attempt) -> None:
    work = material.gather(claim)
    if work is None:
        return retry_on_db_loss(finish.fail, claim, FailureReason.NO_MODEL, "There is no usable model for this agent.")
    client = llm.for_endpoint(work.endpoint)
    try:
        prompt = work.compose(client)
    except ContextTooLong as error:
        return retry_on_db_loss(finish.fail, claim, FailureReason.CONTEXT_TOO_LONG, str(error))
    end_reading()
    reserved = _reserve(claim, work, client, prompt)
    if reserved is None:
        message = "What is left of this month's budget does not pay for this call."
        return retry_on_db_loss(finish.fail, claim, FailureReason.BUDGET_EXHAUSTED, message)

    streamed = StreamedText(claim, board_now=lambda: board_of(claim.task_id))
    started, started_at = time.monotonic(), clock.now()

    def call() -> Call:
        return Call(started_at, milliseconds=int((time.monotonic() - started) * 1000))

    try:
        with interruptible():
            completion = client.complete(
                work.endpoint,
                prompt.messages,
                max_tokens=reserved.max_tokens,
                timeout_seconds=work.call_timeout_seconds,
                idle_seconds=work.stream_idle_seconds,
                on_text=streamed.add,
                on_restart=streamed.restart,
            )
    except Interrupted as interrupted:
        attempt.call, attempt.outcome = call(), work.estimate(client, prompt, streamed.text)
        if interrupted.cause == Interrupt.TIMED_OUT:
            answered = bool(streamed.text)
            retry_on_db_loss(cooldown.note_failure, work.ai_model_id, FailureReason.TIMED_OUT, answered=answered)
        return _interrupted(claim, interrupted.cause, attempt.outcome, attempt.call, work.run_timeout_seconds)
    except llm.ModelFailure as failure:
        attempt.call, attempt.outcome = call(), _partial(work, client, prompt, failure, streamed.text)
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
        attempt.outcome = work.estimate(client, prompt, streamed.text)
        raise
    finally:
        streamed.end()

    attempt.call, attempt.outcome = call(), work.spent(client, completion)
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
    work: material.Work, client: llm.ModelClient, prompt: Prompt, failure: llm.ModelFailure, text: str
) -> Outcome | None:
    """The usage of a failed call. None when the provider did not begin to answer."""
    if failure.partial is not None:
        return work.spent(client, failure.partial)
    return work.estimate(client, prompt, text) if text else None


def _reserve(claim: Claim, work: material.Work, client: llm.ModelClient, prompt: Prompt) -> budgets.Reservation | None:
    """Store the prompt and reserve the highest possible cost of the call."""
    price = work.price(client)
    with transaction():
        run, agent, organization = lock_with_payers(claim)
        reserved = budgets.reserve(
            run, agent, organization, input_tokens=prompt.tokens, max_tokens=work.max_tokens, price=price
        )
        run.ai_model_id, run.model = work.ai_model_id, work.model_name
        run.prompt = [{"role": message.role, "content": message.content} for message in prompt.messages]
        add_step(
            run,
            StepKind.PROMPT,
            "Prompt",
            input_tokens=prompt.tokens,
            skills=list(prompt.skills),
            cut=[cut.words for cut in prompt.cut],
            **({"max_tokens": reserved.max_tokens, "input_usd": str(reserved.input_usd)} if reserved else {}),
        )
        return reserved


def _interrupted(claim: Claim, cause: Interrupt, partial: Outcome, call: Call, limit: float) -> None:
    if cause == Interrupt.HANDED_BACK:
        retry_on_db_loss(finish.hand_back, claim, partial)
    elif cause == Interrupt.TIMED_OUT:
        message = f"The run passed its limit of {limit:.0f} seconds and was stopped."
        retry_on_db_loss(finish.fail, claim, FailureReason.TIMED_OUT, message, partial, call=call, healable=True)
    else:
        retry_on_db_loss(finish.settle_late, claim, partial)

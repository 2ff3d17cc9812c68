"""One run from its claim to its end: gather, compose, reserve, ask the model, write down how it ended."""

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from helix import clock, llm
from helix.models.vocabulary import FailureReason, StepKind
from helix.prompt import ContextTooLong, Prompt
from helix.services import budgets
from helix.services.runs import cooldown, finish, material
from helix.services.runs.claim import Claim
from helix.services.runs.held import ClaimLost, add_step, held_with_payers
from helix.services.runs.interrupts import Interrupt, Interrupted
from helix.services.runs.outcome import Call, Outcome
from helix.services.runs.patience import patiently
from helix.services.runs.speaking import Speaking
from helix.transaction import end_reading, transaction

log = logging.getLogger(__name__)

Interruptible = Callable[[], AbstractContextManager[None]]


def execute(claim: Claim, *, interruptible: Interruptible = nullcontext) -> None:
    """See the run to an end of the closed list; whatever breaks on our side is `internal`, with the log saying why.

    `interruptible` surrounds the model call: an `Interrupted` may be raised in it at any moment.
    """
    try:
        _execute(claim, interruptible)
    except ClaimLost:
        log.info("Run %s was closed or taken over meanwhile; what it brought back is dropped", claim.run_id)
    except Exception:
        log.exception("Run %s broke on our side", claim.run_id)
        try:
            patiently(
                finish.fail, claim, FailureReason.INTERNAL, "Something broke on our side. The worker's log says what."
            )
        except ClaimLost:
            log.info("Run %s had been closed meanwhile", claim.run_id)


def _execute(claim: Claim, interruptible: Interruptible) -> None:
    work = material.gather(claim)
    if work is None:
        return patiently(finish.fail, claim, FailureReason.NO_MODEL, "There is no usable model for this agent.")
    mind = llm.for_endpoint(work.endpoint)
    try:
        prompt = work.compose(mind)
    except ContextTooLong as error:
        return patiently(finish.fail, claim, FailureReason.CONTEXT_TOO_LONG, str(error))
    end_reading()
    reserved = _reserve(claim, work, mind, prompt)
    if reserved is None:
        message = "What is left of this month's budget does not pay for this call."
        return patiently(finish.fail, claim, FailureReason.BUDGET_EXHAUSTED, message)

    speaking = Speaking(claim)
    started, started_at = time.monotonic(), clock.now()
    try:
        with interruptible():
            completion = mind.complete(
                work.endpoint,
                prompt.messages,
                max_tokens=reserved.max_tokens,
                timeout_seconds=work.call_timeout_seconds,
                on_text=speaking.say,
            )
    except Interrupted as interrupted:
        call = Call(started_at, milliseconds=int((time.monotonic() - started) * 1000))
        partial = work.estimate(mind, prompt, speaking.text)
        if interrupted.cause == Interrupt.TIMED_OUT:
            answered = bool(speaking.text)
            patiently(cooldown.note_failure, work.cooldown_key, FailureReason.TIMED_OUT, answered=answered)
        return _interrupted(claim, interrupted.cause, partial, call, work.run_timeout_seconds)
    except llm.ModelFailure as failure:
        call = Call(started_at, milliseconds=int((time.monotonic() - started) * 1000))
        partial = work.estimate(mind, prompt, speaking.text) if speaking.text else None
        patiently(
            cooldown.note_failure,
            work.cooldown_key,
            failure.reason,
            answered=bool(speaking.text),
            provider_wide=failure.provider_wide,
            asked_seconds=failure.retry_after or 0,
        )
        return patiently(
            finish.fail, claim, failure.reason, failure.message, partial, call=call, retry_after=failure.retry_after
        )
    finally:
        speaking.end()

    call = Call(started_at, milliseconds=int((time.monotonic() - started) * 1000))
    outcome = work.outcome(mind, completion)
    try:
        patiently(finish.succeed, claim, outcome, call)
    except ClaimLost:
        patiently(finish.settle_late, claim, outcome)
        raise
    # Only then: a database that is away just now must not cost the answer.
    return cooldown.note_success(work.cooldown_key)


def _reserve(claim: Claim, work: material.Work, mind: llm.Mind, prompt: Prompt) -> budgets.Reserved | None:
    """Write down the prompt as it is sent, and set aside what the call may cost at most."""
    price = work.price(mind)
    with transaction():
        run, agent, organization = held_with_payers(claim)
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
        patiently(finish.hand_back, claim, partial)
    elif cause == Interrupt.TIMED_OUT:
        message = f"The run passed its limit of {limit:.0f} seconds and was stopped."
        patiently(finish.fail, claim, FailureReason.TIMED_OUT, message, partial, call=call)
    else:
        patiently(finish.settle_late, claim, partial)

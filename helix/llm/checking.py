"""The test of an endpoint: one tiny call, told as a Check."""

import time

from helix.llm.interface import Check, Completion, Endpoint, Message, ModelClient, ModelFailure

# Room enough for models that think before they speak; a plain one says two letters.
TINY_ANSWER = 256


def check(client: ModelClient, endpoint: Endpoint, timeout_seconds: float) -> Check:
    started = time.monotonic()
    try:
        answer = client.complete(
            endpoint,
            [Message("user", "Answer with the single word OK.")],
            max_tokens=TINY_ANSWER,
            timeout_seconds=timeout_seconds,
        )
    except ModelFailure as failure:
        return Check(False, failure.message, _ms_since(started))
    return Check(True, _success(answer), _ms_since(started))


def _success(answer: Completion) -> str:
    return f"The model {answer.model} answered in {answer.duration_ms / 1000:.1f} s."


def _ms_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)

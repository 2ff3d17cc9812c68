"""Connection tests of AI models. A worker makes the call, so that the web process never loads the model libraries."""

import time
from typing import Any

from helix import clock, llm, queue
from helix.clock import iso
from helix.crypto.secrets import KeyMissing
from helix.db.locking import lock
from helix.db.transaction import end_reading, transaction
from helix.extensions import db
from helix.models import AiModel
from helix.policies.actor import Actor
from helix.services.models import cooldown
from helix.services.models.lookup import endpoint_of, get

JOB = "helix.jobs.models.check"
TIMEOUT_SECONDS = 15.0
# Both calls of a test together: less than `test` waits, which includes the way to the worker and back.
BOTH_SECONDS = 18.0


def test(actor: Actor, model_id: int) -> dict[str, Any]:
    """Test a model by two small calls from a worker: whether it answers, and if so, whether it can call tools.

    Returns `success`, `message` (a sentence) and `latency_ms`.

    Raises Unavailable when no worker answers. For admins.
    """
    get(actor, model_id)
    end_reading()  # do not hold a database connection while waiting for the worker
    return queue.ask(JOB, model_id, seconds=20)


def check(model_id: int, *, seconds: float = TIMEOUT_SECONDS) -> dict[str, Any]:
    """For the worker: make the calls and store their outcome in `last_test` and `supports_tools`.

    `price_known` tells pages whether there is a published price, which needs the model libraries to look up.

    What is known of the tools is kept when this test could not tell.
    """
    began = time.monotonic()
    model = db.session.get(AiModel, model_id)
    if model is None:
        return _serialize(llm.Check(False, "This model has been deleted.", 0))
    try:
        endpoint = endpoint_of(model)
    except KeyMissing:
        endpoint = None
    end_reading()
    supports_tools = price_known = None
    if endpoint is None:
        outcome = llm.Check(False, "The stored key cannot be opened any more. Enter it again.", 0)
    else:
        client = llm.for_endpoint(endpoint)
        outcome = client.check(endpoint, seconds)
        left = BOTH_SECONDS - (time.monotonic() - began)
        if outcome.success and left > 1:
            supports_tools = client.check_tools(endpoint, min(seconds, left))
        if outcome.success:
            price_known = client.price(endpoint) is not None
    with transaction():
        present = lock(AiModel, model_id)
        # Do not store the outcome when the model was changed during the test.
        if present is not None and endpoint in (None, _endpoint_or_none(present)):
            present.last_test = {
                "ok": outcome.success,
                "message": outcome.message,
                "latency_ms": outcome.latency_ms,
                "at": iso(clock.now()),
                "price_known": price_known,
            }
            if outcome.success:
                cooldown.lift(present)
            if supports_tools is not None:
                present.supports_tools = supports_tools
    return _serialize(outcome)


def _endpoint_or_none(model: AiModel) -> llm.Endpoint | None:
    try:
        return endpoint_of(model)
    except KeyMissing:
        return None


def _serialize(outcome: llm.Check) -> dict[str, Any]:
    return {"success": outcome.success, "message": outcome.message, "latency_ms": outcome.latency_ms}

"""Errors of LiteLLM's proxy as messages for users. The bodies are those of version 1.106."""

import pytest

from helix.models.vocabulary import FailureReason as Reason
from tests.llm.conftest import failure_of

# status, message, code; then reason, healable, and what the sentence has to hold
ANSWERS = [
    (
        400,
        "/chat/completions: Invalid model name passed in model=nosuch. Call `/v1/models` to view available models",
        None,
        Reason.MODEL_UNKNOWN,
        False,
        "does not know the model",
    ),
    (400, "No connected db.", "no_db_connection", Reason.KEY_REFUSED, False, "master key"),
    (
        400,
        "Budget has been exceeded! Current cost: 1.2, Max budget: 1.0",
        "budget_exceeded",
        Reason.KEY_REFUSED,
        False,
        "budget of this key",
    ),
    (429, "ExceededBudget: Team=x over 1d budget", None, Reason.KEY_REFUSED, False, "budget of this key"),
    (
        429,
        "No deployments available for selected model, Try again in 60 seconds. Passed model=x",
        None,
        Reason.PROVIDER_ERROR,
        True,
        "no server free",
    ),
    (
        401,
        "key not allowed to access model. This key can only access models=['a'].",
        "key_model_access_denied",
        Reason.KEY_REFUSED,
        False,
        "may not use the model",
    ),
    (
        401,
        "Authentication Error, Invalid proxy server token passed. Unable to find token in cache",
        "token_not_found_in_db",
        Reason.KEY_REFUSED,
        False,
        "refused the key",
    ),
    (429, "Max parallel request limit reached", None, Reason.RATE_LIMITED, True, "is reached"),
    (400, "Unsupported parameter: max_tokens", None, Reason.PROVIDER_ERROR, False, "rejected the request"),
]


@pytest.mark.parametrize(("status", "message", "code", "reason", "healable", "words"), ANSWERS)
def test_the_usual_answers_of_a_proxy_are_understood(endpoint, server, status, message, code, reason, healable, words):
    server.behave("proxied", lambda reply: reply.error(status, message, code))

    failure = failure_of(endpoint("proxied"))

    assert (failure.reason, failure.healable) == (reason, healable)
    assert words in failure.message


def test_the_wait_that_a_proxy_asks_for_in_words_is_handed_on(endpoint, server):
    message = "No deployments available for selected model, Try again in 60 seconds."
    server.behave("busy", lambda reply: reply.error(429, message))

    assert failure_of(endpoint("busy")).retry_after == 60

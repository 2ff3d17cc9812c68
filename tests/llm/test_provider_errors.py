"""Every kind of provider failure, over real HTTP, in the formats of OpenAI and Anthropic."""

import logging
import socket
import time
import traceback

import pytest

from helix import llm
from helix.models.vocabulary import FailureReason as Reason
from tests.llm.conftest import KEY, failure_of
from tests.support.model_server import ModelServer

FAILURES = [
    # behaviour, reason, provider_wide, healable
    ("unauthorized", Reason.KEY_REFUSED, False, False),
    ("forbidden", Reason.KEY_REFUSED, False, False),
    ("not-found", Reason.MODEL_UNKNOWN, False, False),
    ("rate-limited", Reason.RATE_LIMITED, True, True),
    ("no-quota", Reason.KEY_REFUSED, True, False),
    ("payment-required", Reason.KEY_REFUSED, True, False),
    ("broken", Reason.PROVIDER_ERROR, True, True),
    ("broken:529", Reason.PROVIDER_ERROR, True, True),
    ("html", Reason.PROVIDER_ERROR, False, True),
    ("broken-json", Reason.PROVIDER_ERROR, False, True),
    ("cut", Reason.PROVIDER_ERROR, False, True),
    ("cut-politely", Reason.PROVIDER_ERROR, False, True),
    ("cut-with-done", Reason.PROVIDER_ERROR, False, True),
    ("empty", Reason.PROVIDER_ERROR, False, True),
    ("blank", Reason.PROVIDER_ERROR, False, True),
    ("huge", Reason.PROVIDER_ERROR, False, False),
    ("refusal", Reason.CONTENT_REFUSED, False, False),
    ("content-filter", Reason.CONTENT_REFUSED, False, False),
    ("content-policy", Reason.CONTENT_REFUSED, False, False),
    ("too-long", Reason.CONTEXT_TOO_LONG, False, False),
    ("bad-request", Reason.PROVIDER_ERROR, False, False),
    ("error-in-stream", Reason.PROVIDER_ERROR, True, True),
    ("strange-end", Reason.PROVIDER_ERROR, False, True),
    ("redirect", Reason.HOST_UNREACHABLE, False, False),
]


@pytest.mark.parametrize(("behaviour", "reason", "provider_wide", "healable"), FAILURES)
def test_each_failure_has_its_reason(behaviour, reason, provider_wide, healable, endpoint):
    failure = failure_of(endpoint(behaviour))

    assert (failure.reason, failure.provider_wide, failure.healable) == (reason, provider_wide, healable)


@pytest.mark.parametrize("behaviour", [row[0] for row in FAILURES])
def test_no_failure_tells_the_key_or_what_the_provider_wrote(behaviour, endpoint, caplog, capfd):
    caplog.set_level(logging.DEBUG)

    failure = failure_of(endpoint(behaviour))

    told = "".join(traceback.format_exception(failure)) + caplog.text + "".join(capfd.readouterr())
    for secret in (KEY, "secret-internals", "nginx", "safety system"):
        assert secret not in told
    assert failure.message.endswith(".")


@pytest.mark.parametrize("behaviour", ["broken:500", "rate-limited:1", "cut:once", "html:once", "empty:once"])
def test_a_failed_call_was_made_once(behaviour, endpoint, server):
    before = len(server.asked(behaviour))

    failure_of(endpoint(behaviour))

    assert len(server.asked(behaviour)) == before + 1


def test_the_wait_that_the_provider_asks_for_is_handed_on(endpoint):
    assert failure_of(endpoint("rate-limited")).retry_after is None
    assert failure_of(endpoint("rate-limited:7")).retry_after == 7
    assert 85 <= (failure_of(endpoint("rate-limited-until:90")).retry_after or 0) <= 90


@pytest.mark.parametrize("behaviour", ["silence", "slow:30", "drip", "slow-pieces:6"])
def test_the_time_limit_is_for_the_call_as_a_whole(behaviour, endpoint):
    started = time.monotonic()

    failure = failure_of(endpoint(behaviour), timeout_seconds=0.8)

    assert failure.reason is Reason.TIMED_OUT
    assert failure.healable
    assert time.monotonic() - started < 20  # the server would take 30 seconds and more


def test_a_refused_connection_is_a_host_that_cannot_be_reached(endpoint):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    failure = failure_of(endpoint("ok", base_url=f"http://127.0.0.1:{port}/v1"))

    assert (failure.reason, failure.provider_wide, failure.healable) == (Reason.HOST_UNREACHABLE, True, True)


def test_a_name_that_nobody_knows_is_a_host_that_cannot_be_reached(endpoint):
    failure = failure_of(endpoint("ok", base_url="http://no-such-host.invalid/v1"))

    assert failure.reason is Reason.HOST_UNREACHABLE
    assert "no-such-host.invalid" in failure.message


@pytest.mark.parametrize("base_url", ["ftp://127.0.0.1/v1", "http://", "nonsense"])
def test_an_address_that_is_none_is_told_as_such(base_url, endpoint):
    failure = failure_of(endpoint("ok", base_url=base_url))

    assert (failure.reason, failure.healable) == (Reason.HOST_UNREACHABLE, False)


def test_a_private_address_is_refused_unless_allowed(endpoint, server):
    failure = failure_of(endpoint("ok:private", allow_private_addresses=False))

    assert (failure.reason, failure.healable) == (Reason.HOST_UNREACHABLE, False)
    assert "private addresses are not allowed" in failure.message
    assert server.asked("ok:private") == []


def test_a_metadata_address_is_refused_even_where_private_ones_are_allowed(endpoint):
    failure = failure_of(endpoint("ok", base_url="http://169.254.169.254/v1"))

    assert (failure.reason, failure.healable) == (Reason.HOST_UNREACHABLE, False)


def test_a_redirect_is_not_followed(endpoint):
    with ModelServer() as inner:
        failure_of(endpoint(f"redirect:{inner.port}"))

        assert inner.requests == []


def test_a_key_with_a_line_break_is_refused_without_telling_it(endpoint):
    failure = failure_of(endpoint("ok", api_key="sk-canary\nsk"))

    assert failure.reason is Reason.KEY_REFUSED
    assert "canary" not in "".join(traceback.format_exception(failure))


def test_a_custom_model_without_an_address_is_told_as_such():
    failure = failure_of(llm.Endpoint("custom", "ok"))

    assert failure.reason is Reason.HOST_UNREACHABLE
    assert not failure.healable


def test_a_provider_that_needs_a_key_and_has_none_is_told_as_such(server, monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)

    failure = failure_of(llm.Endpoint("anthropic", "claude-sonnet-4-5"))

    assert failure.reason is Reason.KEY_REFUSED


def test_a_provider_that_does_not_exist_is_told_as_such(server):
    failure = failure_of(llm.Endpoint("nonsense", "ok", server.openai_url, KEY, allow_private_addresses=True))

    assert failure.reason is Reason.MODEL_UNKNOWN

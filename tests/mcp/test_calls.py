"""Calls of tools, over stdio and HTTP, to servers of both generations of the protocol that may misbehave."""

import time

import pytest

from helix import mcp


def text(result) -> str:
    assert isinstance(result, mcp.CallResult)
    return result.text


def test_a_call_returns_the_text_of_the_result(nasty, sessions):
    server = nasty()

    results = [sessions.call(server, "echo", {"text": words}) for words in ("Hello", "again")]

    assert results == [mcp.CallResult("Hello"), mcp.CallResult("again")]


def test_nothing_is_opened_before_the_first_call(nasty, sessions):
    nasty()

    assert sessions.running() == 0


def test_blocks_of_other_kinds_become_text_without_their_bytes(nasty, sessions):
    assert text(sessions.call(nasty(), "blocks", {})).splitlines() == [
        "One",
        "two",
        "[image was left out: image/png, 300 bytes]",
        "[audio was left out: audio/wav, 3 bytes]",
        "Inside a",
        "[file file:///b.bin was left out: unknown type, 3 bytes]",
        "c: https://example.com/c",
    ]


def test_structured_content_is_taken_when_there_is_no_text_and_errors_of_tools_are_marked(nasty, sessions):
    assert sessions.call(nasty(), "structured", {}) == mcp.CallResult('{"städte": ["Köln"]}', is_error=True)


def test_a_result_is_cut_at_its_limit_and_says_so(nasty, sessions):
    result = text(sessions.call(nasty(max_result_bytes=1000), "echo", {"text": "ä" * 1000}))

    assert result.startswith("ä" * 500 + "\n[The result was cut here: 2,000 bytes")


def test_secrets_of_the_server_are_masked_in_results_and_errors(nasty, sessions):
    secret = {"environment": {"SECRET": "canary-123456"}}
    if nasty.way == "http":
        secret = {"headers": {"Authorization": "Bearer canary-123456", "X-Api-Key": "canary-123456"}}
    server = nasty(**secret)

    shown = text(sessions.call(server, "secrets", {})), text(sessions.call(server, "complain_with_secrets", {}))

    assert all("[secret]" in words and "canary" not in words for words in shown)


def test_a_server_that_refuses_the_connection_does_not_show_its_secrets(nasty, sessions):
    secret = {"environment": {"SECRET": "canary-123456"}}
    if nasty.way == "http":
        secret = {"headers": {"X-Api-Key": "canary-123456"}}

    with pytest.raises(mcp.McpFailed) as failed:
        sessions.call(nasty(start="refuse", **secret), "echo", {})

    assert "The server refused the connection: Not with" in str(failed.value)
    assert "[secret]" in str(failed.value)
    assert "canary" not in str(failed.value)


def test_an_error_of_the_protocol_is_an_error_for_the_model(nasty, sessions):
    server = nasty()

    result = sessions.call(server, "nonsense", {})

    assert result == mcp.CallResult("The server refused the call: Unknown tool: nonsense", is_error=True)
    assert sessions.call(server, "echo", {"text": "Still here"}) == mcp.CallResult("Still here")


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("slow", {}, "The server did not answer within 2 seconds."),
        ("huge", {"size": 5_000_000}, "The answer is larger than 4,000,000 bytes."),
        ("without_end", {}, "The answer is larger than 4,000,000 bytes."),
        ("garbage", {}, "The server's answer does not follow the protocol"),
        ("flood_requests", {}, "The server sent more than 200 requests of its own."),
    ],
)
def test_a_call_that_fails_after_it_was_sent_is_uncertain_and_says_why(nasty, sessions, tool, arguments, words):
    server = nasty(timeout_seconds=2) if tool == "slow" else nasty()
    sessions.call(server, "echo", {})

    with pytest.raises(mcp.McpFailed) as failed:
        sessions.call(server, tool, arguments)

    assert words in str(failed.value)
    assert failed.value.is_uncertain


@pytest.mark.parametrize("tool", ["die", "die_in_answer"])
def test_a_server_that_dies_in_the_middle_of_a_call_leaves_it_uncertain(nasty, sessions, tool):
    server = nasty()

    with pytest.raises(mcp.McpFailed) as failed:
        sessions.call(server, tool, {})

    expected = " ended with 7." if nasty.way == "stdio" else "connection"
    assert expected in str(failed.value)
    assert failed.value.is_uncertain


def test_after_a_failure_the_next_call_connects_again(nasty, sessions):
    server = nasty()
    with pytest.raises(mcp.McpFailed):
        sessions.call(server, "die", {})

    assert text(sessions.call(server, "echo", {"text": "Back"})) == "Back"


@pytest.mark.parametrize("start", ["never", "garbage"])
def test_a_server_that_never_begins_is_given_up_and_the_call_is_certain(nasty, sessions, start):
    server = nasty(start=start, timeout_seconds=2)

    with pytest.raises(mcp.McpFailed) as failed:
        sessions.call(server, "echo", {})

    assert not failed.value.is_uncertain
    assert "The server" in str(failed.value)


def test_a_server_of_an_unknown_protocol_is_refused(nasty_http, sessions):
    from tests.mcp.conftest import at

    with pytest.raises(mcp.McpFailed, match="Unsupported protocol version from the server: 1999-01-01"):
        sessions.call(at(nasty_http(start="old")), "echo", {})


def test_notifications_are_dropped(nasty, sessions):
    assert text(sessions.call(nasty(), "flood_notifications", {"count": 3000})) == "Flooded."


def test_a_call_that_is_late_ends_in_time(nasty, sessions):
    server = nasty(timeout_seconds=1)
    sessions.call(server, "echo", {})
    began = time.monotonic()

    with pytest.raises(mcp.McpFailed):
        sessions.call(server, "slow", {})

    assert time.monotonic() - began < 10

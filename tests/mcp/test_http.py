"""Servers with an address: what is connected to, where secrets go, and what their HTTP answers mean."""

import ipaddress
import json
import time

import pytest

from helix import mcp
from tests.mcp.conftest import at
from tests.support.certificates import server_context
from tests.support.nasty_mcp_server import NEW, OLD, QUESTION

SECRET = {"Authorization": "Bearer canary-123456"}


def fails(server: mcp.HttpServer, sessions: mcp.Sessions) -> mcp.McpFailed:
    with pytest.raises(mcp.McpFailed) as failed:
        sessions.call(server, "echo", {})
    return failed.value


@pytest.mark.parametrize(
    ("url", "allow_private", "words"),
    [
        ("http://127.0.0.1:{port}/mcp", False, "private addresses are not allowed"),
        ("http://localhost:{port}/mcp", False, "private addresses are not allowed"),
        ("http://169.254.169.254/mcp", True, "link-local and metadata addresses are never connected to"),
        ("http://[::ffff:169.254.169.254]/mcp", True, "link-local and metadata addresses are never connected to"),
    ],
)
def test_addresses_are_judged_by_the_rules_of_all_outgoing_requests(nasty_http, sessions, url, allow_private, words):
    server = nasty_http()

    failed = fails(mcp.HttpServer("x", url.format(port=server.port), SECRET, allow_private=allow_private), sessions)

    assert words in str(failed)
    assert not failed.is_uncertain
    assert server.requests == []


def test_a_name_is_resolved_once_and_all_its_addresses_are_checked(nasty_http, sessions, monkeypatch):
    server = nasty_http()
    answers = [["127.0.0.1"], ["169.254.169.254", "127.0.0.1"]]
    asked = []

    def resolve(host, port):
        asked.append(host)
        return [ipaddress.ip_address(address) for address in answers[min(len(asked), 2) - 1]]

    monkeypatch.setattr("helix.mcp.guarded_http.resolve", resolve)
    with_name = mcp.HttpServer("x", f"http://rebinding.example:{server.port}/mcp", allow_private=True)

    failed = fails(with_name, sessions)

    assert "link-local and metadata addresses are never connected to" in str(failed)
    # Each stream of the nasty server ends with its connection: the first was to the address that was checked.
    assert len(server.requests) == 1
    assert asked == ["rebinding.example", "rebinding.example"]


@pytest.mark.parametrize("status", [301, 307, 308])
def test_redirects_are_not_followed_and_secrets_go_to_their_server_only(nasty_http, sessions, status):
    other, server = nasty_http(), nasty_http()
    server.override = lambda handler, message: handler.empty(status, Location=other.url) or True

    failed = fails(at(server, headers=SECRET), sessions)

    assert "Redirects are not followed: enter the final one." in str(failed)
    assert other.requests == []


def test_a_redirect_on_the_same_server_is_not_followed_either(nasty_http, sessions):
    server = nasty_http()
    server.override = lambda handler, message: handler.path == "/mcp" and (handler.empty(307, Location="/mcp/") or True)

    assert "Redirects are not followed" in str(fails(at(server), sessions))


@pytest.mark.parametrize("protocol", [OLD, NEW])
def test_a_new_secret_is_used_in_the_session_that_is_open(nasty_http, sessions, protocol):
    server = nasty_http(protocol=protocol)
    sessions.call(at(server, headers=SECRET), "echo", {})

    result = sessions.call(at(server, headers={"Authorization": "Bearer new-secret-1"}), "secrets", {})

    assert result == mcp.CallResult('{"authorization": "[secret]"}')
    assert {headers["authorization"] for _, _, headers in server.requests} == {
        "Bearer canary-123456",
        "Bearer new-secret-1",
    }
    assert server.server.methods.count("initialize") == (protocol == OLD)


def test_a_certificate_that_nobody_vouches_for_is_refused_in_words(nasty_http, sessions, tmp_path):
    context, _ = server_context(tmp_path)

    failed = fails(at(nasty_http(tls=context)), sessions)

    assert str(failed) == "The certificate of 127.0.0.1 is not valid: self-signed certificate."


def test_a_server_that_is_away_is_named(sessions):
    assert str(fails(mcp.HttpServer("x", "http://127.0.0.1:1/mcp", allow_private=True), sessions)) == (
        "127.0.0.1 could not be connected to."
    )
    assert str(fails(mcp.HttpServer("x", "http://no-such-name.invalid/mcp"), sessions)) == (
        "no-such-name.invalid was not found."
    )


def test_a_server_that_wants_authorization_says_where_to_get_it(nasty_http, sessions):
    server = nasty_http()
    challenge = 'Bearer error="invalid_token", resource_metadata="https://a.example/.well-known/x", scope="read write"'
    server.override = lambda handler, message: handler.empty(401, WWW_Authenticate=challenge) or True

    failed = fails(at(server), sessions)

    assert isinstance(failed, mcp.AuthorizationRequired)
    assert (failed.resource_metadata, failed.scope) == ("https://a.example/.well-known/x", "read write")
    assert not failed.is_uncertain


@pytest.mark.parametrize("protocol", [OLD, NEW])
def test_a_token_that_expires_in_a_session_leaves_the_call_certain(nasty_http, sessions, protocol):
    server = nasty_http(protocol=protocol)
    sessions.call(at(server), "echo", {})
    server.override = lambda handler, message: handler.empty(401) or True

    failed = fails(at(server), sessions)
    server.override = lambda handler, message: False

    assert isinstance(failed, mcp.AuthorizationRequired)
    assert not failed.is_uncertain
    assert sessions.call(at(server), "echo", {"text": "Back"}) == mcp.CallResult("Back")


def test_a_token_with_too_few_rights_says_which(nasty_http, sessions):
    server = nasty_http()
    challenge = 'Bearer error="insufficient_scope", scope="admin"'
    server.override = lambda handler, message: handler.empty(403, WWW_Authenticate=challenge) or True

    failed = fails(at(server), sessions)

    assert isinstance(failed, mcp.AuthorizationRequired)
    assert failed.scope == "admin"


@pytest.mark.parametrize("protocol", [OLD, NEW])
@pytest.mark.parametrize(("status", "is_uncertain"), [(500, True), (502, True), (403, False), (429, False)])
def test_the_status_of_a_call_decides_whether_it_may_have_been_executed(
    nasty_http, sessions, protocol, status, is_uncertain
):
    server = nasty_http(protocol=protocol)
    sessions.call(at(server), "echo", {})
    server.override = lambda handler, message: message.get("method") == "tools/call" and (handler.empty(status) or True)

    failed = fails(at(server), sessions)

    assert str(failed) == f"The server answered with the status {status}."
    assert failed.is_uncertain is is_uncertain


def test_before_a_call_was_sent_nothing_is_uncertain(nasty_http, sessions):
    server = nasty_http()
    server.override = lambda handler, message: handler.empty(500) or True

    assert not fails(at(server), sessions).is_uncertain


def test_a_session_that_the_server_forgot_is_begun_again(nasty_http, sessions):
    server = nasty_http(protocol=OLD)
    sessions.call(at(server), "echo", {})
    forgotten = []

    def forget(handler, message):
        if message.get("method") == "tools/call" and not forgotten:
            forgotten.append(message)
            handler.empty(404)
            return True
        return False

    server.override = forget

    assert sessions.call(at(server), "echo", {"text": "Again"}) == mcp.CallResult("Again")
    assert server.server.methods.count("initialize") == 2
    assert len(server.server.calls) == 2


def test_a_session_that_is_always_forgotten_fails(nasty_http, sessions):
    server = nasty_http(protocol=OLD)
    sessions.call(at(server), "echo", {})
    server.override = lambda handler, message: message.get("method") == "tools/call" and (handler.empty(404) or True)

    failed = fails(at(server), sessions)

    assert not failed.is_uncertain


def test_arguments_that_a_server_wants_in_headers_are_sent_there_once_it_says_so(nasty_http, sessions):
    server = nasty_http(protocol=NEW, tools="headers")

    def insist(handler, message):
        if message.get("method") != "tools/call" or handler.headers.get("Mcp-Param-Region") == "eu":
            return False
        error = {"jsonrpc": "2.0", "id": message["id"], "error": {"code": -32020, "message": "Header mismatch"}}
        body = json.dumps(error).encode()
        handler.send_response(400)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
        return True

    server.override = insist

    result = sessions.call(at(server), "echo", {"text": "Routed", "region": "eu"})

    assert result == mcp.CallResult("Routed")


def test_a_header_that_is_none_is_named(nasty_http, sessions):
    failed = fails(at(nasty_http(), headers={"X-Api-Key": "two\nlines"}), sessions)

    assert "a header of this source holds what no header may" in str(failed)


def test_an_ordinary_page_is_not_taken_for_a_server(nasty_http, sessions):
    server = nasty_http()

    def page(handler, message):
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Length", "6")
        handler.end_headers()
        handler.wfile.write(b"<html>")
        return True

    server.override = page

    assert "The address does not speak MCP: it answered with text/html." in str(fails(at(server), sessions))


def test_json_that_is_none_fails_in_words(nasty_http, sessions):
    server = nasty_http()

    def broken(handler, message):
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", "9")
        handler.end_headers()
        handler.wfile.write(b'{"jsonrpc')
        return True

    sessions.call(at(server), "echo", {})
    server.override = broken
    failed = fails(at(server), sessions)

    assert str(failed) == "The server's answer could not be read."
    assert failed.is_uncertain


def test_a_compressed_answer_is_refused_since_its_size_is_unknown(nasty_http, sessions):
    server = nasty_http()

    def compressed(handler, message):
        handler.empty(200, Content_Type="application/json", Content_Encoding="gzip")
        return True

    server.override = compressed

    assert "compresses its answer" in str(fails(at(server), sessions))
    assert {headers["accept-encoding"] for _, _, headers in server.requests} == {"identity"}


def test_a_server_that_accepts_and_does_not_answer_fails_in_words(nasty_http, sessions):
    server = nasty_http()
    server.override = lambda handler, message: handler.empty(202) or True

    failed = fails(at(server), sessions)

    assert str(failed) == "The address does not speak MCP: it answered with no type of content."


def test_streams_that_end_at_once_are_not_opened_for_ever(nasty_http, sessions):
    server = nasty_http(protocol=OLD)

    def ending(handler, message):
        if handler.command != "GET":
            return False
        body = b"retry: 0\nid: 1\ndata:\n\n"
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
        return True

    server.override = ending
    sessions.call(at(server), "echo", {})
    time.sleep(1)
    sessions.call(at(server), "echo", {})

    assert 1 <= sum(method == "GET" for method, _, _ in server.requests) <= 20


def test_a_session_is_ended_at_the_server(nasty_http, sessions):
    server = nasty_http(protocol=OLD)
    sessions.call(at(server), "echo", {})

    sessions.close()

    assert ("DELETE", "session-1") in [
        (method, headers.get("mcp-session-id")) for method, _, headers in server.requests
    ]


def test_a_question_on_a_stream_of_its_own_is_asked_too(nasty_http, sessions):
    """As servers do that are made with the SDK for TypeScript."""
    server = nasty_http(protocol=OLD)

    def aside(handler, message):
        if message.get("method") == "tools/call":
            time.sleep(20)
            return True
        if handler.command == "GET":
            handler.send_response(200)
            handler.send_header("Content-Type", "text/event-stream")
            handler.end_headers()
            question = {"jsonrpc": "2.0", "id": "q", "method": "elicitation/create", "params": QUESTION}
            for _ in range(100):
                if any(path for method, path, _ in server.requests if method == "POST"):
                    time.sleep(0.5)
                    break
            handler.wfile.write(b"data: " + json.dumps(question).encode() + b"\n\n")
            handler.wfile.flush()
            time.sleep(5)
            return True
        return False

    server.override = aside

    result = sessions.call(at(server, timeout_seconds=10), "ask", {})

    assert isinstance(result, mcp.Elicitation)
    assert result.message == "Who is it for?"

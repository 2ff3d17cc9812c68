"""A server that asks a person in the middle of a call (elicitation)."""

import json

import pytest

from helix import mcp
from tests.mcp.conftest import at, program
from tests.support.nasty_mcp_server import NAME_SCHEMA, NEW, OLD, QUESTION
from tests.support.waiting import wait_for

HELEN = {"action": "accept", "content": {"name": "Helen"}}
BOB = {"action": "accept", "content": {"name": "Bob"}}
NOBODY = {"action": "decline"}


def asked(result) -> mcp.Elicitation:
    assert isinstance(result, mcp.Elicitation), result
    return result


def kept(state: dict) -> dict:
    """The state as it comes back from the database."""
    return json.loads(json.dumps(state))


def test_a_question_ends_the_call_with_what_is_to_be_asked(nasty, sessions):
    question = asked(sessions.call(nasty(), "ask", {}))

    assert (question.message, question.schema) == ("Who is it for?", NAME_SCHEMA)


@pytest.mark.parametrize("answer", [HELEN, NOBODY])
def test_the_answer_of_a_person_reaches_the_server_from_another_process_days_later(nasty, sessions, limits, answer):
    server = nasty()
    question = asked(sessions.call(server, "ask", {}))
    sessions.close()

    with mcp.Sessions(limits) as later:
        result = later.call(server, "ask", {}, state=kept(question.state), answer=answer)

    assert isinstance(result, mcp.CallResult)
    assert json.loads(result.text.removeprefix("For ")).items() >= answer.items()


def test_each_question_of_a_call_is_asked_once(nasty, sessions):
    server = nasty()

    first = asked(sessions.call(server, "ask_twice", {}))
    second = asked(sessions.call(server, "ask_twice", {}, state=kept(first.state), answer=HELEN))
    result = sessions.call(server, "ask_twice", {}, state=kept(second.state), answer=BOB)

    assert [first.message, second.message] == ["Who is it for?", "And the other one?"]
    assert isinstance(result, mcp.CallResult)
    assert [one["content"]["name"] for one in json.loads(result.text.removeprefix("For "))] == ["Helen", "Bob"]


def test_a_server_that_asks_for_ever_is_given_up(nasty, sessions):
    server = nasty()
    result = asked(sessions.call(server, "ask_for_ever", {}))
    for _ in range(4):
        result = asked(sessions.call(server, "ask_for_ever", {}, state=kept(result.state), answer=HELEN))

    with pytest.raises(mcp.McpFailed, match="more than 5 questions") as failed:
        sessions.call(server, "ask_for_ever", {}, state=kept(result.state), answer=HELEN)

    assert not failed.value.is_uncertain


def test_an_address_to_open_is_declined_and_the_result_says_so(nasty, sessions):
    result = sessions.call(nasty(), "ask_to_open_an_address", {})

    assert isinstance(result, mcp.CallResult)
    assert '"decline"' in result.text
    assert result.text.endswith("wanted a person to open an address. That was declined: it is not supported.]")


@pytest.mark.parametrize(
    "schema", [{"type": "object", "properties": {"a": {"type": "string", "description": "x" * 20_000}}}]
)
def test_a_question_that_cannot_be_shown_is_declined(nasty, sessions, schema):
    result = sessions.call(nasty(), "ask", {"question": QUESTION | {"requestedSchema": schema}})

    assert isinstance(result, mcp.CallResult)
    assert '"decline"' in result.text
    assert "cannot be shown as a form" in result.text


def test_questions_are_cleaned_and_hold_no_secret_of_the_server(nasty, sessions):
    message = "Is it canary-123456?\x07" + "?" * 5000
    secret = {"environment": {"SECRET": "canary-123456"}}
    if nasty.way == "http":
        secret = {"headers": {"X-Api-Key": "canary-123456"}}

    question = asked(sessions.call(nasty(**secret), "ask", {"question": QUESTION | {"message": message}}))

    assert question.message.startswith("Is it [secret]????")
    assert len(question.message) == 2000


def test_models_and_folders_are_not_lent_to_servers_of_2025(sessions):
    result = sessions.call(program(), "ask_a_model", {})

    assert isinstance(result, mcp.CallResult)
    assert [one["error"]["message"] for one in json.loads(result.text)] == [
        "Sampling not supported",
        "List roots not supported",
    ]


def test_models_are_not_lent_to_servers_of_2026(sessions):
    with pytest.raises(mcp.McpFailed, match="wants a model's answer or folders") as failed:
        sessions.call(program("--protocol", NEW), "ask_a_model", {})

    assert not failed.value.is_uncertain


def test_a_server_of_2026_may_want_to_be_called_again_without_a_question(sessions):
    assert sessions.call(program("--protocol", NEW), "wait_with_state", {}) == mcp.CallResult("Waited.")


def test_a_server_that_changed_its_protocol_meanwhile_is_not_sent_the_answer(sessions, nasty_http):
    question = asked(sessions.call(at(nasty_http(protocol=NEW)), "ask", {}))
    sessions.close()

    with pytest.raises(mcp.McpFailed, match="another version of the protocol"):
        sessions.call(at(nasty_http(protocol=OLD)), "ask", {}, state=kept(question.state), answer=HELEN)


def test_nothing_follows_a_question_of_a_server_of_2025_that_nobody_answered(sessions, nasty_http):
    """It is called again from the start, so it must not have gone on."""
    nasty = nasty_http(protocol=OLD)

    asked(sessions.call(at(nasty), "ask", {}))

    assert [name for name, _ in nasty.server.calls] == ["ask"]
    wait_for(lambda: "notifications/cancelled" in nasty.notified, 5)

"""Anthropic keeps a prompt in its cache up to marks in it; the others are sent none. Real litellm, real HTTP."""

import json

import pytest

from helix import llm
from tests.llm.conftest import KEY
from tests.support import tool_streams
from tests.support.tool_streams import replay

MARK = {"type": "ephemeral"}
TOOLS = [
    llm.ToolDefinition(name, f"Tells the {name}.", {"type": "object", "properties": {}}) for name in ("time", "weather")
]
FIRST = [llm.Message("system", "You are Sierra."), llm.Message("user", "How is it?")]


@pytest.fixture
def ask(server):
    def _ask(provider, messages, tools=TOOLS, *, name="cached", **usage):
        calls = provider == "anthropic" and tools
        server.behave(name, replay(tool_streams.anthropic("weather", {}, **usage)) if calls else said)
        url = server.url if provider == "anthropic" else server.openai_url
        endpoint = llm.Endpoint(provider, name, url, KEY, allow_private_addresses=True)
        answer = llm.for_endpoint(endpoint).complete(
            endpoint, messages, tools=tools, max_tokens=100, timeout_seconds=10
        )
        return answer, server.asked(name)[-1].body

    return _ask


def said(reply):
    reply.open()
    reply.piece("Cold.")
    reply.finish()


def continued(messages, answer, *results):
    assistant = llm.Message("assistant", answer.text, answer.tool_calls, body=answer.body)
    return [
        *messages,
        assistant,
        *(llm.Message("tool", text, tool_call_id=answer.tool_calls[0].id) for text in results),
    ]


def marked(body):
    """Where the marks are: the texts of the blocks, and the names of the tools."""
    blocks = [block for message in body["messages"] for block in message["content"] if isinstance(block, dict)]
    found = [*body["tools"], *body["system"], *blocks]
    return [one.get("name") or one.get("text") or one.get("content") for one in found if "cache_control" in one]


def unmarked(value):
    if isinstance(value, dict):
        return {name: unmarked(item) for name, item in value.items() if name != "cache_control"}
    return [unmarked(item) for item in value] if isinstance(value, list) else value


def test_the_tools_the_instructions_and_the_end_of_each_turn_are_marked(ask):
    answer, first = ask("anthropic", FIRST, text="Let me see.")
    second_messages = continued(FIRST, answer, "12 degrees")
    again, second = ask("anthropic", second_messages)
    _answer, third = ask("anthropic", continued(second_messages, again, "Rain"))

    assert marked(first) == ["weather", "You are Sierra.", "How is it?"]
    assert marked(second) == ["weather", "You are Sierra.", "How is it?", "12 degrees"]
    assert marked(third) == ["weather", "You are Sierra.", "12 degrees", "Rain"]
    assert json.dumps(first).count("cache_control") == 3
    assert json.dumps(third).count("cache_control") == 4


def test_each_request_begins_with_what_the_one_before_it_was(ask):
    answer, first = ask("anthropic", FIRST, text="Let me see.")
    _answer, second = ask("anthropic", continued(FIRST, answer, "12 degrees"))

    assert json.dumps([second["tools"], second["system"]]) == json.dumps([first["tools"], first["system"]])
    whole, begun = json.dumps(unmarked(second["messages"])), json.dumps(unmarked(first["messages"]))
    assert whole.startswith(begun[:-1])


def test_an_empty_message_is_not_marked(ask):
    answer, _body = ask("anthropic", FIRST)
    _answer, body = ask("anthropic", continued(FIRST, answer, ""))

    assert marked(body) == ["weather", "You are Sierra.", "How is it?"]


def test_without_tools_there_is_one_call_and_nothing_to_keep(ask):
    _answer, body = ask("anthropic", FIRST, tools=())

    assert "cache_control" not in json.dumps(body)


def test_other_providers_are_sent_no_marks(ask):
    _answer, body = ask("openai", FIRST)

    assert "cache_control" not in json.dumps(body)


def test_what_is_read_from_the_cache_and_put_there_is_priced_by_the_table(ask):
    plain, _body = ask("anthropic", FIRST, name="claude-sonnet-4-5")
    answer, _body = ask("anthropic", FIRST, name="claude-sonnet-4-5", cached=8, written=10)

    assert (plain.input_tokens, plain.cached_tokens) == (12, 0)
    assert (answer.input_tokens, answer.cached_tokens) == (30, 8)
    endpoint = llm.Endpoint("anthropic", "claude-sonnet-4-5")
    price = llm.for_endpoint(endpoint).price(endpoint)
    assert price.cached_per_million < price.input_per_million < price.written_per_million
    assert answer.cost_usd - plain.cost_usd == price.cost(18, 0, 8, 10)

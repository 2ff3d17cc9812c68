"""Tool calls in the formats of the providers, over real HTTP with real litellm."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helix import llm
from helix.llm.answer_message import AnswerMessage
from helix.models.vocabulary import FailureReason as Reason
from tests.llm.conftest import KEY, PROMPT
from tests.support import tool_streams
from tests.support.tool_streams import call_begins, call_goes_on, chunk, replay

WEATHER = llm.ToolDefinition(
    "get_weather",
    "The weather of a city.",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)
OSLO = {"city": "Oslo"}
PATHS = {"gemini": "/v1beta", "ollama": "", "anthropic": ""}
SIGNATURE = "c2lnbmVkIHJlYXNvbmluZw=="


@pytest.fixture
def model(server):
    """`model(name, events)`: an endpoint whose server answers with these events."""

    def _model(name, events, provider="custom", *, cut=False, **changes):
        server.behave(name, events if callable(events) else replay(events, cut=cut))
        options = {
            "base_url": server.url + PATHS.get(provider, "/v1"),
            "api_key": KEY,
            "allow_private_addresses": True,
        } | changes
        return llm.Endpoint(provider, name, **options)

    return _model


def ask(endpoint, messages=PROMPT, tools=(WEATHER,), **options):
    options = {"max_tokens": 200, "timeout_seconds": 10} | options
    return llm.for_endpoint(endpoint).complete(endpoint, messages, tools=tools, **options)


def failure_of(endpoint, **options):
    with pytest.raises(llm.ModelFailure) as caught:
        ask(endpoint, **options)
    return caught.value


def made(answer):
    return [(call.name, json.loads(call.arguments)) for call in answer.tool_calls]


def conversation(answer, result="12 degrees"):
    results = [llm.Message("tool", result, tool_call_id=call.id) for call in answer.tool_calls]
    assistant = llm.Message("assistant", answer.text, answer.tool_calls, body=answer.body)
    return [*PROMPT, assistant, *results]


def say_cold(reply):
    reply.open()
    reply.piece("Cold.")
    reply.finish()


def second_turn(server, endpoint, answer, result="12 degrees"):
    """Send the answer and the results of its calls, and return the request that the provider got."""
    server.behave(endpoint.model_name, say_cold)
    assert ask(endpoint, conversation(answer, result)).text == "Cold."
    return server.asked(endpoint.model_name)[-1].body


# One format after the other


def test_two_parallel_calls_of_openai_with_arguments_in_fragments(model, server):
    usage = {"prompt_tokens": 20, "completion_tokens": 9, "total_tokens": 29}
    events = tool_streams.openai([("get_weather", OSLO), ("get_weather", {"city": 'Zürich "x"'})], usage=usage)
    endpoint = model("openai-two", events, "openai")

    answer = ask(endpoint)

    assert (answer.text, answer.finish_reason) == ("", "tool_calls")
    assert made(answer) == [("get_weather", OSLO), ("get_weather", {"city": 'Zürich "x"'})]
    assert [call.id for call in answer.tool_calls] == ["call_get_weather_0", "call_get_weather_1"]
    assert (answer.input_tokens, answer.output_tokens, answer.estimated) == (20, 9, False)
    sent = server.asked("openai-two")[-1].body
    assert sent["tools"] == [
        {
            "type": "function",
            "function": {
                "name": "get_weather",
                "description": "The weather of a city.",
                "parameters": WEATHER.parameters,
            },
        }
    ]
    body = second_turn(server, endpoint, answer)
    assert body["messages"][2] == answer.body
    assert "content" not in body["messages"][2]
    assert [(one["role"], one["tool_call_id"]) for one in body["messages"][3:]] == [
        ("tool", "call_get_weather_0"),
        ("tool", "call_get_weather_1"),
    ]


def test_anthropics_reasoning_and_call_go_back_as_they_came(model, server):
    events = tool_streams.anthropic(
        "get_weather", OSLO, thinking="Where is it?", signature=SIGNATURE, text="I look it up.", cached=8
    )
    endpoint = model("claude", events, "anthropic")
    pieces = []

    answer = ask(endpoint, on_text=pieces.append)

    assert (answer.text, answer.thoughts, answer.finish_reason) == ("I look it up.", "Where is it?", "tool_calls")
    assert pieces == ["I look it up."]
    assert made(answer) == [("get_weather", OSLO)]
    assert (answer.input_tokens, answer.cached_tokens) == (20, 8)
    body = second_turn(server, endpoint, answer)
    assert body["messages"][1]["content"] == [
        {"type": "thinking", "thinking": "Where is it?", "signature": SIGNATURE},
        {"type": "text", "text": "I look it up."},
        {"type": "tool_use", "id": "toolu_01A", "name": "get_weather", "input": OSLO},
    ]
    assert body["messages"][2]["content"] == [
        {
            "type": "tool_result",
            "tool_use_id": "toolu_01A",
            "content": "12 degrees",
            "cache_control": {"type": "ephemeral"},
        }
    ]


def test_geminis_thought_signature_goes_back_with_its_call(model, server):
    endpoint = model("gemini-3-flash", tool_streams.gemini("get_weather", OSLO, signature=SIGNATURE), "gemini")

    answer = ask(endpoint)

    assert answer.finish_reason == "tool_calls"
    assert made(answer) == [("get_weather", OSLO)]
    assert SIGNATURE in answer.tool_calls[0].id
    body = second_turn(server, endpoint, answer)
    (part,) = body["contents"][1]["parts"]
    assert part["function_call"]["args"] == OSLO
    assert part["thoughtSignature"] == SIGNATURE


def test_ollamas_arguments_are_an_object_that_may_have_the_names_of_its_own_fields(model, server):
    arguments = {
        "error": "none",
        "refusal": "no",
        "finish_reason": "length",
        "stop_reason": "refusal",
        "max_tokens": "x",
    }
    calls = [("get_weather", arguments), ("get_weather", {}), ("get_weather", {"error": {"code": 500}})]
    endpoint = model("llama", tool_streams.ollama(*calls), "ollama")

    answer = ask(endpoint)

    assert answer.finish_reason == "tool_calls"
    assert made(answer) == calls
    assert len({call.id for call in answer.tool_calls}) == 3
    assert all(call.id for call in answer.tool_calls)
    body = second_turn(server, endpoint, answer)
    assert [call["function"]["arguments"] for call in body["messages"][2]["tool_calls"]] == [
        arguments for _, arguments in calls
    ]


def test_a_call_of_mistral_comes_in_one_piece(model, server):
    endpoint = model("mistral-small", tool_streams.mistral("get_weather", OSLO), "mistral")

    answer = ask(endpoint)

    assert made(answer) == [("get_weather", OSLO)]
    assert answer.tool_calls[0].id == "D681PevKs"
    body = second_turn(server, endpoint, answer)
    assert body["messages"][2]["tool_calls"][0]["id"] == "D681PevKs"
    assert body["messages"][3]["tool_call_id"] == "D681PevKs"


def test_an_id_that_mistral_would_refuse_is_replaced_in_call_and_result(model, server):
    endpoint = model("mistral-ids", say_cold, "mistral")
    call = llm.ToolCall("call_of_another_provider", "get_weather", json.dumps(OSLO))

    ask(endpoint, [*PROMPT, llm.Message("assistant", "", (call,)), llm.Message("tool", "12", tool_call_id=call.id)])

    assistant, result = server.asked("mistral-ids")[-1].body["messages"][-2:]
    assert len(result["tool_call_id"]) == 9
    assert assistant["tool_calls"][0]["id"] == result["tool_call_id"]


def test_a_model_that_litellm_sends_to_openais_responses_can_call_and_gets_its_reasoning_back(model, server):
    events = tool_streams.responses("get_weather", OSLO, encrypted="gAAAAencrypted")
    endpoint = model("gpt-5-codex", events, "openai")

    answer = ask(endpoint)

    assert server.asked("gpt-5-codex")[-1].path == "/v1/responses"
    assert answer.finish_reason == "tool_calls"
    assert made(answer) == [("get_weather", OSLO)]
    server.behave("gpt-5-codex", replay(tool_streams.responses("get_weather", OSLO, encrypted="more")))
    ask(endpoint, conversation(answer))
    sent = server.asked("gpt-5-codex")[-1].body["input"]
    reasoning = [item for item in sent if item.get("type") == "reasoning"]
    assert reasoning == [{"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAAencrypted"}]
    assert [item["call_id"] for item in sent if item.get("type") == "function_call_output"] == ["call_aB3"]


def test_deepseeks_reasoning_goes_back(server, model):
    events = [chunk({"role": "assistant", "reasoning_content": "Where is "}), chunk({"reasoning_content": "it?"})]
    events += tool_streams.openai([("get_weather", OSLO)])[1:]
    endpoint = model("reasons", events)

    answer = ask(endpoint)

    assert answer.thoughts == "Where is it?"
    assert second_turn(server, endpoint, answer)["messages"][2]["reasoning_content"] == "Where is it?"


def test_a_field_that_a_call_has_beside_those_of_openai_goes_back(model, server):
    signed = call_begins(0, "a", "get_weather", "{}")
    extra = {"google": {"thought_signature": SIGNATURE}}
    signed["choices"][0]["delta"]["tool_calls"][0]["extra_content"] = extra
    endpoint = model("gemini-as-openai", [signed, chunk({}, "tool_calls")])

    body = second_turn(server, endpoint, ask(endpoint))

    assert body["messages"][2]["tool_calls"][0]["extra_content"] == extra


def test_openrouters_blocks_of_reasoning_go_back_whole(model, server):
    blocks = [
        {"type": "reasoning.text", "index": 0, "text": "Where ", "format": "x"},
        {"type": "reasoning.text", "index": 0, "text": "is it?", "signature": None},
        {"type": "reasoning.text", "index": 0, "signature": SIGNATURE},
        {"type": "reasoning.encrypted", "index": 1, "data": "gAAAA"},
    ]
    events = [chunk({"role": "assistant", "reasoning": "hm ", "reasoning_details": [block]}) for block in blocks]
    endpoint = model("router", [*events, *tool_streams.openai([("get_weather", OSLO)])[1:]], "openrouter")

    answer = ask(endpoint)

    assert answer.thoughts == "hm hm hm hm"
    assert second_turn(server, endpoint, answer)["messages"][2]["reasoning_details"] == [
        {"type": "reasoning.text", "index": 0, "text": "Where is it?", "format": "x", "signature": SIGNATURE},
        blocks[3],
    ]


@pytest.mark.parametrize(
    ("provider", "name", "goes_back"),
    [
        ("custom", "reasoning_content", True),
        ("custom", "reasoning", True),
        ("groq", "reasoning", False),
        ("mistral", "reasoning_content", False),
    ],
)
def test_reasoning_goes_back_under_its_name_unless_the_provider_refuses_it(model, server, provider, name, goes_back):
    events = [chunk({"role": "assistant", name: "hm"}), *tool_streams.openai([("get_weather", OSLO)])[1:]]
    endpoint = model(f"thinks-{provider}-{name}", events, provider)

    answer = ask(endpoint)

    assert answer.thoughts == "hm"
    message = second_turn(server, endpoint, answer)["messages"][2]
    names = {"reasoning", "reasoning_content"} & message.keys()
    assert names == ({name} if goes_back else set())


def test_a_call_that_was_not_offered_is_not_in_the_message_that_goes_back(model):
    said, *_, done = tool_streams.ollama(("get_weather", OSLO))
    said["message"]["content"] = "It is cold."

    answer = ask(model("llama-text", [said, done], "ollama"), tools=())

    assert answer.body == {"role": "assistant", "content": "It is cold."}


# What deviates


@pytest.mark.parametrize("finish", ["stop", "tool_calls", "function_call"])
def test_a_call_is_a_call_whatever_the_finish_reason(model, finish):
    answer = ask(model(f"finish-{finish}", tool_streams.openai([("get_weather", OSLO)], finish=finish)))

    assert answer.finish_reason == "tool_calls"
    assert made(answer) == [("get_weather", OSLO)]


@pytest.mark.parametrize(
    "message",
    [
        {"tool_calls": [{"id": "a", "type": "function", "function": {"name": "get_weather", "arguments": OSLO}}]},
        {"tool_calls": [{"function": {"name": "get_weather", "arguments": json.dumps(OSLO)}}]},
        {"function_call": {"name": "get_weather", "arguments": json.dumps(OSLO)}},
    ],
)
def test_a_server_that_ignores_stream_can_call(model, message):
    said = {"role": "assistant", "content": None, **message}
    body = {"id": "1", "object": "chat.completion", "created": 1, "model": "m"}
    body["choices"] = [{"index": 0, "message": said, "finish_reason": "tool_calls"}]

    answer = ask(model("whole", lambda reply: reply.send(200, json.dumps(body).encode())))

    assert made(answer) == [("get_weather", OSLO)]
    assert answer.tool_calls[0].id


def test_two_calls_with_one_index_are_two_calls(model):
    events = [
        call_begins(0, "a", "get_weather", '{"city": '),
        call_goes_on(0, '"Oslo"}'),
        call_begins(0, "b", "get_weather", "{}"),
        chunk({}, "tool_calls"),
    ]

    assert made(ask(model("one-index", events))) == [("get_weather", OSLO), ("get_weather", {})]


@pytest.mark.parametrize("ids", ["aaa", "abc"])
def test_a_server_that_repeats_id_and_name_in_each_fragment_makes_one_call(model, ids):
    pieces = ["", '{"city": ', '"Oslo"}']
    events = [call_begins(0, name, "get_weather", piece) for name, piece in zip(ids, pieces, strict=True)]

    assert made(ask(model("repeats", [*events, chunk({}, "tool_calls")]))) == [("get_weather", OSLO)]


def test_a_missing_id_is_made_up_so_that_every_provider_accepts_it(model):
    answer = ask(model("no-id", [call_begins(0, None, "get_weather", "{}"), chunk({}, "tool_calls")]))

    (call,) = answer.tool_calls
    assert len(call.id) == 9
    assert call.id.isalnum()
    assert answer.body["tool_calls"][0]["id"] == call.id


@pytest.mark.parametrize("provider", ["custom", "anthropic", "gemini", "ollama"])
def test_missing_arguments_are_an_empty_object(model, server, provider):
    events = {
        "custom": [call_begins(0, "a", "get_weather"), chunk({}, "tool_calls")],
        "anthropic": tool_streams.anthropic("get_weather", {}),
        "gemini": tool_streams.gemini("get_weather", None, signature=SIGNATURE),
        "ollama": tool_streams.ollama(("get_weather", {})),
    }[provider]
    endpoint = model(f"no-arguments-{provider}", events, provider)

    answer = ask(endpoint)

    assert [(call.name, call.arguments) for call in answer.tool_calls] == [("get_weather", "{}")]
    second_turn(server, endpoint, answer)


def test_the_name_of_an_unknown_tool_is_passed_on(model):
    answer = ask(model("unknown-tool", tool_streams.openai([("launch_rocket", {})])))

    assert made(answer) == [("launch_rocket", {})]


@pytest.mark.parametrize("provider", ["custom", "anthropic", "gemini", "ollama"])
@pytest.mark.parametrize("arguments", ['{"city": Oslo]', '"Oslo"'])
def test_arguments_that_are_no_object_are_passed_on_and_go_back_in_one(model, server, provider, arguments):
    answer = ask(model("bad-json", [call_begins(0, "a", "get_weather", arguments), chunk({}, "tool_calls")]))

    assert answer.tool_calls[0].arguments == arguments
    assert "invalid_arguments" in answer.body["tool_calls"][0]["function"]["arguments"]
    second_turn(server, model(f"bad-json-{provider}", [], provider), answer)


def test_text_beside_a_call_streams_and_is_kept(model, server):
    pieces = []
    events = [chunk({"content": "I look "}), chunk({"content": "it up."})]
    endpoint = model("talks", [*events, *tool_streams.openai([("get_weather", OSLO)])])

    answer = ask(endpoint, on_text=pieces.append)

    assert answer.text == "I look it up." == "".join(pieces)
    assert second_turn(server, endpoint, answer)["messages"][2]["content"] == "I look it up."


def test_with_tools_an_answer_may_still_be_text(endpoint):
    answer = ask(endpoint("ok:with-tools"))

    assert (answer.finish_reason, answer.tool_calls) == ("stop", ())
    assert answer.body == {"role": "assistant", "content": answer.text}


def test_the_key_and_what_cannot_be_stored_are_not_in_a_call(model):
    text = json.dumps({"city": f"{KEY} \\u0000"}).replace("\\\\u0000", "\x00\ud83d")
    events = [call_begins(0, "a", "get_weather", text[:12]), call_goes_on(0, text[12:]), chunk({}, "tool_calls")]

    answer = ask(model("leaks", events))

    assert json.loads(answer.tool_calls[0].arguments) == {"city": "*** \N{REPLACEMENT CHARACTER}"}
    assert KEY not in str(answer.body)


# What is no call


@pytest.mark.parametrize("finish", [None, "length"])
def test_a_call_that_is_cut_in_the_middle_of_its_arguments_is_not_made(model, finish):
    events = [call_begins(0, "a", "get_weather", '{"city": '), call_goes_on(0, '"Os')]
    if finish:
        events.append(chunk({}, finish))

    failure = failure_of(model(f"half-{finish}", events, cut=finish is None))

    assert (failure.reason, failure.healable) == (Reason.PROVIDER_ERROR, finish is None)
    assert ("in the middle of a tool call" if finish else "ended the connection") in failure.message
    assert failure.partial is not None
    assert (failure.partial.tool_calls, failure.partial.body) == ((), None)
    assert failure.partial.output_tokens > 0


def test_an_anthropic_call_that_is_cut_by_the_limit_is_not_made(model):
    events = tool_streams.anthropic("get_weather", OSLO)
    for event in events:
        if event["type"] == "message_delta":
            event["delta"]["stop_reason"] = "max_tokens"
        if event.get("delta", {}).get("partial_json", "").endswith("}"):
            event["delta"]["partial_json"] = ""

    failure = failure_of(model("claude-half", events, "anthropic"))

    assert (failure.reason, failure.healable) == (Reason.PROVIDER_ERROR, False)
    assert "in the middle of a tool call" in failure.message


def test_a_call_that_had_not_begun_its_arguments_at_the_limit_is_not_made(model):
    events = [call_begins(0, "a", "get_weather"), chunk({}, "length")]

    assert "in the middle of a tool call" in failure_of(model("half-empty", events)).message


def test_a_complete_call_before_the_limit_is_made(model):
    answer = ask(model("whole-at-limit", tool_streams.openai([("get_weather", OSLO)], finish="length")))

    assert (made(answer), answer.finish_reason) == ([("get_weather", OSLO)], "length")


@pytest.mark.parametrize(
    "events",
    [
        [chunk({"content": "I call it."}), chunk({}, "tool_calls")],
        [call_begins(0, "a", "", "{}"), chunk({}, "tool_calls")],
    ],
)
def test_a_call_without_a_call_or_without_a_name_fails(model, events):
    failure = failure_of(model("nameless", events))

    assert (failure.reason, failure.healable) == (Reason.PROVIDER_ERROR, True)
    assert "tool call that cannot be read" in failure.message


def test_a_call_that_gemini_could_not_parse_fails(model):
    candidate = {"content": {"role": "model", "parts": []}, "finishReason": "MALFORMED_FUNCTION_CALL", "index": 0}

    failure = failure_of(model("gemini-malformed", [{"candidates": [candidate]}], "gemini"))

    assert "tool call that cannot be read" in failure.message


@pytest.mark.parametrize("provider", ["custom", "anthropic", "gemini", "ollama"])
def test_a_call_without_an_offer_fails(model, provider):
    events = {
        "custom": tool_streams.openai([("get_weather", OSLO)]),
        "anthropic": tool_streams.anthropic("get_weather", OSLO),
        "gemini": tool_streams.gemini("get_weather", OSLO, signature=SIGNATURE),
        "ollama": tool_streams.ollama(("get_weather", OSLO)),
    }[provider]

    failure = failure_of(model(f"not-offered-{provider}", events, provider), tools=())

    assert (failure.reason, failure.healable) == (Reason.PROVIDER_ERROR, False)
    assert "was offered none" in failure.message


@pytest.mark.parametrize("provider", ["custom", "anthropic", "gemini", "ollama", "mistral"])
def test_a_conversation_with_calls_can_end_without_tools(model, server, provider):
    call = llm.ToolCall("call_1", "get_weather", json.dumps(OSLO))
    messages = [*PROMPT, llm.Message("assistant", "", (call,)), llm.Message("tool", "", tool_call_id="call_1")]
    endpoint = model(f"last-turn-{provider}", say_cold, provider)

    assert ask(endpoint, messages, tools=()).text == "Cold."


def test_a_model_that_loops_in_its_arguments_is_stopped(model):
    def behaviour(reply):
        reply.begin()
        reply.event(call_begins(0, "a", "get_weather", '{"city": "'))
        while True:
            reply.event(call_goes_on(0, "la " * 300))

    failure = failure_of(model("loops-in-call", behaviour), max_tokens=100_000)

    assert "over and over" in failure.message
    assert failure.partial.output_tokens > 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "thinking", "text", "summary", "signature", "data", "index"]),
            children | st.sampled_from(["thinking", "reasoning.text"]),
            max_size=4,
        )
    ),
    max_leaves=12,
)
FIELDS = ["reasoning_content", "thinking_blocks", "reasoning_details", "reasoning_items", "provider_specific_fields"]


@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), JSON), max_size=4))
def test_nothing_that_stands_in_these_fields_breaks_the_message(deltas):
    message = AnswerMessage(KEY)

    for delta in deltas:
        message.add(delta)
    message.end()

    json.dumps(message.body("Hello", with_calls=True, reasoning_name="reasoning"))


# Counting, checking, importing


def test_definitions_calls_and_results_are_counted(model):
    endpoint = model("counts", [])
    count = llm.for_endpoint(endpoint).count
    call = llm.ToolCall("call_1", "get_weather", json.dumps({"city": "Oslo " * 100}))
    plain = count(endpoint, PROMPT)

    with_tools = count(endpoint, PROMPT, [WEATHER])
    with_call = count(endpoint, [*PROMPT, llm.Message("assistant", "", (call,))])
    with_result = count(endpoint, [*PROMPT, llm.Message("tool", "cold " * 100, tool_call_id="call_1")])
    with_reasoning = count(endpoint, [*PROMPT, llm.Message("assistant", "", body={"reasoning_content": "hm " * 100})])

    assert plain + 20 < with_tools < plain + 80
    for longer in (with_call, with_result, with_reasoning):
        assert plain + 90 < longer < plain + 250


@pytest.mark.parametrize(
    ("behaviour", "supports"),
    [
        (replay(tool_streams.openai([("ready", {})])), True),
        (replay([chunk({"content": "I am ready."}, "stop")]), False),
        (replay([chunk({"content": "I am rea"}, "length")]), None),
        (lambda reply: reply.error(400, "registry.ollama.ai/library/gemma:2b does not support tools"), False),
        (lambda reply: reply.error(404, "No endpoints found that support tool use."), False),
        (lambda reply: reply.error(400, '"auto" tool choice requires --enable-auto-tool-choice to be set'), False),
        (lambda reply: reply.error(401, "Incorrect API key provided"), None),
        (lambda reply: reply.error(503, "Overloaded"), None),
    ],
)
def test_whether_a_model_can_use_tools_is_found_out_by_one_call(model, server, behaviour, supports):
    endpoint = model("checked", behaviour)
    before = len(server.asked("checked"))

    assert llm.for_endpoint(endpoint).check_tools(endpoint) is supports

    assert len(server.asked("checked")) == before + 1


def test_a_model_that_refuses_tools_says_so_in_words(model):
    endpoint = model("refuses", lambda reply: reply.error(400, "gemma:2b does not support tools"))

    failure = failure_of(endpoint)

    assert (failure.reason, failure.healable, failure.no_tools) == (Reason.PROVIDER_ERROR, False, True)
    assert "cannot use tools" in failure.message


def test_a_call_with_tools_does_not_import_litellms_mcp_gateway(server):
    """The test fails when litellm asks its gateway in another way, so that a call would need the package mcp."""
    server.behave("imports", replay(tool_streams.openai([("get_weather", OSLO)])))
    program = f"""
import sys
from helix import llm
endpoint = llm.Endpoint("custom", "imports", {server.openai_url!r}, allow_private_addresses=True)
tool = llm.ToolDefinition("get_weather", "", {{"type": "object"}})
sys.modules["mcp"] = None  # an import fails
message = llm.Message("user", "Hello")
answer = llm.for_endpoint(endpoint).complete(endpoint, [message], max_tokens=9, timeout_seconds=9, tools=[tool])
print(len(answer.tool_calls), "litellm.proxy._experimental.mcp_server.catalog" in sys.modules)
"""

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env={"PYTHONPATH": ":".join(sys.path)}
    )

    assert done.stdout.strip() == "1 False", done.stderr

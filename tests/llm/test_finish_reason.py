import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helix.llm.finish_reason import FinishReader


def read(body: bytes, *cuts: int) -> FinishReader:
    reader = FinishReader()
    at = 0
    for cut in (*sorted(cut % (len(body) + 1) for cut in cuts), len(body)):
        reader.feed(body[at:cut])
        at = cut
    reader.end()
    return reader


@pytest.mark.parametrize(
    ("body", "finish"),
    [
        ({"choices": [{"delta": {}, "finish_reason": "stop"}]}, "stop"),
        ({"choices": [{"delta": {}, "finish_reason": None}]}, None),
        ({"choices": [{"delta": {}, "finish_reason": ""}]}, None),
        ({"choices": [{"finish_reason": "length"}]}, "length"),
        ({"choices": [{"finish_reason": "content_filter"}]}, "refused"),
        ({"choices": [{"finish_reason": "tool_calls"}]}, "tool_calls"),
        ({"choices": [{"delta": {"refusal": "No."}, "finish_reason": "stop"}]}, "refused"),
        ({"choices": [{"delta": {"refusal": None}, "finish_reason": "stop"}]}, "stop"),
        ({"type": "message_delta", "delta": {"stop_reason": "end_turn"}}, "stop"),
        ({"type": "message_delta", "delta": {"stop_reason": "refusal"}}, "refused"),
        ({"candidates": [{"finishReason": "MAX_TOKENS"}]}, "length"),
        ({"promptFeedback": {"blockReason": "SAFETY"}}, "refused"),
        ({"done": True, "done_reason": "stop"}, "stop"),
        ({"type": "message_delta", "delta": {"stop_reason": "tool_use"}}, "tool_calls"),
        ({"choices": [{"finish_reason": "function_call"}]}, "tool_calls"),
        ({"candidates": [{"finishReason": "MALFORMED_FUNCTION_CALL"}]}, "bad_call"),
        ({"type": "response.completed", "response": {"object": "response", "status": "completed"}}, "stop"),
        ({"object": "response", "status": "completed", "incomplete_details": None}, "stop"),
        ({"object": "response", "status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, "refused"),
        ({"response": {"object": "response", "status": "incomplete", "incomplete_details": {}}}, "length"),
        ({"type": "response.created", "response": {"object": "response", "status": "in_progress"}}, None),
        ({"choices": [{"delta": {"content": '{"finish_reason": "stop"}'}}]}, None),
    ],
)
@pytest.mark.parametrize(("before", "indent"), [(b"data: ", None), (b"", None), (b"", 2)])
def test_the_finish_reason_is_the_providers(body, finish, before, indent):
    reader = read(before + json.dumps(body, indent=indent).encode())

    assert reader.finish == finish


NAMES = ["error", "refusal", "finish_reason", "finishReason", "stop_reason", "done_reason"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", ["length", {"code": 500}])
def test_arguments_of_a_call_are_not_the_providers_own_fields(name, value):
    arguments = {name: value, "deeper": [{name: value}]}
    bodies = [
        {"message": {"tool_calls": [{"function": {"name": "f", "arguments": arguments}}]}, "done": False},
        {"candidates": [{"content": {"parts": [{"functionCall": {"name": "f", "args": arguments}}]}}]},
        {"type": "content_block_start", "content_block": {"type": "tool_use", "name": "f", "input": arguments}},
        {"choices": [{"message": {"tool_calls": [{"function": {"name": "f", "arguments": arguments}}]}}]},
        {"response": {"object": "response", "tools": [{"name": "f", "parameters": {"properties": arguments}}]}},
    ]

    for body in bodies:
        reader = read(json.dumps(body).encode())

        assert (reader.finish, reader.error) == (None, None)


def test_a_stop_after_the_finish_reason_of_a_call_does_not_hide_the_call():
    ends = [{"choices": [{"finish_reason": reason}]} for reason in ("tool_calls", "stop")]

    assert read(b"\n".join(b"data: " + json.dumps(end).encode() for end in ends)).finish == "tool_calls"


@given(st.lists(st.integers(0, 10_000), max_size=8))
def test_it_does_not_matter_where_the_bytes_are_cut(cuts):
    body = (
        'data: {"choices": [{"delta": {"content": "grüße"}}]}\r\n\r\ndata: {"choices": [{"finish_reason": "length"}]}'
    )

    assert read(body.encode(), *cuts).finish == "length"


@given(st.binary(max_size=300))
def test_nothing_that_is_sent_breaks_the_reader(body):
    reader = read(body)

    assert reader.finish in (None, "stop", "length", "tool_calls", "bad_call", "refused", "other")


@given(st.text())
def test_text_that_a_model_writes_is_never_taken_for_a_finish_reason(text):
    line = json.dumps({"choices": [{"delta": {"content": text}, "finish_reason": None}]}, ensure_ascii=False)

    assert read(b"data: " + line.encode("utf-8", "replace") + b"\n\n").finish is None


def test_an_error_inside_a_stream_is_kept():
    reader = read(b'data: {"error": {"code": 503, "message": "busy"}}\n\n')

    assert reader.error == {"code": 503, "message": "busy"}

"""Servers that deviate from OpenAI's chat completions, over real HTTP with real litellm."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helix import llm
from helix.llm.openai_stream import ChunkNormalizer
from helix.models.vocabulary import FailureReason as Reason
from tests.llm.conftest import KEY, ask, failure_of

TEXT = "A whole answer, Grüße \N{ROCKET}."
USAGE = {"prompt_tokens": 20, "completion_tokens": 9, "total_tokens": 29}


@pytest.fixture
def model(server):
    """A model whose server does what `behaviour` does with the reply."""

    def _model(behaviour, name):
        server.behave(name, behaviour)
        return llm.Endpoint("custom", name, base_url=server.openai_url, api_key=KEY, allow_private_addresses=True)

    return _model


def event(reply, choices, **more):
    reply.event({"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices, **more})


def streamed(*lists_of_choices, usage=None):
    def behaviour(reply):
        reply.open()
        for choices in lists_of_choices:
            event(reply, choices)
        if usage is not None:
            event(reply, [], usage=usage)
        reply.raw(b"data: [DONE]\n\n")
        reply.close()

    return behaviour


def delta(text, reason=None, index=0):
    return {"index": index, "delta": {"content": text}, "finish_reason": reason}


def whole(content, reason="stop", content_type="application/json", indent=None, **message):
    said = {"role": "assistant", "content": content, **message}
    body = {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": said, "finish_reason": reason}],
        "usage": USAGE,
    }
    return lambda reply: reply.send(200, json.dumps(body, indent=indent).encode(), content_type)


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "text/event-stream"])
@pytest.mark.parametrize("indent", [None, 2])
def test_a_server_that_ignores_stream_is_read_with_its_usage(model, content_type, indent):
    pieces = []

    answer = ask(model(whole(TEXT, content_type=content_type, indent=indent), "ignores"), on_text=pieces.append)

    assert (answer.text, answer.finish_reason) == (TEXT, "stop")
    assert (answer.input_tokens, answer.output_tokens, answer.estimated) == (20, 9, False)
    assert "".join(pieces) == TEXT


def test_a_whole_object_that_was_cut_by_the_limit_says_so(model):
    assert ask(model(whole(TEXT, "length"), "ignores-cut")).finish_reason == "length"


def test_a_chunk_with_message_in_place_of_delta_is_read(model):
    behaviour = streamed([{"index": 0, "message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}])

    assert ask(model(behaviour, "message")).text == TEXT


def test_the_whole_text_once_more_at_the_end_is_not_taken_twice(model):
    last = {"index": 0, "message": {"content": TEXT}, "finish_reason": "stop"}

    assert ask(model(streamed([delta(TEXT)], [last]), "twice")).text == TEXT


@pytest.mark.parametrize(
    "parts",
    [
        [{"type": "text", "text": TEXT}],
        [{"type": "text", "text": TEXT[:5]}, {"type": "image_url", "image_url": {}}, TEXT[5:]],
        [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": TEXT}],
    ],
)
def test_content_as_a_list_of_parts_is_read(model, parts):
    assert ask(model(whole(parts), "parts")).text == TEXT
    assert ask(model(streamed([delta(parts)], [delta("", "stop")]), "parts-streamed")).text == TEXT


def test_of_several_choices_only_the_first_counts(model):
    behaviour = streamed(
        [delta("A1 ", index=0), delta("B1 ", index=1)],
        [delta("B2", index=1)],
        [delta("A2", index=0)],
        [delta("", "length", index=1)],
        [delta("", "stop", index=0)],
    )

    answer = ask(model(behaviour, "choices"))

    assert (answer.text, answer.finish_reason) == ("A1 A2", "stop")


@pytest.mark.parametrize("reason", ["tool_calls", "function_call"])
def test_a_tool_call_that_nobody_offered_fails_with_its_text_beside_it(model, reason):
    call = {"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    behaviour = streamed(
        [delta("I will look it up.")],
        [{"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": reason}],
        usage=USAGE,
    )

    failure = failure_of(model(behaviour, f"tools-{reason}"))

    assert (failure.reason, failure.healable) == (Reason.PROVIDER_ERROR, False)
    assert "tool" in failure.message
    assert failure.partial is not None
    assert failure.partial.text == "I will look it up."
    assert failure.partial.output_tokens == 9


def test_reasoning_in_a_field_of_its_own_is_a_thought(model):
    for name in ("reasoning_content", "reasoning"):
        behaviour = streamed([{"index": 0, "delta": {name: "hm"}, "finish_reason": None}], [delta(TEXT, "stop")])

        answer = ask(model(behaviour, f"has-{name}"))

        assert (answer.text, answer.thoughts) == (TEXT, "hm")


def test_thoughts_in_the_text_are_apart_also_while_it_streams(model):
    pieces = []
    behaviour = streamed([delta("<thi")], [delta("nk>priv")], [delta("ate</think>\n\n")], [delta(TEXT, "stop")])

    answer = ask(model(behaviour, "thinks"), on_text=pieces.append)

    assert (answer.text, answer.thoughts) == (TEXT, "private")
    assert "".join(pieces) == TEXT


def test_thoughts_without_an_opening_tag_are_taken_back(model):
    pieces = []
    behaviour = streamed([delta("private\n")], [delta("</think>\n\n")], [delta(TEXT, "stop")])

    answer = ask(model(behaviour, "thinks-late"), on_text=pieces.append, on_restart=pieces.clear)

    assert (answer.text, answer.thoughts) == (TEXT, "private")
    assert "".join(pieces) == TEXT


def test_thoughts_alone_are_an_empty_answer_that_costs_something(model):
    failure = failure_of(model(streamed([delta("<think>for ever", "stop")], usage=USAGE), "only-thinks"))

    assert "empty answer" in failure.message
    assert failure.partial.thoughts == "for ever"
    assert (failure.partial.input_tokens, failure.partial.output_tokens) == (20, 9)


@pytest.mark.parametrize("text", ["\u200b", "\u200b\ufeff", "\u2060 \n\u3164"])
def test_an_answer_that_shows_nothing_is_empty(model, text):
    assert "empty answer" in failure_of(model(streamed([delta(text, "stop")]), "invisible")).message


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        (["be\x00fore"], "before"),
        (["rocket \ud83d", "\ude80 go"], "rocket \N{ROCKET} go"),
        (["lone \ud83d"], "lone \N{REPLACEMENT CHARACTER}"),
        (["\x1b[1mbold\x1b[0m\r\n"], "[1mbold[0m\n"),
    ],
)
def test_text_is_valid_from_the_first_piece_on(model, pieces, text):
    heard = []
    behaviour = streamed(*([delta(piece)] for piece in pieces), [delta("", "stop")])

    answer = ask(model(behaviour, "invalid"), on_text=heard.append)

    assert answer.text == text == "".join(heard)


ABSURD = [10**12, -5, 5.5, "12", None, True, 10**400, [1]]


@pytest.mark.parametrize("number", ABSURD)
def test_absurd_usage_is_bounded_by_what_was_sent_and_asked_for(model, number):
    usage = {"prompt_tokens": number, "completion_tokens": number, "total_tokens": number}

    answer = ask(model(streamed([delta(TEXT, "stop")], usage=usage), "absurd"), max_tokens=50)

    assert answer.text == TEXT
    assert answer.estimated
    assert 1 <= answer.input_tokens <= 60
    assert 1 <= answer.output_tokens <= 50


def test_usage_that_can_be_true_is_believed(model):
    answer = ask(model(streamed([delta(TEXT, "stop")], usage={**USAGE, "cost": 0.5}), "honest"))

    assert (answer.input_tokens, answer.output_tokens, answer.estimated) == (20, 9, False)


@pytest.mark.parametrize("piece", ["----", "    ", "| - "])
def test_a_ruler_a_table_and_indentation_are_honest_text(model, piece):
    behaviour = streamed([delta("Begin\n")], *[[delta(piece)]] * 200, [delta("\nEnd", "stop")])

    assert ask(model(behaviour, "honest-ruler"), max_tokens=2_000).text == f"Begin\n{piece * 200}\nEnd"


@pytest.mark.parametrize("piece", ["la ", "I am stuck in a loop, and I say it again. ", "x" * 900 + "\n"])
def test_a_model_that_loops_is_stopped_with_words_of_its_own(model, piece):
    def behaviour(reply):
        reply.open()
        while True:
            reply.piece(piece * 10)

    failure = failure_of(model(behaviour, "loops"), max_tokens=100_000)

    assert (failure.reason, failure.healable) == (Reason.PROVIDER_ERROR, False)
    assert "over and over" in failure.message
    assert failure.partial.output_tokens > 0


@pytest.mark.parametrize("said", [[], ["Half an answer"]])
def test_a_stream_that_goes_silent_ends_long_before_the_call_may(model, said):
    def behaviour(reply):
        reply.open()
        for piece in said:
            reply.piece(piece)
        reply.wait(60)

    began = time.monotonic()
    failure = failure_of(model(behaviour, "goes-silent"), timeout_seconds=60, idle_seconds=0.5)

    assert (failure.reason, failure.healable) == (Reason.TIMED_OUT, True)
    assert "sent nothing for 0.5 seconds" in failure.message
    assert time.monotonic() - began < 30


def test_a_server_that_never_answers_ends_likewise(endpoint):
    failure = failure_of(endpoint("silence"), timeout_seconds=20, idle_seconds=0.5)

    assert "sent nothing for 0.5 seconds" in failure.message


def test_comments_keep_a_slow_stream_alive_up_to_the_limit_of_the_call(model, endpoint):
    def behaviour(reply):
        reply.open()
        for _ in range(6):
            reply.raw(b": OPENROUTER PROCESSING\n\n")
            reply.wait(0.2)
        reply.piece(TEXT)
        reply.finish()

    assert ask(model(behaviour, "processing"), idle_seconds=0.6).text == TEXT
    assert (
        "did not finish within 1 seconds" in failure_of(endpoint("drip"), timeout_seconds=1, idle_seconds=0.6).message
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "delta", "message", "content", "usage", "index", "prompt_tokens", "text"]
                + ["tool_calls", "function_call", "function", "arguments", "candidates", "parts", "functionCall"]
            ),
            children,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.lists(JSON, max_size=4), st.booleans(), st.integers(1, 40), st.booleans())
def test_nothing_that_a_server_sends_breaks_the_reading_of_it(values, streams, size, tools):
    lines = [b"data: " * streams + json.dumps(value).encode() for value in values]
    body = b"\n".join(lines)

    normalizer = ChunkNormalizer(openai=True, tools=tools)
    plain = b"".join(normalizer.pieces(body[at : at + size] for at in range(0, len(body), size)))

    assert isinstance(plain, bytes)


@given(st.binary(max_size=200), st.integers(1, 40))
def test_what_is_no_json_passes_as_it_is(body, size):
    body = b"x" + body.replace(b"{", b"(")

    assert (
        b"".join(ChunkNormalizer(openai=True).pieces(body[at : at + size] for at in range(0, len(body), size))) == body
    )

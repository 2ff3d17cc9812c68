import json
import time

import jsonschema
import pytest

from helix import llm
from helix.llm import demo
from helix.models.vocabulary import FailureReason
from helix.prompt import blocks
from helix.services.tools.definitions import BUILTIN

BOUNDARY = "0123456789abcdef"


def task_prompt(**texts: str) -> list[llm.Message]:
    names = {"title": blocks.TITLE, "description": blocks.DESCRIPTION, "tags": blocks.TAGS, "feedback": blocks.FEEDBACK}
    names |= {"comment_to_answer": blocks.COMMENT_TO_ANSWER, "last_result": blocks.LAST_RESULT}
    text = "\n\n".join(blocks.block(BOUNDARY, names[name], text) for name, text in texts.items())
    return [llm.Message("system", "You are Sierra."), llm.Message("user", text)]


def ask(messages: list[llm.Message], model_name: str = "demo", **options) -> llm.Completion:
    endpoint = llm.Endpoint(llm.DEMO, model_name)
    options = {"max_tokens": 2000, "timeout_seconds": 5} | options
    return llm.for_endpoint(endpoint).complete(endpoint, messages, **options)


@pytest.fixture(autouse=True)
def without_delay(monkeypatch):
    monkeypatch.setattr(demo, "delay_seconds", 0)


def test_the_demo_model_says_what_it_is_and_uses_the_task():
    messages = task_prompt(title="Spring newsletter", description="- Pick a theme\n- Write it", tags="email, spring")

    answer = ask(messages)

    assert "offline demo model" in answer.text
    assert answer.text.startswith("# Spring newsletter\n")
    assert "| 1 | Pick a theme |" in answer.text
    assert "**email**" in answer.text


def test_the_pieces_of_the_demo_model_are_its_answer():
    pieces: list[str] = []

    answer = ask(task_prompt(title="Spring newsletter"), on_text=pieces.append)

    assert len(pieces) > 20
    assert "".join(pieces) == answer.text
    assert answer.finish_reason == "stop"


def test_the_demo_model_costs_nothing_and_counts_tokens():
    answer = ask(task_prompt(title="Spring newsletter"))

    assert answer.cost_usd == 0
    assert answer.input_tokens > 20
    assert answer.output_tokens > 50


def test_the_demo_model_takes_its_time(monkeypatch):
    monkeypatch.setattr(demo, "delay_seconds", 0.3)

    answer = ask(task_prompt(title="Spring newsletter"))

    assert answer.duration_ms >= 300
    assert answer.duration_ms - answer.first_text_ms >= 150  # most of it between the pieces


def test_the_demo_model_keeps_to_the_time_limit(monkeypatch):
    monkeypatch.setattr(demo, "delay_seconds", 60)
    started = time.monotonic()

    with pytest.raises(llm.ModelFailure) as failure:
        ask(task_prompt(title="Spring newsletter"), "demo-slow", timeout_seconds=0.3)

    assert failure.value.reason is FailureReason.TIMED_OUT
    assert time.monotonic() - started < 30


def test_the_demo_model_answers_feedback_with_another_result():
    first = ask(task_prompt(title="Spring newsletter"))

    second = ask(task_prompt(title="Spring newsletter", feedback="Make it shorter."))

    assert "> Make it shorter." in second.text
    assert second.text != first.text


@pytest.mark.parametrize(
    ("model_name", "reason", "healable"),
    [
        ("demo-fail", FailureReason.PROVIDER_ERROR, True),
        ("demo-refuse", FailureReason.CONTENT_REFUSED, False),
    ],
)
def test_demo_models_fail_when_their_name_says_so(model_name, reason, healable):
    with pytest.raises(llm.ModelFailure) as failure:
        ask(task_prompt(title="Spring newsletter"), model_name)

    assert failure.value.reason is reason
    assert failure.value.healable is healable


def test_the_demo_model_stops_at_max_tokens():
    answer = ask(task_prompt(title="Spring newsletter"), max_tokens=10)

    assert answer.finish_reason == "length"
    assert len(answer.text.split()) == 10


def test_checking_the_demo_model_succeeds():
    endpoint = llm.Endpoint(llm.DEMO, "demo")

    check = llm.for_endpoint(endpoint).check(endpoint)

    assert check.success
    assert "demo" in check.message


TOOLS = [
    llm.ToolDefinition(name, "A tool. " * 40, {"type": "object"})
    for name in ("ask_person", "save_file", "list_files", "add_comment")
]
ASKING = "- Six towels\n\nAsk me: which colour goes first?\n\n- Oat\n- Slate\n- Oat"
QUESTION = {"title": "Towels", "description": ASKING}
FILES = {"title": "Sort: 14 mails!", "description": "As CSV.\n\n| Order | Days |\n|---|--:|\n| 20502, 20507 | 3 |"}
COMMENT = {"title": "Discount", "description": "Please leave a comment for Jonas."}


def go_on(messages: list[llm.Message], answer: llm.Completion, *results: str) -> list[llm.Message]:
    """The conversation after the results of the answer's calls, as a run's loop builds it."""
    said = llm.Message("assistant", answer.text, tool_calls=answer.tool_calls, body=answer.body)
    of_tools = [
        llm.Message("tool", blocks.as_material(f"result of {call.name}", result), tool_call_id=call.id)
        for call, result in zip(answer.tool_calls, results, strict=True)
    ]
    return [*messages, said, *of_tools]


def called(answer: llm.Completion) -> list[tuple[str, dict]]:
    return [(call.name, json.loads(call.arguments)) for call in answer.tool_calls]


def test_the_demo_model_asks_a_question_and_goes_on_with_the_answer():
    prompt = task_prompt(**QUESTION)

    first = ask(prompt, tools=TOOLS)
    second = ask(go_on(prompt, first, "Slate, of course."), tools=TOOLS)

    assert called(first) == [("ask_person", {"question": "Which colour goes first?", "options": ["Oat", "Slate"]})]
    assert first.finish_reason == "tool_calls"
    assert "offline demo model" in first.text
    assert first.body["tool_calls"][0]["id"] == first.tool_calls[0].id
    assert second.tool_calls == ()
    assert second.finish_reason == "stop"
    assert "> Slate, of course." in second.text
    assert "Go on with: Slate, of course." in second.text


def test_the_demo_model_saves_a_table_and_a_text_and_says_so():
    prompt = task_prompt(**FILES)

    first = ask(prompt, tools=TOOLS)
    second = ask(go_on(prompt, first, "Saved as a.csv, version 1.", "There is no room."), tools=TOOLS)

    (_, table), (_, text) = called(first)
    assert [name for name, _ in called(first)] == ["save_file", "save_file"]
    assert table == {"name": "sort-14-mails.csv", "text": 'Order,Days\n"20502, 20507",3\n'}
    assert text["name"] == "sort-14-mails.md"
    assert text["text"].startswith("# Sort: 14 mails!\n")
    assert "offline demo model" in text["text"]
    assert len({call.id for call in first.tool_calls}) == 2
    assert "> Saved as a.csv, version 1." in second.text
    assert "> There is no room." in second.text
    assert second.tool_calls == ()


def test_the_demo_model_comments_and_accepts_a_refusal():
    prompt = task_prompt(**COMMENT)

    first = ask(prompt, tools=TOOLS)
    second = ask(go_on(prompt, first, "A person denied this call."), tools=TOOLS)

    assert [name for name, _ in called(first)] == ["add_comment"]
    assert "offline demo model" in called(first)[0][1]["text"]
    assert "> A person denied this call." in second.text
    assert second.tool_calls == ()


@pytest.mark.parametrize("arguments", [QUESTION, FILES, COMMENT])
def test_the_arguments_of_the_demo_model_fit_the_built_in_tools(arguments):
    definitions = {tool.name: tool.parameters for tool in BUILTIN}

    calls = called(ask(task_prompt(**arguments), tools=TOOLS))

    assert calls
    for name, sent in calls:
        jsonschema.validate(sent, definitions[name])


@pytest.mark.parametrize(
    ("texts", "tools"),
    [
        (QUESTION, ()),
        (QUESTION, [tool for tool in TOOLS if tool.name != "ask_person"]),
        ({"title": "Spring newsletter"}, TOOLS),
        (QUESTION | {"comment_to_answer": "@Sierra how is it going?"}, TOOLS),
        (QUESTION | {"feedback": "Shorter."}, TOOLS),
        (COMMENT | {"feedback": "Shorter."}, TOOLS),
    ],
    ids=["no tools", "not this tool", "other words", "mention", "question sent back", "comment sent back"],
)
def test_the_demo_model_answers_at_once_where_no_script_fits(texts, tools):
    with_tools, without = ask(task_prompt(**texts), tools=tools), ask(task_prompt(**texts))

    assert with_tools.tool_calls == ()
    assert with_tools.text == without.text
    assert with_tools.body == {"role": "assistant", "content": with_tools.text}


def test_the_demo_model_saves_new_versions_after_feedback():
    answer = ask(task_prompt(**FILES, feedback="Shorter."), tools=TOOLS)

    assert [name for name, _ in called(answer)] == ["save_file", "save_file"]


def test_a_turn_with_calls_streams_and_is_counted_with_its_arguments():
    pieces: list[str] = []

    answer = ask(task_prompt(**FILES), tools=TOOLS, on_text=pieces.append)

    assert "".join(pieces) == answer.text
    assert answer.output_tokens > len(answer.text) // 4 + 20


def test_a_turn_of_the_demo_model_that_is_cut_calls_nothing():
    answer = ask(task_prompt(**QUESTION), tools=TOOLS, max_tokens=5)

    assert answer.tool_calls == ()
    assert answer.finish_reason == "length"
    assert answer.body == {"role": "assistant", "content": answer.text}


def test_the_demo_model_counts_the_definitions_of_tools():
    endpoint = llm.Endpoint(llm.DEMO, "demo")
    prompt = task_prompt(title="Spring newsletter")

    with_tools, without = ask(prompt, tools=TOOLS), ask(prompt)

    assert with_tools.input_tokens > without.input_tokens + 50
    assert llm.for_endpoint(endpoint).check_tools(endpoint)

import time

import pytest

from helix import llm
from helix.llm import demo
from helix.models.vocabulary import FailureReason
from helix.prompt import blocks

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


def test_the_demo_model_takes_tools_and_counts_their_definitions():
    endpoint = llm.Endpoint(llm.DEMO, "demo")
    tool = llm.ToolDefinition("save_file", "Saves a file. " * 20, {"type": "object"})
    prompt = task_prompt(title="Spring newsletter")

    with_tools, without = ask(prompt, tools=[tool]), ask(prompt)

    assert with_tools.tool_calls == ()
    assert with_tools.body == {"role": "assistant", "content": with_tools.text}
    assert with_tools.input_tokens > without.input_tokens + 50
    assert llm.for_endpoint(endpoint).check_tools(endpoint)

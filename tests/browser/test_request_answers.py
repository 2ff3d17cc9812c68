"""Requests of agents, answered on a phone and by keys alone."""

from functools import partial

import pytest
from playwright.sync_api import Page, expect

from helix.models.vocabulary import ToolCallState
from tests.support.page_audit import audit
from tests.support.requests import a_call, a_question, a_run, a_tool, ask, call_of
from tests.support.screens import Screen


@pytest.fixture
def window(open_as_mia):
    """`window(width=390)`: her inbox."""
    return partial(open_as_mia, "/inbox")


@pytest.fixture
def agent(make):
    make.model()
    return make.agent("Sierra")


def test_a_call_is_allowed_on_a_phone(window, make, mia, agent):
    run = a_run(make.task("Invoice for Helen", by=mia, agent=agent), agent)
    arguments = {"to": "helen@larkmoor.example", "text": "Dear Helen, " + "this is the invoice of March. " * 40}
    request = ask(run, a_call(run, a_tool(), arguments=arguments), scopes=["once", "run", "always"])
    page = window(width=390)

    page.locator(f"#line-request-{request.id}").click()
    expect(page.get_by_role("heading", name=request.title)).to_be_visible()
    button = page.get_by_role("button", name="Allow once")
    expect(button).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    button.click()

    expect(page.locator(f"#line-request-{request.id}")).to_have_count(0)
    assert call_of(request).state == ToolCallState.APPROVED


def test_questions_and_calls_are_answered_by_keys_alone(window, make, mia, agent):
    question = a_question(make.task("Towels", by=mia, agent=agent), agent, "Which colour?")
    runs = [a_run(make.task(by=mia, agent=agent), agent) for _ in range(3)]
    denied, *allowed = [ask(run, a_call(run, a_tool()), title="Send it?") for run in runs]
    page = window(width=1440)
    expect(page.locator("#inbox-count")).to_have_text("4")

    page.keyboard.press("r")
    expect(page.get_by_label("Answer", exact=True)).to_be_focused()
    page.keyboard.type("Slate, and no j or k.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(f"#line-request-{question.id}")).to_have_count(0)
    # A key in the first 300 ms was meant for the line before.
    page.wait_for_timeout(400)

    page.keyboard.press("r")
    expect(page.get_by_label("Why, and what should be done instead?")).to_be_focused()
    page.keyboard.type("Too early.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(f"#line-request-{denied.id}")).to_have_count(0)

    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("#inbox-several")).to_contain_text("2 chosen")
    page.keyboard.press("a")
    expect(page.locator("#inbox-list")).to_contain_text("Nothing waits for you")

    assert call_of(question).result == "Slate, and no j or k."
    assert call_of(denied).result == "A person denied this call.\n\nToo early."
    assert {call_of(one).state for one in allowed} == {ToolCallState.APPROVED}


def test_the_forms_are_accessible_and_fit_at_every_width(window, make, mia, agent):
    schema = {
        "type": "object",
        "properties": {
            "colour": {"type": "string", "enum": ["slate", "sage"], "description": "Of the towels"},
            "size": {"type": "string", "enum": [str(size) for size in range(9)]},
            "extras": {"type": "array", "items": {"type": "string", "enum": ["card", "ribbon"]}},
            "copies": {"type": "integer", "minimum": 1},
            "gift": {"type": "boolean"},
            "line": {"type": "string"},
        },
        "required": ["copies"],
    }
    long = "antidisestablishmentarianism" * 6
    task = make.task("Towels", by=mia, agent=agent)
    question = a_question(task, agent, f"How should it be printed? {long}", schema=schema)
    offered = a_question(make.task(by=mia, agent=agent), agent, options=["Slate", "Sage"])
    run = a_run(make.task(by=mia, agent=agent), agent)
    call = ask(run, a_call(run, a_tool(), arguments={"to": long, long: "x"}), scopes=["once", "run", "always"])
    page = window(width=1440)

    def unfold(page: Page) -> None:
        page.get_by_text("Change the arguments before allowing").click()
        page.get_by_text("Deny", exact=True).first.click()

    screens = [
        *(Screen(f"/inbox?item=request-{one.id}") for one in (question, offered, call)),
        Screen(f"/inbox?item=request-{call.id}", unfold),
        Screen(f"/tasks/{task.id}"),
        Screen(f"/boards/{task.board_id}"),
        Screen("/"),
    ]
    problems = {str(screen): found for screen in screens if (found := audit(page, screen).problems)}

    assert problems == {}


def test_an_open_page_follows_what_is_asked_and_answered(window, make, mia, ada, agent):
    page = window(width=1440)
    expect(page.locator("#inbox-list")).to_contain_text("Nothing waits for you")

    request = a_question(make.task("Towels", by=mia, agent=agent), agent, "Which colour?")

    expect(page.locator(f"#line-request-{request.id}")).to_be_visible()
    expect(page.locator("#inbox-count")).to_have_text("1")

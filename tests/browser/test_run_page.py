"""A run as a conversation: answered on a phone, read at every width, and followed while it goes on."""

import pytest
from playwright.sync_api import expect

from helix import live
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Run, RunMessage, ToolCall
from helix.models.vocabulary import RunStatus, StepKind, ToolCallState
from helix.services.runs.claim import Claim
from helix.services.runs.streaming import StreamedText
from helix.services.work.trace import add_step
from tests.support.page_audit import audit
from tests.support.page_scripts import wait_for_scripts
from tests.support.requests import a_call, a_question, a_run, a_tool, an_approval, ask, call_of
from tests.support.screens import Screen

LONG = "antidisestablishmentarianism" * 8


@pytest.fixture
def task(make, mia):
    make.model()
    return make.task("Invoice for Helen", by=mia, agent=make.agent("Sierra"))


@pytest.fixture
def agent(task):
    return task.assigned_agent


def add_turn(run, number, text, **call):
    """A turn with one call, as the loop of a run stores it, and its event."""
    with transaction() as after_commit:
        found = db.session.get_one(Run, run.id)
        add_step(found, StepKind.MODEL_CALL, "Asked", milliseconds=2300, input_tokens=4100, output_tokens=200)
        body = {"role": "assistant", "content": text}
        of_run = {"conversation_id": run.conversation_id, "run_id": run.id}
        db.session.add(RunMessage(number=number, role="assistant", body=body, model="clerk", **of_run))
        facts = {"name": "web_fetch", "arguments": {"url": "https://a.example"}, "state": ToolCallState.DONE} | call
        db.session.add(ToolCall(message_number=number, ordinal=0, provider_call_id=f"call_{number}", **of_run, **facts))
        after_commit(live.publish, "run", run.id, board_id=1, task_id=run.task_id)


def test_a_call_is_allowed_on_the_runs_page_on_a_phone(open_as_mia, task, agent):
    request = an_approval(task, agent)
    page = open_as_mia(f"/tasks/{task.id}", width=390)

    page.get_by_role("link", name="Answer").click()
    page.wait_for_url(f"**/runs/{request.run_id}")
    wait_for_scripts(page)
    button = page.get_by_role("button", name="Allow once")
    expect(button).to_be_in_viewport()
    assert button.bounding_box()["height"] >= 32
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    button.click()

    expect(page.locator(".run-asked")).to_have_count(0)
    assert call_of(request).state == ToolCallState.APPROVED


def test_a_question_is_answered_by_keys_alone_and_what_was_typed_survives_a_refresh(open_as_mia, task, agent):
    request = a_question(task, agent, "Which colour?")
    run = db.session.get(Run, request.run_id)
    page = open_as_mia(f"/runs/{request.run_id}")
    box = page.get_by_label("Answer", exact=True)

    box.focus()
    page.keyboard.type("Slate, ")
    add_turn(run, 99, "Something else happened.")
    expect(page.locator("#main")).to_contain_text("Something else happened.")
    expect(box).to_be_focused()
    page.keyboard.type("please.")
    page.keyboard.press("Control+Enter")

    expect(page.locator(".run-asked")).to_have_count(0)
    assert call_of(request).result == "Slate, please."


def test_a_denial_takes_its_reason_by_keys(open_as_mia, task, agent):
    request = an_approval(task, agent)
    page = open_as_mia(f"/runs/{request.run_id}")

    page.locator(".run-asked .inbox-reject > summary").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Why, and what should be done instead?")).to_be_focused()
    page.keyboard.type("Too early.")
    page.keyboard.press("Control+Enter")

    expect(page.locator(".run-asked")).to_have_count(0)
    assert call_of(request).result == "A person denied this call.\n\nToo early."


def test_new_turns_appear_and_the_reader_keeps_what_was_opened_and_the_place(open_as_mia, task, agent):
    run = a_run(task, agent, RunStatus.RUNNING)
    for number in range(3, 27, 2):
        add_turn(run, number, f"Turn {number}. " * 20, result="x" * 590 + "y" * 3000)
    page = open_as_mia(f"/runs/{run.id}")
    first = page.locator(".call").first
    first.locator(".call-result > summary").click()
    first.get_by_role("button", name="Show all").or_(first.get_by_role("link", name="Show all")).click()
    expect(first.locator(".is-whole")).to_contain_text("yyyy")
    page.locator("#main").evaluate("main => { main.scrollTop = 500 }")

    add_turn(run, 27, "And then the newest.")

    expect(page.locator("#main")).to_contain_text("And then the newest.")
    expect(first.locator(".is-whole")).to_contain_text("yyyy")
    assert page.locator("#main").evaluate("main => main.scrollTop") == 500


def test_text_is_followed_while_it_is_written_and_shown_once(open_as_mia, task, agent):
    run = a_run(task, agent, RunStatus.RUNNING)
    for number in range(3, 21, 2):
        add_turn(run, number, f"Turn {number}. " * 20)
    page = open_as_mia(f"/runs/{run.id}")
    main, text = page.locator("#main"), page.locator("#live-text")
    main.evaluate("main => { main.scrollTop = main.scrollHeight }")

    place = {"task_id": task.id, "board_id": task.board_id}
    live.run_text(run.id, text="I am writing this now.", offset=0, **place)
    expect(text).to_have_text("I am writing this now.")
    live.run_text(run.id, text="\nmore" * 40, offset=22, **place)
    expect(text).to_contain_text("more")
    at_end = main.evaluate("main => main.scrollHeight - main.scrollTop - main.clientHeight")
    add_turn(run, 21, "I am writing this now." + "\nmore" * 40)

    expect(page.locator(".turn-text", has_text="I am writing this now.")).to_have_count(1)
    expect(text).to_have_text("")
    assert at_end < 5


def test_a_long_conversation_is_accessible_and_fits_at_every_width(open_as_mia, task, agent):
    run = a_run(task, agent, RunStatus.RUNNING, input_tokens=9000, output_tokens=900)
    states = list(ToolCallState)
    for place in range(25):
        facts = {
            "name": f"mail__{LONG}"[:200] if place % 5 == 0 else "save_file",
            "arguments": {"to": LONG, LONG: {"nested": [1, 2, 3]}},
            "state": states[place % len(states)],
            "result": LONG * 20 if place % 3 else None,
            "is_error": place % 4 == 0,
            "decided_because": "The agent may call this tool.",
        }
        add_turn(run, 1001 + 2 * place, f"# Heading {place}\n\n`{LONG}`\n\n- a\n- b", **facts)
    open_request = ask(run, a_call(run, a_tool(), arguments={"to": LONG}), title=f"May I? {LONG}")
    page = open_as_mia(f"/runs/{run.id}")

    def unfold(page):
        for fold in page.locator(".call-result:not([open]) > summary").all()[:3]:
            fold.click()
        page.locator(".run-asked .inbox-reject > summary").first.click()

    screens = [Screen(f"/runs/{open_request.run_id}"), Screen(f"/runs/{run.id}", unfold)]
    problems = {str(screen): found for screen in screens if (found := audit(page, screen).problems)}
    size = len(page.request.get(f"/runs/{run.id}").body())

    assert problems == {}
    assert size < 250_000
    for width in (1440, 1024, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.locator("#main").evaluate("main => main.scrollWidth - main.clientWidth") <= 0


def test_complete_blocks_are_shown_rendered_while_the_last_line_is_still_written(open_as_mia, task, agent):
    run = a_run(task, agent, RunStatus.RUNNING)
    page = open_as_mia(f"/runs/{run.id}")
    text = page.locator("#live-text")
    place = {"task_id": task.id, "board_id": task.board_id}
    written = StreamedText(Claim(run_id=run.id, fence=1, agent_id=agent.id, **place))

    for piece in ("## Plan\n\n| a | b |\n|---|---|\n", "| 1 | 2 |\n\n", "Then **mo"):
        written.add(piece)
        written.end()

    expect(text.locator("h2")).to_have_text("Plan")
    expect(text.locator("td")).to_have_text(["1", "2"])
    expect(text.locator(".live-rest")).to_have_text("Then **mo")
    page.reload()
    expect(text.locator("h2")).to_have_text("Plan")
    expect(text.locator(".live-rest")).to_have_text("Then **mo")

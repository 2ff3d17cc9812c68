"""A run as a conversation: on its own page, and in the panel of its task."""

import re

import pytest

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Run, RunMessage
from helix.models.vocabulary import FailureReason, RequestKind, RunStatus, StepKind, ToolCallState
from helix.services import requests, runs, tools
from helix.services.work.trace import add_step
from helix.web.tasks import conversation
from tests.support.agent_turns import turns
from tests.support.model_server import ModelServer
from tests.support.people import as_actor
from tests.support.requests import a_call, a_run, a_tool, an_approval, ask, call_of
from tests.support.statements import statements


@pytest.fixture
def provider():
    with ModelServer() as server:
        yield server


@pytest.fixture
def agent(make, provider):
    tools.sync_builtin()
    make.model(provider="custom", model_name="clerk", base_url=provider.openai_url, supports_tools=True)
    return make.agent("Sierra")


@pytest.fixture
def task(make, mia, agent):
    return make.task("Invoice for Helen", by=mia, agent=agent)


def a_turn(run, text, *calls, number=None, **figures):
    """A turn as the loop of a run stores it: the step about the model call, the message, and its calls."""
    number = number or 3
    with transaction():
        add_step(db.session.get_one(Run, run.id), StepKind.MODEL_CALL, "Asked", milliseconds=2300, **figures)
        body = {"role": "assistant", "content": text}
        db.session.add(
            RunMessage(
                conversation_id=run.conversation_id,
                number=number,
                role="assistant",
                body=body,
                model="clerk",
                run_id=run.id,
            )
        )
        for call in calls:
            found = db.session.merge(call)
            found.message_number = number


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_page_tells_what_was_said_called_saved_and_answered(pages, mia, task, agent, provider):
    provider.behave(
        "clerk",
        turns(
            [("save_file", {"name": "invoice.csv", "text": "who,usd\nHelen,12\n"})],
            [("ask_person", {"question": "Which colour?", "options": ["Slate", "Sage"]})],
            "# Done\n\nIn **slate**.",
        ),
    )
    runs.start(as_actor(mia), task.id)
    runs.execute(runs.claim("a worker"))
    (asked,) = requests.open_for(as_actor(mia), limit=5)
    requests.answer(as_actor(mia), asked.request.id, decision="answer", values={"answer": "Slate"}, via="telegram")
    runs.execute(runs.claim("a worker"))

    page = pages.as_(mia).get(f"/runs/{asked.request.run_id}")
    text = words(page.text)

    assert page.status_code == 200
    assert text.index("Turn 1") < text.index("Save a file") < text.index("Turn 2") < text.index("Which colour?")
    assert "invoice.csv" in text
    assert re.search(r'href="/attachments/\d+"', page.text)
    assert '<blockquote class="call-answer" dir="auto">Slate</blockquote>' in page.text
    assert "Mia answered in Telegram" in text
    assert "<strong>slate</strong>" in page.text
    assert "Turns 3" in text
    assert "Calls 2" in text


def test_a_run_without_tools_is_calm(pages, mia, task, provider):
    provider.behave("clerk", turns("All **done**."))
    runs.start(as_actor(mia), task.id)
    runs.execute(runs.claim("a worker"))
    run = db.session.get(Run, 1)

    text = words(page := pages.as_(mia).get(f"/runs/{run.id}").text)

    assert "<strong>done</strong>" in page
    assert "Turns 1" in text
    assert "Calls" not in text
    assert "What this run may cost" not in page


def test_changed_arguments_are_marked_with_what_the_model_had_sent(pages, mia, task, agent):
    request = an_approval(task, agent)
    call = call_of(request)
    a_turn(run := db.session.get(Run, request.run_id), "I send it.", call)
    requests.answer(
        as_actor(mia),
        request.id,
        decision="allow",
        arguments={"to": "ada@example.com", "copies": 2},
        scope="run",
        via="api",
    )

    page = pages.as_(mia).get(f"/runs/{run.id}").text

    assert '<del class="call-value">helen@example.com</del>' in page
    assert '<ins class="call-value">ada@example.com</ins>' in page
    assert "Mia allowed this tool for the whole run through the API" in words(page)


def test_a_long_result_is_not_in_the_page_and_is_fetched_whole(pages, mia, task, agent):
    run = a_run(task, agent, RunStatus.RUNNING)
    length = conversation.RESULT_LENGTH_ON_PAGE
    call = a_call(run, a_tool(), state=ToolCallState.DONE, arguments={"to": "y" * 5000})
    with transaction():
        db.session.merge(call).result = "x" * length + "<the end>"
    a_turn(run, "I look.", call)
    browser = pages.as_(mia)

    page = browser.get(f"/runs/{run.id}").text
    result = browser.part(f"/runs/{run.id}/calls/{call.id}/result").text
    plain = browser.get(f"/runs/{run.id}/calls/{call.id}/result")
    arguments = browser.part(f"/runs/{run.id}/calls/{call.id}/arguments").text

    assert "x" * length in page
    assert "the end" not in page
    assert f"Show all {length + 9:,} characters" in page
    assert "&lt;the end&gt;" in result
    assert "y" * (conversation.ARGUMENT_LENGTH_ON_PAGE + 1) not in page
    assert "y" * 5000 in arguments
    assert plain.text.endswith("<the end>")
    assert plain.headers["Content-Type"].startswith("text/plain")


def test_a_call_of_another_run_is_not_found(pages, mia, task, make, agent):
    call = a_call(a_run(task, agent, RunStatus.FAILED))
    other = a_run(make.task(by=mia, agent=agent), agent)

    assert pages.as_(mia).part(f"/runs/{other.id}/calls/{call.id}/result").status_code == 404


def test_a_run_that_continues_another_shows_its_turns_folded(pages, mia, task, agent):
    first = a_run(task, agent, RunStatus.FAILED, reason=FailureReason.RATE_LIMITED, message="Slow down.")
    a_turn(first, "I began.", a_call(first, state=ToolCallState.DONE))
    second = a_run(task, agent, RunStatus.RUNNING, conversation_id=first.id, retry_of=first.id, attempt=2)
    a_turn(second, "I go on.", number=5)
    browser = pages.as_(mia)

    page, before = browser.get(f"/runs/{second.id}").text, browser.get(f"/runs/{first.id}").text

    fold = page[page.index(f'id="attempt-{first.id}"') : page.index("</summary>", page.index("Continues attempt"))]
    assert " open" not in fold
    assert "Continues attempt 1" in fold
    assert page.index("I began.") < page.index("I go on.")
    assert f'href="/runs/{second.id}"' in before
    assert "I go on." not in before


def test_what_still_goes_on_in_an_earlier_attempt_is_not_folded_away(pages, mia, task, agent):
    first = a_run(task, agent, RunStatus.FAILED)
    a_turn(first, "I began.", a_call(first, state=ToolCallState.STARTED, started_at=clock.now()))
    second = a_run(task, agent, RunStatus.RUNNING, conversation_id=first.id, retry_of=first.id, attempt=2)

    page = pages.as_(mia).get(f"/runs/{second.id}").text

    assert re.search(rf'id="attempt-{first.id}"\s+open', page)


def test_money_that_people_granted_counts_in_the_limit(pages, mia, make, agent):
    task = make.task(by=mia, agent=agent, board=make.board())
    run = a_run(task, agent, input_tokens=10, cost_usd=1, counted_usd=1)
    a_turn(run, "I call.", a_call(run, state=ToolCallState.DONE))
    request = ask(run, kind=RequestKind.BUDGET, title="This run has cost 1.00 USD. May I spend more?")
    with transaction():
        found = db.session.merge(request)
        found.state, found.decision, found.answer = "answered", "allow", {"usd": 0.5}
        found.answered_by_user_id, found.answered_at = mia.id, clock.now()

    text = words(pages.as_(mia).get(f"/runs/{run.id}").text)

    assert "of $1.50" in text
    assert "Mia allowed another 0.5 USD" in text


def test_the_open_request_stands_on_top_and_is_answered_there(pages, mia, task, agent):
    request = an_approval(task, agent)
    browser = pages.as_(mia)
    page = browser.get(f"/runs/{request.run_id}").text
    assert page.index("Allow once") < page.index("What was sent first")

    answered = browser.send(f"/runs/{request.run_id}/requests/{request.id}/answer", {"decision": "once"})

    assert call_of(request).state == ToolCallState.APPROVED
    assert "Allow once" not in answered.text


def test_the_number_of_statements_does_not_grow_with_the_run(pages, mia, task, agent):
    browser = pages.as_(mia)
    run = a_run(task, agent, RunStatus.RUNNING)
    a_turn(run, "One.", a_call(run, state=ToolCallState.DONE), number=3)
    browser.get(f"/runs/{run.id}")
    with statements() as few:
        browser.get(f"/runs/{run.id}")
    for number in range(5, 65, 2):
        call = a_call(run, a_tool(), state=ToolCallState.DENIED)
        request = ask(run, call)
        with transaction():
            found = db.session.merge(request)
            found.state, found.decision, found.answered_by_user_id = "answered", "deny", mia.id
            found.answered_at = clock.now()
        a_turn(run, f"Turn {number}", call, number=number)

    with statements() as many:
        browser.get(f"/runs/{run.id}")

    assert len(many) <= len(few) + 1

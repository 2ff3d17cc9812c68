"""Requests of agents in the inbox: their lines, the form made from the schema, and the answer."""

import json
from datetime import timedelta

import pytest

from helix import clock
from helix.extensions import db
from helix.models import AgentTool, HumanRequest
from helix.models.vocabulary import AnswerScope, RequestKind, RequestState, TaskStatus, ToolCallState
from helix.services import requests
from tests.support.html_forms import forms
from tests.support.people import as_actor
from tests.support.requests import a_call, a_question, a_run, a_tool, an_approval, ask, call_of

SCHEMA = {
    "type": "object",
    "properties": {
        "colour": {"type": "string", "title": "Colour", "enum": ["slate", "sage"], "default": "sage"},
        "copies": {"type": "integer", "description": "How many are printed", "minimum": 1},
        "gift": {"type": "boolean"},
        "extras": {"type": "array", "items": {"type": "string", "enum": ["card", "ribbon", "box"]}},
        "size": {"oneOf": [{"const": 1, "title": "Small"}, {"const": 2, "title": "Large"}]},
        "line": {"type": "string", "maxLength": 40},
        "address": {"type": "object"},
    },
    "required": ["colour", "copies"],
}


@pytest.fixture
def agent(make):
    return make.agent("Sierra")


@pytest.fixture
def task(make, mia, agent):
    return make.task("Invoice for Helen", by=mia, agent=agent)


def state_of(request):
    return db.session.get_one(HumanRequest, request.id, populate_existing=True).state


def action(request):
    return f"/inbox/requests/{request.id}/answer"


def test_requests_come_before_reviews_and_are_counted(pages, make, task, agent, mia, noah):
    review = make.task("Read me", by=mia, status=TaskStatus.REVIEW)
    request = an_approval(task, agent)
    others = an_approval(make.task(by=noah, agent=agent), agent)

    page = pages.as_(mia).get("/inbox").text

    assert page.index(f'id="line-request-{request.id}"') < page.index(f'id="line-task-{review.id}"')
    assert f'id="line-request-{others.id}"' not in page
    # The notification about the request is no item of its own.
    assert page.count("inbox-line") == 2
    assert '<span class="count count-new">2</span>' in page
    assert "Sierra asks · Invoice for Helen" in page


def test_the_inbox_costs_the_same_for_one_request_and_for_many(pages, make, task, agent, mia, statements):
    an_approval(task, agent)
    browser = pages.as_(mia)
    browser.get("/inbox")
    with statements() as few:
        browser.get("/inbox")

    for _ in range(5):
        an_approval(make.task(by=mia, agent=agent), agent)
    with statements() as many:
        browser.get("/inbox")

    assert len(many) == len(few) <= 10, many


def test_a_call_shows_its_arguments_and_the_scopes_that_it_offers(pages, task, agent, mia):
    request = an_approval(task, agent, scopes=["once", "run"])

    page = pages.as_(mia).get(f"/inbox?item=request-{request.id}").text

    assert "<code>send_mail</code>" in page
    assert "helen@example.com" in page
    assert "notice-danger" not in page
    assert [f'value="{word}"' in page for word in ("once", "run", "always", "deny")] == [True, True, False, True]


@pytest.mark.parametrize(("button", "scope"), [("once", "once"), ("run", "run"), ("always", "always")])
def test_each_button_allows_with_its_scope(pages, task, agent, mia, button, scope):
    request = an_approval(task, agent)
    browser = pages.as_(mia)

    reply = browser.send(action(request), {"decision": button, "item": f"request-{request.id}"})

    assert reply.status_code == 200
    assert f'id="line-request-{request.id}"' not in reply.text
    answered = db.session.get_one(HumanRequest, request.id, populate_existing=True)
    assert (answered.scope, answered.answered_via) == (AnswerScope(scope), "page")
    assert call_of(request).state == ToolCallState.APPROVED
    assert db.session.query(AgentTool).count() == (scope == "always")


def test_a_plain_form_denies_with_a_note(pages, task, agent, mia):
    request = an_approval(task, agent)
    browser = pages.as_(mia)

    reply = browser.post(action(request), {"decision": "deny", "note": "Helen has left."})

    assert (reply.status_code, reply.location) == (303, "/inbox")
    assert call_of(request).result == "A person denied this call.\n\nHelen has left."


def test_arguments_that_were_not_touched_are_no_change(pages, task, agent, mia):
    request = an_approval(task, agent)
    browser = pages.as_(mia)
    page = browser.get(f"/inbox?item=request-{request.id}").text
    (shown,) = (each.fields for each in forms(page) if each.attributes.get("id") == f"answer-{request.id}")

    browser.send(action(request), {name: values[0] for name, values in shown.items()} | {"decision": "once"})

    assert json.loads(shown["arguments"][0]) == {"to": "helen@example.com"}
    assert (call_of(request).state, call_of(request).edited_arguments) == (ToolCallState.APPROVED, None)


def test_changed_arguments_are_checked_and_kept_when_they_do_not_fit(pages, task, agent, mia):
    request = an_approval(task, agent)
    browser = pages.as_(mia)

    wrong = {"decision": "once", "arguments": '{"to": 7}', "shown_arguments": "{}", "item": f"request-{request.id}"}
    no_json = browser.send(action(request), wrong | {"arguments": "{to"})
    refused = browser.send(action(request), wrong)
    taken = browser.send(action(request), wrong | {"arguments": '{"to": "helen@larkmoor.example"}'})

    assert (no_json.status_code, refused.status_code, taken.status_code) == (422, 422, 200)
    assert "This is not valid JSON." in no_json.text
    assert "{to</textarea>" in no_json.text
    assert "to: This must be a text." in refused.text
    assert call_of(request).edited_arguments == {"to": "helen@larkmoor.example"}


def test_a_question_offers_its_options_and_takes_other_words(pages, make, task, agent, mia):
    first = a_question(task, agent, options=["Slate", "Sage"])
    second = a_question(make.task(by=mia, agent=agent), agent, options=["Slate", "Sage"])
    browser = pages.as_(mia)
    page = browser.get(f"/inbox?item=request-{first.id}").text

    empty = browser.send(action(first), {"decision": "answer", "item": f"request-{first.id}"})
    browser.send(action(first), {"decision": "answer", "value.answer": "Sage"})
    browser.send(action(second), {"decision": "answer", "value.answer": "Sage", "other.answer": "Rust"})

    assert 'type="radio" name="value.answer" value="Slate"' in page
    assert (empty.status_code, "Fill this in." in empty.text) == (422, True)
    assert [call_of(one).result for one in (first, second)] == ["Sage", "Rust"]


def test_the_default_of_a_question_stands_in_its_form(pages, task, agent, mia):
    request = a_question(task, agent, on_expiry="default", default="Slate", options=["Slate", "Sage"])

    page = pages.as_(mia).get(f"/inbox?item=request-{request.id}").text

    assert 'type="radio" name="value.answer" value="Slate" checked' in page
    assert "the default counts" in page


def test_a_form_is_made_from_the_schema(pages, task, agent, mia):
    request = a_question(task, agent, "How should it be printed?", schema=SCHEMA)
    browser = pages.as_(mia)
    page = browser.get(f"/inbox?item=request-{request.id}").text

    browser.send(
        action(request),
        {
            "decision": "answer",
            "value.colour": "0",
            "value.copies": "2",
            "value.extras": ["0", "2"],
            "value.size": "1",
            "value.line": "To Helen",
            "value.address": '{"city": "Leeds"}',
        },
    )

    assert "How many are printed" in page
    assert 'name="value.colour" value="1" checked' in page
    assert json.loads(call_of(request).result) == {
        "colour": "slate",
        "copies": 2,
        "gift": False,
        "extras": ["card", "box"],
        "size": 2,
        "line": "To Helen",
        "address": {"city": "Leeds"},
    }


def test_what_does_not_fit_the_schema_stays_in_the_form_beside_its_error(pages, task, agent, mia):
    request = a_question(task, agent, schema=SCHEMA)
    browser = pages.as_(mia)

    wanted = {"decision": "answer", "item": f"request-{request.id}", "value.line": "Kept", "value.extras": ["1"]}
    reply = browser.send(action(request), wanted | {"value.copies": "many", "value.colour": "9"})

    assert reply.status_code == 422
    assert "This must be a whole number." in reply.text
    assert 'value="many"' in reply.text
    assert 'value="Kept"' in reply.text
    assert 'name="value.extras" value="1" checked' in " ".join(reply.text.split())
    assert state_of(request) == RequestState.OPEN


def test_a_schema_without_properties_takes_json(pages, task, agent, mia):
    request = a_question(task, agent, schema={"type": "object", "minProperties": 1})
    browser = pages.as_(mia)
    fresh = browser.get(f"/inbox?item=request-{request.id}").text

    wanted = {"decision": "answer", "item": f"request-{request.id}"}
    refused = [browser.send(action(request), wanted | {"whole": text}) for text in ("", "[1]", "{x")]
    browser.send(action(request), wanted | {"whole": '{"colour": "slate"}'})

    assert "field-error" not in fresh
    assert [reply.status_code for reply in refused] == [422, 422, 422]
    assert "does not fit what is asked for" in refused[0].text
    assert "Write a JSON object" in refused[1].text
    assert "This is not valid JSON." in refused[2].text
    assert call_of(request).result == '{"colour": "slate"}'


def test_a_form_without_a_button_allows_nothing(pages, task, agent, mia):
    request = an_approval(task, agent)

    reply = pages.as_(mia).send(action(request), {"usual": "", "item": f"request-{request.id}"})

    assert reply.status_code == 422
    assert "Send allow or deny." in reply.text
    assert state_of(request) == RequestState.OPEN


def test_an_uncertain_call_is_clarified(pages, task, agent, mia):
    run = a_run(task, agent)
    request = ask(run, a_call(run, a_tool()), kind=RequestKind.UNCERTAIN, title="Was it sent?")
    browser = pages.as_(mia)
    page = browser.get(f"/inbox?item=request-{request.id}").text

    browser.send(action(request), {"decision": "answer", "value.outcome": "0", "value.text": "At noon."})

    assert "Go on without it" in page
    assert (call_of(request).state, call_of(request).result) == (ToolCallState.DONE, "At noon.")


def test_money_is_granted_by_who_manages_the_board(pages, task, agent, ada, mia):
    request = ask(a_run(task, agent), kind=RequestKind.BUDGET, title="Another 0.50?")

    hers = pages.as_(mia).get(f"/inbox?item=request-{request.id}").text
    reply = pages.as_(ada).send(action(request), {"decision": "once", "value.usd": "0.5"})

    assert "Somebody who manages this board has to answer it." in hers
    assert action(request) not in hers
    assert reply.status_code == 200
    assert float(requests.extra_usd(request.run_id)) == 0.5


def test_what_somebody_else_answered_meanwhile_is_said(pages, task, agent, ada, mia):
    request = an_approval(task, agent)
    requests.answer(as_actor(ada), request.id, decision="deny", via="api")
    browser = pages.as_(mia)

    reply = browser.send(action(request), {"decision": "once"})
    page = browser.get(f"/inbox?item=request-{request.id}").text

    assert "Ada answered this on" in reply.text
    assert "Ada has denied this." in page
    assert action(request) not in page
    assert call_of(request).state == ToolCallState.DENIED


def test_an_expired_request_offers_no_form(pages, task, agent, mia):
    request = an_approval(task, agent, expires_at=clock.now() - timedelta(seconds=1))

    page = pages.as_(mia).get(f"/inbox?item=request-{request.id}").text

    assert "Nobody answered this in time." in page
    assert action(request) not in page


def test_several_calls_are_allowed_together_with_results(pages, make, task, agent, mia, noah):
    calls = [an_approval(task, agent), an_approval(make.task(by=mia, agent=agent), agent)]
    others = an_approval(make.task(by=noah, agent=agent), agent)
    review = make.task("Read me", by=mia, status=TaskStatus.REVIEW)
    browser = pages.as_(mia)
    page = browser.get("/inbox").text

    ids = [*(f"request-{one.id}" for one in [*calls, others]), str(review.id)]
    reply = browser.send("/inbox/several/approve", {"ids": ids})

    assert f'value="request-{calls[0].id}"' in page
    assert "Allowed 2 calls. Approved “Read me”, now in Done. Not all:" in reply.text
    assert [state_of(one) for one in [*calls, others]] == [RequestState.ANSWERED] * 2 + [RequestState.OPEN]


def test_several_calls_are_denied_with_the_same_words(pages, make, task, agent, mia):
    calls = [an_approval(task, agent), an_approval(make.task(by=mia, agent=agent), agent)]
    browser = pages.as_(mia)

    reply = browser.send(
        "/inbox/several/reject", {"ids": [f"request-{one.id}" for one in calls], "feedback": "Not now."}
    )

    assert "Denied 2 calls." in reply.text
    assert {call_of(one).result for one in calls} == {"A person denied this call.\n\nNot now."}


def test_text_of_an_agent_is_no_markup(pages, task, agent, mia):
    run = a_run(task, agent)
    call = a_call(run, a_tool(), arguments={"to": "<script>alert(1)</script>"})
    request = ask(run, call, title="<img src=x onerror=alert(1)>", body="<script>alert(2)</script>")

    page = pages.as_(mia).get(f"/inbox?item=request-{request.id}").text

    for evil in ("<script>alert", "<img src=x"):
        assert evil not in page


def test_the_dashboard_shows_what_is_asked(pages, task, agent, mia):
    request = an_approval(task, agent)

    page = pages.as_(mia).get("/").text

    assert f'id="need-request-{request.id}"' in page
    assert f'href="/inbox?item=request-{request.id}"' in page


def test_a_notification_leads_to_what_is_asked(pages, task, agent, mia):
    from helix.models import Notification
    from helix.models.vocabulary import NotificationType

    request = an_approval(task, agent)
    told = db.session.query(Notification).filter_by(user_id=mia.id, type=NotificationType.REQUEST).one()

    page = pages.as_(mia).get(f"/inbox?show=notifications&item=news-{told.id}").text

    assert f"Sierra asks: {request.title}" in page
    assert f'href="/inbox?item=request-{request.id}"' in page

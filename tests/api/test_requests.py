"""/api/requests: the list, one request, and answers."""

from datetime import timedelta

import pytest

from helix import clock
from helix.extensions import db
from helix.models import Run
from helix.models.vocabulary import BoardLevel, RequestKind, RunStatus, ToolCallState
from helix.services import requests
from tests.support.requests import a_call, a_question, a_run, an_approval, ask, call_of, run_of


@pytest.fixture
def agent(make):
    return make.agent("Sierra")


@pytest.fixture
def task(make, mia, agent):
    return make.task("Invoice for Helen", by=mia, agent=agent)


def ids(reply):
    assert reply.status_code == 200, reply.text
    return [one["id"] for one in reply.json["items"]]


def test_a_request_shows_what_is_asked_and_what_may_be_answered(api, task, agent, mia):
    request = an_approval(task, agent, body="With the total of March.", scopes=["once", "run"])

    shown = api.as_(mia).get(f"/api/requests/{request.id}").json

    assert shown == {
        "id": request.id,
        "kind": "approval",
        "state": "open",
        "title": "Send the invoice to Helen?",
        "body": "With the total of March.",
        "task_id": task.id,
        "task_title": "Invoice for Helen",
        "board_id": task.board_id,
        "run_id": request.run_id,
        "agent_id": agent.id,
        "agent_name": "Sierra",
        "tool_call_id": request.tool_call_id,
        "tool": "send_mail",
        "arguments": {"to": "helen@example.com"},
        "edited_arguments": None,
        "schema": {"type": "object", "properties": {}, "required": [], "additionalProperties": False},
        "options": [],
        "decisions": ["allow", "deny"],
        "scopes": ["once", "run"],
        "may_answer": True,
        "decision": None,
        "values": None,
        "note": "",
        "scope": None,
        "answered_by_user_id": None,
        "answered_by_name": None,
        "answered_via": None,
        "answered_at": None,
        "expires_at": clock.iso(request.expires_at),
        "on_expiry": "deny",
        "default": None,
        "created_at": clock.iso(request.created_at),
    }


def test_an_answer_is_shown_with_who_gave_it(api, task, agent, mia):
    request = a_question(task, agent, options=["Slate", "Sage"], on_expiry="default", default="Slate")
    browser = api.as_(mia)
    assert browser.get(f"/api/requests/{request.id}").json["default"] == {"answer": "Slate"}

    body = {"decision": "answer", "values": {"answer": "Sage"}, "note": "It is spring."}
    reply = browser.post(f"/api/requests/{request.id}/answer", json=body)

    assert reply.status_code == 200
    shown = {
        name: reply.json[name] for name in ("state", "values", "note", "answered_by_name", "answered_via", "default")
    }
    assert shown == {
        "state": "answered",
        "values": {"answer": "Sage"},
        "note": "It is spring.",
        "answered_by_name": "Mia",
        "answered_via": "api",
        "default": None,
    }
    assert not reply.json["may_answer"]
    assert call_of(request).result == "Sage\n\nIt is spring."
    assert run_of(request).status == RunStatus.QUEUED


def test_the_list_is_narrowed_by_state_task_and_who_may_answer(api, make, task, agent, mia, noah):
    others = make.task("Not hers", by=noah, agent=agent)
    mine, other = an_approval(task, agent), an_approval(others, agent)
    done = an_approval(make.task(by=mia, agent=agent), agent)
    browser = api.as_(mia)
    browser.post(f"/api/requests/{done.id}/answer", json={"decision": "deny"})

    assert ids(browser.get("/api/requests/")) == [done.id, other.id, mine.id]
    assert ids(browser.get("/api/requests/?state=open")) == [other.id, mine.id]
    assert ids(browser.get("/api/requests/?state=answered")) == [done.id]
    assert ids(browser.get("/api/requests/?state=open&mine=true")) == [mine.id]
    assert ids(browser.get("/api/requests/?state=open&mine=false")) == [other.id]
    assert ids(browser.get(f"/api/requests/?task_id={others.id}")) == [other.id]
    assert browser.get("/api/requests/?state=asked").status_code == 422
    first = browser.get("/api/requests/?per_page=2").json
    assert (first["total"], first["pages"]) == (3, 2)
    assert ids(browser.get(f"/api/requests/?per_page=2&cursor={first['cursor']}")) == [mine.id]


def test_money_is_not_among_what_a_creator_may_answer(api, task, agent, ada, mia):
    request = ask(a_run(task, agent), kind=RequestKind.BUDGET, title="Another 0.50?")

    assert ids(api.as_(mia).get("/api/requests/?mine=true")) == []
    assert ids(api.as_(ada).get("/api/requests/?mine=true")) == [request.id]
    refused = api.as_(mia).post(
        f"/api/requests/{request.id}/answer", json={"decision": "allow", "values": {"usd": 0.5}}
    )
    granted = api.as_(ada).post(
        f"/api/requests/{request.id}/answer", json={"decision": "allow", "values": {"usd": 0.5}}
    )
    assert (refused.status_code, granted.status_code) == (403, 200)


def test_a_hidden_board_hides_its_requests(api, make, mia, noah, agent):
    board = make.board()
    make.grant(noah, board, BoardLevel.NONE)
    request = an_approval(make.task(by=mia, board=board, agent=agent), agent)
    browser = api.as_(noah)

    assert ids(browser.get("/api/requests/")) == []
    assert browser.get(f"/api/requests/{request.id}").status_code == 404
    assert browser.post(f"/api/requests/{request.id}/answer", json={"decision": "allow"}).status_code == 404


def test_a_second_answer_says_who_was_first_and_when(api, task, agent, ada, mia):
    request = an_approval(task, agent)
    api.as_(mia).post(f"/api/requests/{request.id}/answer", json={"decision": "allow"})

    reply = api.as_(ada).post(f"/api/requests/{request.id}/answer", json={"decision": "deny"})

    assert reply.status_code == 409
    assert reply.json["detail"].startswith("Mia answered this on ")
    assert reply.json["answered_by"] == "Mia"
    assert reply.json["answered_at"] == api.as_(ada).get(f"/api/requests/{request.id}").json["answered_at"]


def test_a_repeated_request_with_a_key_gets_the_first_response(api, task, agent, mia):
    request = an_approval(task, agent)
    sent = {"json": {"decision": "allow"}, "headers": {"Idempotency-Key": "answer-1"}}

    first, second = (api.as_(mia).post(f"/api/requests/{request.id}/answer", **sent) for _ in range(2))

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json == second.json
    assert second.headers["Idempotency-Replayed"] == "true"
    assert run_of(request).status == RunStatus.QUEUED


def test_a_refused_answer_with_a_key_changes_nothing(api, task, agent, mia):
    request = an_approval(task, agent)
    sent = {"json": {"decision": "allow", "arguments": {}}, "headers": {"Idempotency-Key": "answer-1"}}

    reply = api.as_(mia).post(f"/api/requests/{request.id}/answer", **sent)

    assert reply.status_code == 422
    assert api.as_(mia).get(f"/api/requests/{request.id}").json["state"] == "open"


def test_a_waiting_run_is_not_pending_for_a_worker(api, task, agent, mia):
    an_approval(task, agent)

    assert api.as_(mia).get("/api/gateway/status").json["pending_tasks"] == 0


def test_an_answer_after_the_deadline_is_a_conflict(api, task, agent, mia):
    request = an_approval(task, agent, expires_at=clock.now() - timedelta(minutes=1))

    reply = api.as_(mia).post(f"/api/requests/{request.id}/answer", json={"decision": "allow"})

    assert reply.status_code == 409
    assert "expired" in reply.json["detail"]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, ["decision"]),
        ({"decision": "allow", "surprise": 1}, ["surprise"]),
        ({"decision": "allow", "scope": "forever"}, ["scope"]),
        ({"decision": "allow", "arguments": {"to": 7}}, ["arguments", "to"]),
        ({"decision": "allow", "arguments": ["to"]}, ["arguments"]),
        ({"decision": "allow", "note": "\x00"}, ["note"]),
        ({"decision": "answer", "values": {"answer": "yes"}}, ["decision"]),
    ],
)
def test_what_does_not_fit_is_a_422_that_names_the_field(api, task, agent, mia, body, place):
    request = an_approval(task, agent)

    reply = api.as_(mia).post(f"/api/requests/{request.id}/answer", json=body)

    assert reply.status_code == 422
    assert reply.json["detail"][0]["loc"] == place
    assert call_of(request).state == ToolCallState.WAITING


def test_several_answers_have_outcomes_of_their_own(api, make, task, agent, mia, noah):
    run = a_run(task, agent)
    first, second = (ask(run, a_call(run), kind=RequestKind.QUESTION, title="Which?") for _ in range(2))
    others = an_approval(make.task(by=noah, agent=agent), agent)
    answers = [
        {"id": first.id, "decision": "answer", "values": {"answer": "This"}},
        {"id": others.id, "decision": "allow"},
        {"id": second.id, "decision": "answer", "values": {}},
        {"id": 999_999, "decision": "allow"},
    ]

    reply = api.as_(mia).post("/api/requests/answer", json={"answers": answers})

    assert reply.status_code == 200
    results = reply.json["results"]
    assert [(one["id"], one["status"]) for one in results] == [
        (first.id, 200),
        (others.id, 403),
        (second.id, 422),
        (999_999, 404),
    ]
    assert (results[0]["request"]["state"], results[0]["detail"]) == ("answered", None)
    assert results[2]["detail"][0] == {"loc": ["values", "answer"], "msg": "Fill this in.", "type": "value_error"}
    assert db.session.get_one(Run, run.id).status == RunStatus.WAITING
    assert requests.has_open(run.id)


def test_the_list_costs_the_same_for_one_and_for_many(api, make, agent, mia, statements):
    an_approval(make.task(by=mia, agent=agent), agent)
    browser = api.as_(mia)
    browser.get("/api/requests/")
    with statements() as few:
        browser.get("/api/requests/?state=open")

    for _ in range(5):
        an_approval(make.task(by=mia, agent=agent), agent)
    with statements() as many:
        browser.get("/api/requests/?state=open")

    assert len(many) == len(few) <= 4, many

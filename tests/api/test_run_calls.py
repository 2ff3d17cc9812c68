"""/api/runs/{id}/calls: the tool calls of a run."""

import pytest

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import RunMessage
from helix.models.vocabulary import RunStatus, StepKind, ToolCallState
from helix.services import requests
from helix.services.runs import calls
from helix.services.work.trace import add_step
from tests.support.people import as_actor
from tests.support.requests import a_call, a_run, an_approval, call_of, run_of


@pytest.fixture
def task(make, mia):
    return make.task("Invoice for Helen", by=mia)


def test_a_call_is_shown_with_what_was_decided_and_the_request_about_it(api, task, make, mia):
    request = an_approval(task, make.agent())
    call = call_of(request)
    requests.answer(
        as_actor(mia), request.id, decision="allow", arguments={"to": "helen@example.com", "copies": 2}, via="api"
    )

    reply = api.as_(mia).get(f"/api/runs/{request.run_id}/calls")

    (shown,) = reply.json
    assert reply.headers["X-Total-Count"] == "1"
    assert shown | {"arguments": None} == {
        "id": call.id,
        "run_id": request.run_id,
        "name": call.name,
        "arguments": None,
        "edited_arguments": {"to": "helen@example.com", "copies": 2},
        "state": "approved",
        "decided_because": "Mia allowed it, with other arguments.",
        "result": None,
        "result_length": 0,
        "is_error": False,
        "milliseconds": None,
        "cost_usd": None,
        "started_at": None,
        "finished_at": None,
        "request_id": request.id,
    }
    assert shown["arguments"] == call.arguments


def test_a_run_has_its_turns_with_their_calls(api, task, make, mia):
    first = a_run(task, make.agent(), RunStatus.FAILED)
    second = a_run(task, make.agent(), RunStatus.RUNNING, conversation_id=first.id)
    for run, number, text in ((first, 3, "I begin."), (second, 5, "I go on.")):
        call = a_call(run, state=ToolCallState.DONE)
        with transaction():
            db.session.merge(call).message_number = number
            add_step(db.session.merge(run), StepKind.MODEL_CALL, "Asked", milliseconds=1200, input_tokens=40)
            body = {"role": "assistant", "content": text}
            of_run = {"conversation_id": first.id, "run_id": run.id}
            db.session.add(RunMessage(number=number, role="assistant", body=body, model="clerk", **of_run))

    reply = api.as_(mia).get(f"/api/runs/{second.id}").json
    before = api.as_(mia).get(f"/api/runs/{first.id}").json

    assert [(turn["number"], turn["run_id"], turn["text"]) for turn in reply["turns"]] == [
        (1, first.id, "I begin."),
        (2, second.id, "I go on."),
    ]
    assert [turn["text"] for turn in before["turns"]] == ["I begin."]
    last = reply["turns"][1]
    assert (last["model"], last["milliseconds"], last["input_tokens"], len(last["calls"])) == ("clerk", 1200, 40, 1)
    assert [turn["calls"][0] for turn in reply["turns"]] == api.as_(mia).get(f"/api/runs/{second.id}/calls").json


def test_a_long_result_is_shortened(api, task, make, mia):
    run = a_run(task, make.agent(), RunStatus.RUNNING)
    call = a_call(run, state=ToolCallState.DONE)
    with transaction():
        call.result = "x" * (calls.BEGINNING_LENGTH + 1)

    (shown,) = api.as_(mia).get(f"/api/runs/{run.id}/calls").json

    assert (shown["result"], shown["result_length"]) == ("x" * calls.BEGINNING_LENGTH, calls.BEGINNING_LENGTH + 1)


def test_a_later_attempt_shows_the_calls_that_it_took_over_and_an_earlier_one_not_those_after_it(api, task, make, mia):
    agent = make.agent()
    request = an_approval(task, agent)
    first = run_of(request)
    with transaction():
        first.status = RunStatus.FAILED
    second = a_run(task, agent, RunStatus.RUNNING, conversation_id=first.conversation_id, retry_of=first.id)
    later = a_call(second)

    def shown(run):
        return [one["id"] for one in api.as_(mia).get(f"/api/runs/{run.id}/calls").json]

    assert shown(second) == [request.tool_call_id, later.id]
    assert shown(first) == [request.tool_call_id]

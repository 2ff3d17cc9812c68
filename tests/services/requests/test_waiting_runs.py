"""What is said of a run that waits for people, and what it blocks."""

import pytest

from helix import clock
from helix.db.transaction import transaction
from helix.errors import Conflict
from helix.extensions import db
from helix.models import Run, Task
from helix.models.vocabulary import RequestKind, RequestState, RunStatus, TaskStatus, ToolCallState, Trigger
from helix.services import requests, runs
from helix.services.work import waiting_reasons
from helix.services.work.live_runs import refuse_while_live
from tests.support.people import as_actor
from tests.support.requests import a_call, a_question, a_run, a_tool, an_approval, ask, call_of, run_of


@pytest.fixture
def agent(make):
    make.model()
    return make.agent("Sierra")


@pytest.fixture
def task(make, mia, agent):
    return make.task("Invoice for Helen", by=mia, agent=agent)


def test_it_is_said_what_is_asked_the_oldest_first(task, agent, mia):
    run = a_run(task, agent)
    first = ask(run, a_call(run, a_tool()), title="Send the invoice?")
    ask(run, a_call(run), kind=RequestKind.QUESTION, title="Which colour?")

    assert waiting_reasons.reasons([run.id]) == {
        run.id: {"code": "answer", "message": "Sierra asks: Send the invoice?", "until": None}
    }
    requests.answer(as_actor(mia), first.id, decision="allow", via="page")
    assert waiting_reasons.reasons([run.id])[run.id]["message"] == "Sierra asks: Which colour?"


def test_a_later_attempt_waits_for_what_the_earlier_one_asked(task, agent):
    lost = a_run(task, agent, RunStatus.FAILED, finished_at=clock.now())
    request = ask(lost, a_call(lost, a_tool()))
    run = a_run(task, agent, conversation_id=lost.conversation_id)

    assert waiting_reasons.reasons([run.id])[run.id]["message"] == f"Sierra asks: {request.title}"


def test_queued_and_waiting_runs_are_explained_together(make, task, agent, mia, ada):
    request = a_question(task, agent)
    _task, queued = runs.start(as_actor(ada), make.task(by=mia, agent=agent).id)

    found = waiting_reasons.reasons([request.run_id, queued])

    assert (found[request.run_id]["code"], found[queued]["code"]) == ("answer", "no_worker")


def test_a_waiting_task_is_not_started_again(task, agent, mia):
    an_approval(task, agent)

    with pytest.raises(Conflict, match="Cancel that run first"):
        runs.start(as_actor(mia), task.id)
    with pytest.raises(Conflict, match="An agent waits for an answer on this task"):
        refuse_while_live(db.session.get_one(Task, task.id), "archive")


def test_the_task_and_the_run_say_by_api_what_is_asked(api, task, agent, mia):
    request = a_question(task, agent)
    browser = api.as_(mia)

    shown, run = (browser.get(path).json for path in (f"/api/tasks/{task.id}", f"/api/runs/{request.run_id}"))

    assert (shown["status"], shown["last_run"]["status"]) == ("in_progress", "waiting")
    assert shown["waiting"]["message"] == run["waiting"]["message"] == "Sierra asks: Which colour?"


def test_a_cancelled_run_by_api_withdraws_its_requests(api, task, agent, mia):
    request = an_approval(task, agent)

    reply = api.as_(mia).post(f"/api/tasks/{task.id}/cancel-run")

    assert (reply.status_code, run_of(request).status) == (200, RunStatus.CANCELLED)
    assert call_of(request).state == ToolCallState.SKIPPED
    assert api.as_(mia).get(f"/api/requests/{request.id}").json["state"] == RequestState.WITHDRAWN
    assert db.session.get_one(Task, task.id, populate_existing=True).status == TaskStatus.TODO


def test_the_card_and_the_panel_show_what_is_asked_and_offer_to_cancel(pages, task, agent, mia):
    a_question(task, agent)
    browser = pages.as_(mia)

    board = browser.get(f"/boards/{task.board_id}").text
    panel = browser.get(f"/tasks/{task.id}").text

    assert "Sierra asks: Which colour?" in board
    assert "Waits for an answer" in board
    assert "Sierra asks: Which colour?" in panel
    assert f"/tasks/{task.id}/cancel-run" in panel
    assert f"/tasks/{task.id}/execute" not in panel


def test_an_agent_that_was_mentioned_says_what_it_waits_for(pages, make, task, agent, mia):
    from helix.models import Comment

    with transaction():
        comment = Comment(task_id=task.id, user_id=mia.id, content="@Sierra?", created_at=clock.now())
        db.session.add(comment)
    run = a_run(task, agent, trigger=Trigger.MENTION, comment_id=comment.id)
    ask(run, a_call(run), kind=RequestKind.QUESTION, title="Which colour?")

    shown = pages.as_(mia).get(f"/tasks/{task.id}/answering").text

    assert "Sierra asks: Which colour?" in shown
    assert "could not answer" not in shown


def test_old_runs_are_purged_and_waiting_ones_kept(make, task, agent, mia):
    from datetime import timedelta

    from helix.services import maintenance, settings

    request = an_approval(task, agent)
    with transaction():
        settings.organization().retention_days = 1
        waiting = db.session.get_one(Run, request.run_id)
        # A clock that was set back may have written it.
        waiting.finished_at = clock.now() - timedelta(days=9)
        db.session.get_one(Task, task.id).last_run_id = None

    maintenance.purge_past()

    assert db.session.get(Run, request.run_id) is not None

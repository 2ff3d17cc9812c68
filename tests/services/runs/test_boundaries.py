"""A worker that dies at each boundary of a transaction: the next one goes on, and no effect is doubled or lost.

The run asks a person, saves a file, reads a page of a local server, and writes a comment. It is killed just before and
just after each of its commits, once for each boundary, and another worker goes on.
"""

import pytest
from pytest_httpserver import HTTPServer
from sqlalchemy import event, func, select

from helix.db.transaction import transaction
from helix.extensions import db
from helix.live import writes
from helix.models import AgentTool, Comment, HumanRequest, Run, TaskAttachment, Tool, ToolCall
from helix.models.vocabulary import RequestKind, RunStatus, ToolCallState, ToolPolicy
from helix.services import requests, runs, tasks
from helix.services.tools import web
from tests.support.agent_turns import results_sent, turns
from tests.support.people import as_actor

PERSON_KNOWS = {"outcome": "done", "text": "Tea is green."}


class Killed(BaseException):
    """As `kill -9`: nothing catches it."""


class Killer:
    """Kills at the given boundary, counted over all transactions that it sees: before the commit and after it."""

    def __init__(self, at):
        self.at, self.seen = at, 0
        self._patched = pytest.MonkeyPatch()

    def __enter__(self):
        event.listen(db.session, "before_commit", self._before)
        # What `transaction` does first after its commit.
        self._patched.setattr(writes, "written", self._pass)
        return self

    def __exit__(self, *_):
        event.remove(db.session, "before_commit", self._before)
        self._patched.undo()

    def _before(self, session):
        # Reading ends with a commit as well.
        if session.info.get("after_commit") is not None:
            self._pass()

    def _pass(self):
        self.seen += 1
        if self.seen == self.at:
            raise Killed


@pytest.fixture
def page(monkeypatch):
    with HTTPServer(host="127.0.0.1") as server:
        monkeypatch.setattr(web, "ALLOW_PRIVATE", True)
        monkeypatch.setattr(web, "PORTS", frozenset({server.port}))
        server.expect_request("/tea").respond_with_data("Tea is green.", content_type="text/plain")
        yield server


@pytest.fixture
def agent(make, provider, model_that, page):
    script = turns(
        [("ask_person", {"question": "Green or black?"}), ("save_file", {"name": "tea.md", "text": "# Tea"})],
        [("web_fetch", {"url": page.url_for("/tea")})],
        [("add_comment", {"text": "Tea is ready."}), ("list_files", {})],
        "Done.",
    )
    provider.behave("boundaries", script)
    model_that("boundaries", supports_tools=True)
    agent = make.agent("Sierra")
    with transaction():
        for tool in db.session.scalars(select(Tool).where(Tool.name.in_(("web_fetch", "add_comment")))):
            db.session.add(
                AgentTool(
                    agent_id=agent.id,
                    tool_id=tool.id,
                    policy=ToolPolicy.ALLOW,
                    granted_at=agent.created_at,
                    limits={},
                )
            )
    return agent


def newest_run(task_id):
    query = select(Run).where(Run.task_id == task_id).order_by(Run.id.desc()).limit(1)
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def carry_on(ada, task_id, worker):
    """Do what is next: answer the open request, or claim the run and execute it."""
    if newest_run(task_id).status == RunStatus.WAITING:
        query = select(HumanRequest).where(HumanRequest.task_id == task_id, HumanRequest.state == "open")
        request = db.session.scalars(query).one()
        answer = {"answer": "Green"} if request.kind == RequestKind.QUESTION else PERSON_KNOWS
        requests.answer(ada, request.id, decision="answer", values=answer, via="api")
    claim = runs.claim(worker)
    assert claim is not None, "the run is lost"
    runs.execute(claim)


def of_task(model, task_id, *conditions):
    query = select(func.count()).select_from(model).where(model.task_id == task_id, *conditions)
    return db.session.scalar(query)


@pytest.mark.parametrize("repeatable", [True, False])
def test_no_effect_is_doubled_or_lost_wherever_the_worker_dies(ada, agent, make, provider, page, repeatable):
    """`repeatable`: whether reading the page twice does no harm. If it may do, a person is asked instead."""
    actor, boundary, board_id, agent_id = as_actor(ada), 0, make.board().id, agent.id
    with transaction():
        db.session.scalars(select(Tool).where(Tool.name == "web_fetch")).one().repeatable = repeatable
    asked_about = 0
    while True:
        boundary += 1
        task_id = tasks.create(
            actor, title=f"See {page.url_for('/tea')}", board_id=board_id, assigned_agent_id=agent_id
        ).id
        runs.start(actor, task_id)
        page.clear_log()
        with Killer(boundary) as killer:
            for step in range(10):
                worker = f"worker {boundary}.{step}"
                try:
                    carry_on(actor, task_id, worker)
                except Killed:
                    db.session.remove()
                    runs.lost_by(worker)
                if not newest_run(task_id).is_live:
                    break

        run = newest_run(task_id)
        why = f"killed at boundary {boundary}"
        assert (run.status, run.result) == (RunStatus.SUCCEEDED, "Done."), why
        assert of_task(TaskAttachment, task_id) == 1, why
        assert of_task(Comment, task_id) == 1, why
        assert of_task(HumanRequest, task_id, HumanRequest.kind == RequestKind.QUESTION) == 1, why
        uncertain = of_task(HumanRequest, task_id, HumanRequest.kind == RequestKind.UNCERTAIN)
        asked_about += uncertain
        assert len(page.log) + uncertain >= 1, why
        assert repeatable or len(page.log) <= 1, why
        calls = db.session.scalars(select(ToolCall).where(ToolCall.conversation_id == run.conversation_id)).all()
        assert [call.state for call in calls] == [ToolCallState.DONE] * 5, why
        results = results_sent(provider.asked("boundaries")[-1])
        assert len(results) == 5, why
        assert all(text in result for text, result in zip(("Green", "tea.md", "green"), results, strict=False)), why
        assert run.reserved_usd == 0, why
        if killer.seen < boundary:
            break
    assert asked_about == (0 if repeatable else 2), "killed after the call was begun, and before its end was stored"
    assert boundary > 36, "before and after each of 18 transactions at least"

"""A task whose run really waits for a person, and going on with it: for backups and whatever else it must survive.

task = waiting_task(make, ada, provider)      # its agent has saved a file, and asks a question
go_on(ada, task.id)                           # answers it, and does what a woken worker does
"""

from typing import Any

from sqlalchemy import select

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import AgentTool, HumanRequest, Run, Task, Tool, User
from helix.models.vocabulary import RequestState, RunStatus, ToolPolicy
from helix.services import requests, runs
from tests.support.agent_turns import turns
from tests.support.model_server import ModelServer
from tests.support.people import as_actor

QUESTION, COMMENT, RESULT = "Green or black?", "Tea it is.", "Done."
SCRIPT = (
    [("save_file", {"name": "tea.md", "text": "# Tea"})],
    [("ask_person", {"question": QUESTION})],
    [("add_comment", {"text": COMMENT})],
    RESULT,
)


def waiting_task(make: Any, by: User, provider: ModelServer) -> Task:
    provider.behave("asks", turns(*SCRIPT))
    wanted = {"provider": "custom", "base_url": provider.openai_url, "model_name": "asks", "display_name": "asks"}
    make.model(**wanted, supports_tools=True)
    agent = make.agent("Sierra")
    with transaction():
        tool = db.session.scalars(select(Tool).where(Tool.name == "add_comment")).one()
        granted = {"policy": ToolPolicy.ALLOW, "limits": {"per_run": 3}, "granted_at": agent.created_at}
        db.session.add(AgentTool(agent_id=agent.id, tool_id=tool.id, **granted))
    task = make.task("Make tea", by=by, agent=agent)
    runs.start(as_actor(by), task.id)
    _work("a worker")
    assert newest_run(task.id).status == RunStatus.WAITING
    return task


def go_on(by: User, task_id: int) -> Run:
    """Answer the open request, and execute the run to its end."""
    query = select(HumanRequest).where(HumanRequest.task_id == task_id, HumanRequest.state == RequestState.OPEN)
    request = db.session.scalars(query).one()
    requests.answer(as_actor(by), request.id, decision="answer", values={"answer": "Green"}, via="api")
    _work("another worker")
    return newest_run(task_id)


def newest_run(task_id: int) -> Run:
    query = select(Run).where(Run.task_id == task_id).order_by(Run.id.desc()).limit(1)
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def _work(worker: str) -> None:
    claim = runs.claim(worker)
    assert claim is not None, "no run may start"
    runs.execute(claim)

"""An agent at work on a task, whose built-in tools are called as the loop of a run calls them."""

from typing import Any

import pytest

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Agent, Task
from helix.models.vocabulary import RunStatus
from helix.policies.actor import agent_actor
from helix.services import tools
from tests.support.runs import finished_run


class Desk:
    """`desk.call("save_file", name="a.md", text="...")`"""

    def __init__(self, task: Task, agent: Agent) -> None:
        self.task, self.agent = task, agent
        self.run = finished_run(task, agent, RunStatus.RUNNING)

    def context(self, **more: Any) -> tools.ToolContext:
        return tools.ToolContext(
            agent_actor=agent_actor(self.agent.id, self.agent.name),
            agent_id=self.agent.id,
            task_id=self.task.id,
            board_id=db.session.get_one(Task, self.task.id).board_id,
            run_id=self.run.id,
            **{"call_id": 0, **more},
        )

    def call(self, name: str, /, *, context: tools.ToolContext | None = None, **arguments: Any) -> tools.ToolResult:
        context = context or self.context()
        with tools.stored_content(name, arguments) as stored:
            if not tools.is_transactional(name):
                return tools.run_builtin(context, name, arguments)
            with transaction():
                return tools.run_builtin(context, name, arguments, stored=stored)


@pytest.fixture
def desk(make):
    make.model()
    agent = make.agent("Sierra")
    return Desk(make.task("Count the towels", agent=agent, description="See the list."), agent)

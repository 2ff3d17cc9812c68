"""Test data: results of agents, as a run leaves them."""

from typing import Any

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Agent, Run, Task
from helix.models.vocabulary import TaskStatus
from helix.policies.actor import agent_actor
from helix.services import notifications, tasks
from tests.support.people import as_actor
from tests.support.runs import finished_run


def answered(task: Task, agent: Agent, text: str, **facts: Any) -> Run:
    """A run of the agent has written `text`: the task is in review, and people are told. `facts` are the run's."""
    run = finished_run(task, agent, result=text, **facts)
    with transaction():
        found = db.session.get_one(Task, task.id)
        tasks.moves.put(found, TaskStatus.REVIEW)
        found.result, found.result_run_id, found.last_run_id = text, run.id, run.id
        found.result_edited_by_user_id = found.result_edited_at = None
        notifications.approval_needed(agent_actor(agent.id, agent.name), found)
    return run


def second_attempt(task: Task, agent: Agent, by: Any, first: str, feedback: str, second: str) -> Run:
    """A result that `by` has sent back with feedback, and the next one."""
    answered(task, agent, first)
    tasks.reject(as_actor(by), task.id, feedback)
    return answered(task, agent, second)

"""Switching an agent to auto mode and deleting it, concurrently."""

from concurrent.futures import ThreadPoolExecutor

from helix.errors import Conflict, Invalid
from helix.extensions import db
from helix.models import Agent, Run, Task
from helix.models.vocabulary import ExecutionMode
from helix.services import agents, tasks
from tests.support.people import as_actor


def at_once(clean_app, *calls):
    """Each in a thread and an application context of its own; refusals count as answers."""
    db.session.remove()

    def one(call):
        with clean_app.app_context():
            try:
                return call()
            except (Conflict, Invalid) as refusal:
                return refusal

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(one, calls))


def test_a_request_and_two_schedulers_take_up_each_task_once(clean_app, ada, make, monkeypatch):
    monkeypatch.setattr(agents.auto_start, "BATCH_SIZE", 3)
    actor, board = as_actor(ada), make.board()
    agent_id = make.agent().id
    for _ in range(12):
        make.task(agent=db.session.get(Agent, agent_id), board=board)

    at_once(
        clean_app,
        lambda: agents.edit(actor, agent_id, {"execution_mode": ExecutionMode.AUTO}),
        agents.resume_unfinished,
        agents.resume_unfinished,
        agents.resume_unfinished,
    )
    agents.resume_unfinished()

    assert db.session.query(Run).count() == 12
    assert len({run.task_id for run in db.session.query(Run)}) == 12


def test_no_task_is_left_with_an_agent_that_was_deleted_meanwhile(clean_app, ada, make):
    actor, board = as_actor(ada), make.board().id
    agent_id = make.agent().id

    def create():
        return tasks.create(actor, title="Write", board_id=board, assigned_agent_id=agent_id)

    at_once(clean_app, create, create, lambda: agents.delete(actor, agent_id), create, create)

    assert db.session.query(Task).filter(Task.assigned_agent_id == agent_id).count() == 0
    assert db.session.get(Agent, agent_id).leaving is False

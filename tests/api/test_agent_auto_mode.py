"""An agent that is switched to auto mode starts its waiting tasks."""

from helix.extensions import db
from helix.models import Agent, Run
from helix.models.vocabulary import RunStatus, TaskStatus, Trigger
from helix.services import agents


def runs_of(task):
    return db.session.query(Run).filter_by(task_id=task.id).order_by(Run.id).all()


def test_switching_to_auto_takes_up_what_waits_once_each(api, ada, make, monkeypatch):
    monkeypatch.setattr(agents.auto_start, "BATCH_SIZE", 2)
    agent = make.agent()
    waiting = [make.task(agent=agent) for _ in range(2)]
    for other in (make.task(agent=agent, status=TaskStatus.DONE), make.task()):
        assert runs_of(other) == []

    api.as_(ada).patch(f"/api/agents/{agent.id}", json={"execution_mode": "auto"})
    agents.resume_unfinished()
    agents.resume_unfinished()

    assert [[run.trigger for run in runs_of(task)] for task in waiting] == [[Trigger.AUTO], [Trigger.AUTO]]
    assert db.session.query(Run).count() == 2


def test_what_one_request_does_not_take_up_the_scheduler_does(api, ada, make, monkeypatch):
    monkeypatch.setattr(agents.auto_start, "BATCH_SIZE", 2)
    agent = make.agent()
    waiting = [make.task(agent=agent) for _ in range(5)]

    api.as_(ada).patch(f"/api/agents/{agent.id}", json={"execution_mode": "auto"})
    at_first = db.session.query(Run).count()
    agents.resume_unfinished()

    assert at_first == 2
    assert [len(runs_of(task)) for task in waiting] == [1] * 5
    assert db.session.get(Agent, agent.id, populate_existing=True).taking_up_after is None


def test_a_task_that_came_back_is_not_taken_up_again(api, ada, make):
    agent = make.agent()
    task = make.task(agent=agent)
    api.as_(ada).patch(f"/api/agents/{agent.id}", json={"execution_mode": "auto"})

    api.as_(ada).post(f"/api/tasks/{task.id}/cancel-run")
    agents.resume_unfinished()

    assert [run.status for run in runs_of(task)] == [RunStatus.CANCELLED]


def test_switching_back_ends_the_taking_up(api, ada, make, monkeypatch):
    monkeypatch.setattr(agents.auto_start, "BATCH_SIZE", 1)
    agent = make.agent()
    for _ in range(3):
        make.task(agent=agent)
    api.as_(ada).patch(f"/api/agents/{agent.id}", json={"execution_mode": "auto"})

    api.as_(ada).patch(f"/api/agents/{agent.id}", json={"execution_mode": "manual"})
    agents.resume_unfinished()

    assert db.session.query(Run).count() == 1

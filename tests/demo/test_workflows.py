"""The workflows of the demo run to their end with the demo model, but for what people do."""

from sqlalchemy import select

from helix.demo import load
from helix.extensions import db
from helix.llm import demo as demo_model
from helix.models import User, Workflow, WorkflowRun
from helix.models.vocabulary import TaskStatus, WorkflowState
from helix.services import runs, sample_data, tasks, workflows
from tests.support.people import as_actor

INPUTS = {"Weekly report": {"week": "week 12"}, "Blog post, from brief to approval": {"topic": "Linen"}}


def work():
    with demo_model.at_once():
        while (claim := runs.claim("a worker")) is not None:
            runs.execute(claim)


def decide(actor, run_id):
    """Approve what waits for it, and do what is left to people."""
    for step in workflows.run_view(actor, run_id)["steps"]:
        if step["task_status"] == TaskStatus.REVIEW:
            tasks.approve(actor, step["task_id"])
        elif step["kind"] == "person" and step["state"] == "active":
            tasks.edit(actor, step["task_id"], {"status": TaskStatus.DONE})


def test_the_workflows_of_the_demo_come_to_their_end(clean_app):
    load.seed(demo=True)
    admin = as_actor(db.session.scalars(select(User).order_by(User.id)).first())
    found = {workflow.name: workflow.id for workflow in db.session.scalars(select(Workflow))}
    assert found.keys() == INPUTS.keys()

    started = [workflows.start(admin, found[name], given).id for name, given in INPUTS.items()]
    for _ in range(4):
        work()
        for run_id in started:
            decide(admin, run_id)

    views = [workflows.run_view(admin, run_id) for run_id in started]
    assert [view["state"] for view in views] == [WorkflowState.DONE, WorkflowState.DONE], views
    assert [step["key"] for step in views[1]["steps"] if "." in step["key"]] == ["parts.1", "parts.2", "parts.3"]


def test_removing_the_sample_takes_its_workflows_but_for_those_that_people_have_started(clean_app):
    load.seed(demo=True)
    admin = as_actor(db.session.scalars(select(User).order_by(User.id)).first())
    report = db.session.scalars(select(Workflow).where(Workflow.name == "Weekly report")).one().id
    run_id = workflows.start(admin, report, INPUTS["Weekly report"]).id

    removal = sample_data.remove(admin)

    assert removal.kept["workflow"] == ["Weekly report"]
    assert [workflow.name for workflow in db.session.scalars(select(Workflow))] == ["Weekly report"]
    assert db.session.get(WorkflowRun, run_id) is not None

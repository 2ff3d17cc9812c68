from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Run, Task, WorkflowRun, WorkflowRunStep
from helix.models.vocabulary import BoardLevel, RunStatus, TaskStatus
from helix.services import runs, workflows
from helix.services.work import moves
from tests.support.people import as_actor


@dataclass
class Bench:
    """Workflows by Ada on one board, with the agents Sierra and Quill."""

    make: Any
    ada: Any
    board: Any

    @property
    def actor(self):
        return as_actor(self.ada)

    def published(self, *steps, name="Report", board=True, **definition):
        wanted = {"steps": list(steps), **definition}
        board_id = self.board.id if board else None
        workflow = workflows.create(self.actor, name=name, board_id=board_id, definition=wanted)
        workflows.publish(self.actor, workflow.id)
        workflows.set_enabled(self.actor, workflow.id, enabled=True)
        return workflow.id

    def started(self, *steps, input=None, by=None, **definition):
        workflow_id = self.published(*steps, **definition)
        return workflows.start(as_actor(by) if by else self.actor, workflow_id, input or {}).id

    def states(self, run_id):
        query = select(WorkflowRunStep).where(WorkflowRunStep.workflow_run_id == run_id)
        rows = db.session.scalars(query.order_by(WorkflowRunStep.ordinal).execution_options(populate_existing=True))
        return {row.key: str(row.state) for row in rows}

    def reason(self, run_id, key):
        return db.session.get_one(WorkflowRunStep, (run_id, key), populate_existing=True).reason

    def run(self, run_id):
        return db.session.get_one(WorkflowRun, run_id, populate_existing=True)

    def task(self, run_id, key):
        query = select(Task).where(Task.workflow_run_id == run_id, Task.step_key == key)
        return db.session.scalars(query.execution_options(populate_existing=True)).one()

    def queued(self, run_id):
        """The keys of the steps whose tasks have a run that waits for a worker."""
        query = select(Task.step_key).join(Run, Run.task_id == Task.id)
        query = query.where(Task.workflow_run_id == run_id, Run.status == RunStatus.QUEUED)
        return sorted(db.session.scalars(query))

    def put(self, run_id, key, status, *, result=None, output=None):
        """As if the task of a step had come to this status, with what its agent had brought."""
        with transaction():
            task = self.task(run_id, key)
            for run in db.session.scalars(select(Run).where(Run.task_id == task.id, Run.is_live)):
                run.status = RunStatus.SUCCEEDED
            if output is not None:
                db.session.get_one(WorkflowRunStep, (run_id, key)).output = output
            if result is not None:
                task.result = result
            moves.put(task, status)

    def done(self, run_id, key, result="Done.", output=None):
        self.put(run_id, key, TaskStatus.DONE, result=result, output=output)


@pytest.fixture
def bench(make, ada):
    make.model()
    made = Bench(make, ada, make.board("Marketing", default_level=BoardLevel.NONE))
    make.agent("Sierra")
    make.agent("Quill")
    return made


@pytest.fixture
def work():
    """Do what a woken worker does, until nothing is left to start."""

    def _work():
        while (claim := runs.claim("a worker")) is not None:
            runs.execute(claim)

    return _work

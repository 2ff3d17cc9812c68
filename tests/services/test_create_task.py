"""What other services say when they create a task: where it comes from, its key, and what it may cost."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from helix.extensions import db
from helix.models import Run, Task
from helix.models.vocabulary import ExecutionMode, TaskOrigin
from helix.services import tasks
from tests.support.people import as_actor


def test_the_same_external_key_gives_the_same_task(make, ada):
    actor, board_id = as_actor(ada), make.board().id
    made = tasks.create(actor, title="Report", board_id=board_id, external_key="crm:7")

    again = tasks.create(actor, title="Another", board_id=board_id, external_key="crm:7")

    assert (again.id, again.title) == (made.id, "Report")


@pytest.mark.parametrize("_attempt", range(3))
def test_processes_that_create_with_one_key_at_once_make_one_task(clean_app, make, ada, _attempt):
    actor, board_id = as_actor(ada), make.board().id

    def create(_number):
        with clean_app.app_context():
            return tasks.create(actor, title="Report", board_id=board_id, external_key="crm:7").id

    with ThreadPoolExecutor(4) as pool:
        ids = set(pool.map(create, range(4)))

    assert len(ids) == 1
    assert db.session.scalar(select(func.count()).select_from(Task)) == 1


def test_a_delegated_task_is_in_the_tree_of_its_parent(make, ada):
    root = make.task()
    child = tasks.create(as_actor(ada), title="Part", board_id=root.board_id, parent=root, origin=TaskOrigin.AGENT)
    grandchild = tasks.create(as_actor(ada), title="Part of it", board_id=root.board_id, parent=child)

    assert (child.parent_task_id, child.root_task_id, child.depth) == (root.id, root.id, 1)
    assert (grandchild.parent_task_id, grandchild.root_task_id, grandchild.depth) == (child.id, root.id, 2)
    assert child.origin == TaskOrigin.AGENT


def test_a_task_that_does_not_start_by_itself_keeps_its_limit(make, ada):
    make.model()
    agent = make.agent(execution_mode=ExecutionMode.AUTO)
    task = tasks.create(
        as_actor(ada),
        title="Later",
        board_id=make.board().id,
        assigned_agent_id=agent.id,
        max_usd=Decimal("1.5"),
        starts=False,
    )

    assert task.max_usd == Decimal("1.5")
    assert db.session.scalars(select(Run)).all() == []

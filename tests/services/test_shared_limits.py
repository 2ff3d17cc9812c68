"""What all runs of a task may cost together holds for the tasks delegated from it too, and for calls at once."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Agent, Organization, Run
from helix.models.vocabulary import RunStatus, TaskStatus, Trigger
from helix.services import budgets, tasks
from tests.support.people import as_actor

PRICE = (Decimal(10), Decimal(30))  # USD per million tokens, in and out


@pytest.fixture
def run_of(make):
    """A run of an agent of its own at a task."""

    def _run_of(task):
        agent = make.agent()
        run = Run(task_id=task.id, agent_id=agent.id, trigger=Trigger.MENTION, came_from=TaskStatus.TODO)
        run.queued_at, run.status = clock.now(), RunStatus.RUNNING
        with transaction():
            db.session.add(run)
        return run.id

    return _run_of


def reserve(run_id, *, max_tokens=10_000):
    with transaction():
        run = db.session.get_one(Run, run_id)
        agent, organization = db.session.get_one(Agent, run.agent_id), db.session.get_one(Organization, 1)
        return budgets.reserve(run, agent, organization, input_tokens=0, max_tokens=max_tokens, price=PRICE)


def settle(run_id, usd):
    with transaction():
        budgets.settle(db.session.get_one(Run, run_id), Decimal(usd))


def test_a_later_run_has_what_the_earlier_ones_left(make, run_of):
    task = make.task(max_usd=Decimal("0.50"))
    first, second = run_of(task), run_of(task)
    reserve(first)
    settle(first, "0.41")

    assert reserve(second).max_tokens == 3000
    settle(second, "0.09")
    assert reserve(second) is None
    assert "0.50 USD" in budgets.shared_refusal(task.id, input_tokens=0, max_tokens=10_000, price=PRICE)


def test_delegated_tasks_spend_the_money_of_the_first_one(make, run_of, ada):
    root = make.task(max_usd=Decimal("0.50"))
    child = tasks.create(as_actor(ada), title="Part", board_id=root.board_id, parent=root)
    grandchild = tasks.create(as_actor(ada), title="Part of it", board_id=root.board_id, parent=child)
    run_id = run_of(child)
    reserve(run_id)
    settle(run_id, "0.45")

    of_grandchild = run_of(grandchild)
    assert reserve(of_grandchild, max_tokens=1000).usd == Decimal("0.03")
    assert budgets.shared_limits(root.id)[0].used_usd == Decimal("0.48")
    settle(of_grandchild, "0.05")
    assert reserve(run_of(root)) is None


def test_calls_at_once_never_pass_the_limit_together(clean_app, make, run_of):
    task = make.task(max_usd=Decimal("0.50"))
    run_ids = [run_of(task) for _ in range(8)]

    def one(run_id):
        with clean_app.app_context():
            return reserve(run_id, max_tokens=4000)

    with ThreadPoolExecutor(8) as pool:
        reserved = [found for found in pool.map(one, run_ids) if found]

    assert sum(found.usd for found in reserved) <= Decimal("0.50")
    assert len(reserved) >= 4


def test_a_task_without_a_limit_shares_none(make, run_of):
    task = make.task()

    assert budgets.shared_limits(task.id) == []
    assert reserve(run_of(task)).max_tokens == 10_000

"""Finished runs are not read again: the cost of live runs does not grow with the history."""

import pytest
from sqlalchemy import event

from helix.extensions import db
from helix.services import monitoring, runs
from helix.services.work import agent_status, waiting_reasons
from tests.support.people import as_actor

OF_LIVE_RUNS = ("ix_runs_live", "ix_runs_live_agent", "uq_runs_live_work", "uq_runs_live_mention")
# Likewise those whose cost is open, one run by its id, and the few of one task.
FEW = (*OF_LIVE_RUNS, "ix_runs_reserving", "INTEGER PRIMARY KEY", "ix_runs_task", "ix_runs_retry_of")


@pytest.fixture
def plans(clean_app):
    """How SQLite goes about each statement that is sent from now on, as far as it reads runs."""
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL plans by what the tables hold, and these hold nothing")
    found: list[str] = []

    def explain(_connection, cursor, statement, parameters, *_):
        if statement.startswith(("SELECT", "UPDATE")) and not explaining:
            explaining.append(True)
            rows = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
            found.extend(row[3] for row in rows if {"runs", "other_run"} & set(row[3].split()))
            explaining.clear()

    explaining: list[bool] = []
    event.listen(db.engine, "before_cursor_execute", explain)
    yield found
    event.remove(db.engine, "before_cursor_execute", explain)


@pytest.mark.parametrize(
    "work",
    [
        lambda: runs.claim("a worker"),
        lambda: runs.sweep(),
        lambda: runs.lost_by("a worker"),
        lambda: waiting_reasons.by_reason(),
        lambda: monitoring.status(),
    ],
    ids=["claim", "sweep", "lost_by", "by_reason", "gateway"],
)
def test_finished_runs_are_not_read(plans, ada, make, work):
    make.model()
    runs.start(as_actor(ada), make.task(agent=make.agent()).id)
    plans.clear()

    work()

    assert plans
    assert [plan for plan in plans if not any(index in plan for index in FEW)] == []


def test_the_status_of_agents_depends_on_their_live_runs(plans, make):
    agent = make.agent()
    plans.clear()

    agent_status.statuses([agent.id])

    assert plans
    assert all(any(index in plan for index in OF_LIVE_RUNS) for plan in plans)

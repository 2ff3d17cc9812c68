"""An answer that was paid for is kept when the database fails while it arrives."""

import pytest
from sqlalchemy.exc import OperationalError

from helix.models.vocabulary import RunStatus, TaskStatus
from helix.services import runs, tasks
from helix.services.models import cooldown
from helix.services.runs import finish
from tests.support.people import as_actor


@pytest.fixture
def task(ada, make):
    make.model()
    task = make.task("Write about tea", agent=make.agent())
    runs.start(as_actor(ada), task.id)
    return task


def away(*_args, **_options):
    raise OperationalError("SELECT", {}, ConnectionError("server closed the connection"))


def test_a_failure_in_ending_the_cooldown_loses_no_answer(ada, task, work, monkeypatch):
    monkeypatch.setattr(cooldown, "note_success", away)

    work()

    (run,), _ = runs.of_task(as_actor(ada), task.id)
    assert run.status == RunStatus.SUCCEEDED
    assert tasks.get(as_actor(ada), task.id).status == TaskStatus.REVIEW


def test_a_short_database_outage_is_waited_for(ada, task, work, monkeypatch):
    succeed, tries = finish.succeed, []

    def away_at_first(*args):
        tries.append(args)
        return away() if len(tries) < 3 else succeed(*args)

    monkeypatch.setattr(finish, "succeed", away_at_first)

    work()

    (run,), _ = runs.of_task(as_actor(ada), task.id)
    assert (run.status, len(tries)) == (RunStatus.SUCCEEDED, 3)

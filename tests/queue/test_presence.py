"""Who says that it is alive or starting, on which database, and who waits for it."""

import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from helix import queue
from helix.db.engine import identity
from helix.errors import Unavailable
from helix.extensions import db
from helix.queue import jobs
from helix.queue.connection import redis
from tests.support.quick_worker import quick_worker


def test_a_worker_is_starting_until_it_is_alive(clean_app):
    with queue.starting(queue.QUEUES):
        loading = queue.presence()
        queue.report_alive(queue.RUNS, "here:1")
        queue.report_started()
        loaded = queue.presence()

    assert (loading.workers, loading.runs_starting, loading.quick_starting) == (0, 1, 1)
    assert (loaded.workers, loaded.starting) == (1, 0)


def test_one_that_gives_up_while_loading_is_waited_for_no_longer(clean_app):
    with pytest.raises(SystemExit), queue.starting(queue.QUEUES):
        raise SystemExit("The database is behind this code.")

    assert queue.presence().starting == 0


def test_one_that_was_killed_while_loading_is_forgotten(clean_app):
    redis().zadd("helix:starting:quick", {"gone:1": time.time() - 121})

    assert queue.presence().starting == 0


def test_who_asks_waits_for_a_worker_that_is_starting(clean_app, make):
    model = make.model()
    answer = []

    with queue.starting([queue.QUICK]):
        asking = threading.Thread(target=lambda: answer.append(queue.ask("helix.jobs.models.check", model.id)))
        asking.start()
        asking.join(0.5)
        waited = asking.is_alive()
        with quick_worker(clean_app):
            asking.join(10)

    assert waited
    assert answer[0]["success"]


def test_waiting_for_a_worker_ends_with_the_time_of_the_question(clean_app):
    with queue.starting([queue.QUICK]), pytest.raises(Unavailable, match="still starting"):
        queue.ask("helix.jobs.models.check", 1, seconds=0.3)


def test_without_any_worker_the_answer_comes_at_once(clean_app, monkeypatch):
    monkeypatch.setattr(jobs.time, "sleep", lambda _seconds: pytest.fail("waited"))

    with queue.starting([queue.RUNS]), pytest.raises(Unavailable, match="No worker is running"):
        queue.ask("helix.jobs.models.check", 1)


def test_workers_of_another_database_are_not_ours(clean_app):
    ours = identity(db.engine)
    queue.report_alive(queue.RUNS, "here:1", database=ours)
    queue.report_alive(queue.QUICK, "here:2", database="another")
    queue.report_alive(queue.QUICK, "older:3")

    assert sorted(queue.workers_of(ours)) == ["here:1", "older:3"]
    assert queue.presence().workers == 3


def test_a_database_is_the_same_by_whatever_address(clean_app):
    url = db.engine.url
    if url.get_backend_name() == "postgresql":
        other_address = url.update_query_dict({"application_name": "another"})
    else:
        other_address = url.set(database=f"{Path(url.database).parent}/./{Path(url.database).name}")

    found = identity(db.engine)

    assert len(found) == 16
    assert identity(sa.create_engine(other_address, poolclass=sa.NullPool)) == found


def test_health_tells_workers_that_are_starting_from_none(api):
    before = api.get("/api/health").json
    with queue.starting(queue.QUEUES):
        queue.presence()
        time.sleep(1.05)  # the answer is remembered for a second
        starting = api.get("/api/health").json

    assert (before["workers_starting"], starting["workers_starting"], starting["workers"]) == (0, 2, 0)
    assert {"status", "database", "queue", "workers", "version"} < before.keys()

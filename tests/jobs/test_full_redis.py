"""A Redis that is out of memory and refuses writes is handled like one that is unavailable."""

import pytest

from helix import live, queue
from helix.extensions import db
from helix.models import Run
from helix.models.vocabulary import RunStatus
from helix.queue.connection import redis


@pytest.fixture
def full_redis(clean_app):
    redis().config_set("maxmemory", 1)
    yield
    redis().config_set("maxmemory", 0)


def test_what_would_wake_a_worker_says_that_it_did_not(full_redis):
    assert queue.wake() is False
    assert queue.enqueue("helix.jobs.telegram.deliver_due") is False
    assert queue.enqueue_once("helix.jobs.webhooks.deliver_due") is False


def test_a_run_is_kept_for_the_sweeper(full_redis, api, ada, make):
    make.model()
    task = make.task(agent=make.agent())

    reply = api.as_(ada).post(f"/api/tasks/{task.id}/execute")

    assert reply.status_code == 202
    assert db.session.query(Run).one().status == RunStatus.QUEUED


def test_a_run_goes_on_writing_though_nobody_can_look_on(full_redis):
    live.run_text(1, 1, 1, "Tea", offset=0)
    live.viewing.here(1, live.viewing.Viewer(1, "Ada"), "p1")

    assert live.text_so_far(1) == ""
    assert queue.presence().queue

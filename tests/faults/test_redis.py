"""Redis stops, freezes or loses its data: no task is lost, since the database is the source of truth."""

import os

import httpx
import pytest
from redis import Redis

from tests.support.event_stream_client import EventStreamClient
from tests.support.installation_with_redis import InstallationWithRedis
from tests.support.waiting import wait_for

pytestmark = pytest.mark.faults


def waits_for(api: httpx.Client, task: int) -> str | None:
    """Why the task is not running, as its card says."""
    waiting = api.get(f"/tasks/{task}").json()["waiting"]
    return waiting and waiting["code"]


@pytest.mark.skipif("TEST_REDIS_URL" in os.environ, reason="stops Redis: only a private one is ours to stop")
def test_redis_stopped_and_back(tmp_path, number_of_runs, report):
    from tests.faults.conftest import Work

    with InstallationWithRedis(tmp_path, HELIX_DEMO_DELAY_SECONDS="1") as installation:
        installation.start("web", "worker", "scheduler")
        with installation.client() as api:
            work = Work(api)
            for number in range(number_of_runs):
                work.execute(work.task(number))
            wait_for(installation.busy_workers, what="a busy worker")

            installation.stop_redis()
            away = work.execute(work.task(0))
            asked = api.get(f"/tasks/{work.tasks[-1]}").json()
            # What is known of the queue may be a second or two old before the pages say that it is away.
            wait_for(lambda: installation.health()["queue"] == "away", what="health to see that the queue is away")
            wait_for(lambda: waits_for(api, work.tasks[-1]) in ("queue_away", "agent_at_limit"), what="the reason")
            installation.start_redis()
            work.wait(120 + number_of_runs)

            report.note("Redis stopped and started", work)
            assert away.status_code == 202
            assert asked["last_run"]["status"] == "queued"
            assert work.lost() == []
            assert work.doubled() == []


# What a person does; each would wait for its turn with Redis, one after the other, if nobody remembered the silence.
PATIENCE_SECONDS = 15


@pytest.mark.skipif("TEST_REDIS_URL" in os.environ, reason="freezes Redis: only a private one is ours to freeze")
def test_redis_frozen_and_back(tmp_path, number_of_runs, report):
    from tests.faults.conftest import Work

    with InstallationWithRedis(tmp_path, HELIX_DEMO_DELAY_SECONDS="1") as installation:
        installation.start("web", "worker", "scheduler")
        with installation.client() as api:
            work, page = Work(api), EventStreamClient(installation.address)
            for number in range(number_of_runs):
                work.execute(work.task(number))
            wait_for(installation.busy_workers, what="a busy worker")

            with installation.frozen_redis():
                api.timeout = PATIENCE_SECONDS
                away = work.execute(work.task(0))
                asked = [api.get(path).status_code for path in ("/auth/me", "/tasks/", "/dashboard/stats")]
                shown = [page.answer(path).status_code for path in ("/", "/boards", "/inbox")]
                wait_for(lambda: installation.health()["queue"] == "away", what="health to see that the queue is away")
                installation.client().close()
            work.wait(120 + number_of_runs)
            wait_for(lambda: installation.health()["queue"] == "ok", what="the queue to be back")
            last = api.post("/tasks/", json={"title": "Afterwards", "board_id": work.board}).json()["id"]
            wait_for(lambda: page.received_event_for(last), what="the open page to hear of it")

            report.note("Redis frozen and thawed", work)
            assert away.status_code == 202
            assert asked + shown == [200] * 6
            assert page.ends == 0, "the page kept its one stream"
            assert work.lost() == []
            assert work.doubled() == []


def test_redis_flushed_under_way(installation, work, number_of_runs, report):
    for number in range(number_of_runs):
        work.execute(work.task(number))
    wait_for(installation.busy_workers, what="a busy worker")

    Redis.from_url(installation.environment["REDIS_URL"]).flushdb()

    work.wait(120 + number_of_runs)
    report.note("Redis flushed", work)
    assert work.lost() == []
    assert work.doubled() == []

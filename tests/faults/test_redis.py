"""Redis stops, forgets and comes back: nothing is lost, since it never held the truth."""

import os

import httpx
import pytest
from redis import Redis

from tests.support.house_with_redis import HouseWithRedis
from tests.support.waiting import wait_for

pytestmark = pytest.mark.faults


def waits_for(api: httpx.Client, task: int) -> str | None:
    """Why the task is not running, as its card says."""
    waiting = api.get(f"/tasks/{task}").json()["waiting"]
    return waiting and waiting["code"]


@pytest.mark.skipif("TEST_REDIS_URL" in os.environ, reason="stops Redis: only a private one is ours to stop")
def test_redis_stopped_and_back(tmp_path, number_of_runs, report):
    from tests.faults.conftest import Work

    with HouseWithRedis(tmp_path, HELIX_DEMO_DELAY_SECONDS="1") as house:
        house.start("web", "worker", "scheduler")
        with house.client() as api:
            work = Work(api)
            for number in range(number_of_runs):
                work.execute(work.task(number))
            wait_for(house.horses, what="a work horse")

            house.stop_redis()
            away = work.execute(work.task(0))
            asked = api.get(f"/tasks/{work.tasks[-1]}").json()
            # What is known of the queue may be a second or two old before the pages say that it is away.
            wait_for(lambda: house.health()["queue"] == "away", what="health to see that the queue is away")
            wait_for(lambda: waits_for(api, work.tasks[-1]) in ("queue_away", "agent_at_limit"), what="the reason")
            house.start_redis()
            work.wait(120 + number_of_runs)

            report.note("Redis stopped and started", work)
            assert away.status_code == 202
            assert asked["last_run"]["status"] == "queued"
            assert work.lost() == []
            assert work.doubled() == []


def test_redis_flushed_under_way(house, work, number_of_runs, report):
    for number in range(number_of_runs):
        work.execute(work.task(number))
    wait_for(house.horses, what="a work horse")

    Redis.from_url(house.environment["REDIS_URL"]).flushdb()

    work.wait(120 + number_of_runs)
    report.note("Redis flushed", work)
    assert work.lost() == []
    assert work.doubled() == []

"""Redis stops, forgets and comes back: nothing is lost, since it never held the truth."""

import os
import time

import pytest
from redis import Redis

from tests.support.house_with_redis import HouseWithRedis
from tests.support.waiting import wait_for

pytestmark = pytest.mark.faults


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
            health = house.health()
            time.sleep(2)
            house.start_redis()
            work.wait(120 + number_of_runs)

            report.note("Redis stopped and started", work)
            assert away.status_code == 202
            assert asked["last_run"]["status"] == "queued"
            assert asked["waiting"]["code"] in ("queue_away", "agent_at_limit")
            assert health["queue"] == "away"
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

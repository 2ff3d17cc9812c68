"""Redis with Sentinels: the master is killed, and all processes connect to the new one."""

import shutil

import pytest

from tests.faults.conftest import Work
from tests.support.event_stream_client import EventStreamClient
from tests.support.installation import Installation
from tests.support.redis_sentinels import RedisWithSentinels
from tests.support.waiting import wait_for

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(not shutil.which("redis-server"), reason="needs a redis-server on PATH, a Sentinel too"),
]


@pytest.fixture
def redis(tmp_path):
    with RedisWithSentinels(tmp_path / "redis") as watched:
        yield watched


@pytest.fixture
def installation(tmp_path, redis):
    folder = tmp_path / "installation"
    folder.mkdir()
    more = {"REDIS_URL": redis.url, "HELIX_DEMO_DELAY_SECONDS": "1", "RUN_WORKERS": "2"}
    with Installation(folder, **more) as installation:
        installation.start("web", "worker", "scheduler")
        yield installation


def test_the_master_is_killed_under_way(installation, redis, number_of_runs, report):
    with installation.client() as api:
        work, page = Work(api), EventStreamClient(installation.address)
        first = work.task(0)
        wait_for(lambda: page.received_event_for(first), 10, "an event before")
        for number in range(number_of_runs):
            work.execute(work.task(number))
        wait_for(installation.busy_workers, what="a busy worker")

        redis.kill_the_master()

        work.tasks.remove(first)
        work.wait(120 + number_of_runs)
        report.note("master of Redis killed, Sentinels", work)
        assert work.lost() == []
        assert work.doubled() == []
        wait_for(lambda: installation.health()["queue"] == "ok", 20, "the queue at the new master")
        last = work.task(99)
        wait_for(lambda: page.received_event_for(last), 20, "an event after")
        assert page.ends == 0, "the page kept its one stream"
        began = work.execute(last)
        assert began.status_code == 202
        work.wait(30)

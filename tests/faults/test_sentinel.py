"""Redis behind Sentinels: the master is killed, and all processes follow to the one that takes its place."""

import json
import shutil
import threading

import httpx
import pytest

from tests.faults.conftest import Work
from tests.support.real_house import EMAIL, PASSWORD, RealHouse
from tests.support.redis_sentinels import Watched
from tests.support.waiting import wait_for

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(not shutil.which("redis-server"), reason="needs a redis-server on PATH, a Sentinel too"),
]


@pytest.fixture
def redis(tmp_path):
    with Watched(tmp_path / "redis") as watched:
        yield watched


@pytest.fixture
def house(tmp_path, redis):
    folder = tmp_path / "house"
    folder.mkdir()
    more = {"REDIS_URL": redis.url, "HELIX_DEMO_DELAY_SECONDS": "1", "RUN_WORKERS": "2"}
    with RealHouse(folder, **more) as house:
        house.start("web", "worker", "scheduler")
        yield house


class Page(threading.Thread):
    """An open page: what its event stream says, over as many connections as a browser would make."""

    def __init__(self, address):
        super().__init__(daemon=True)
        self._browser = httpx.Client(base_url=address, timeout=60)
        csrf = (
            self._browser.get("/sign-in").text.split('name="csrf_token"', 1)[1].split('value="', 1)[1].split('"', 1)[0]
        )
        sent = {"email": EMAIL, "password": PASSWORD, "csrf_token": csrf}
        assert self._browser.post("/sign-in", data=sent, headers={"Referer": address}).status_code == 303
        self.heard, self.ends = [], 0
        self.start()

    def run(self):
        with self._browser.stream("GET", "/events") as stream:
            for line in stream.iter_lines():
                if line.startswith("data: "):
                    self.heard.append(json.loads(line[6:]))
        self.ends += 1

    def heard_of(self, task_id):
        return any(event.get("id") == task_id for event in self.heard)


def test_the_master_is_killed_under_way(house, redis, number_of_runs, report):
    with house.client() as api:
        work, page = Work(api), Page(house.address)
        first = work.task(0)
        wait_for(lambda: page.heard_of(first), 10, "an event before")
        for number in range(number_of_runs):
            work.execute(work.task(number))
        wait_for(house.horses, what="a work horse")

        redis.kill_the_master()

        work.tasks.remove(first)
        work.wait(120 + number_of_runs)
        report.note("master of Redis killed, Sentinels", work)
        assert work.lost() == []
        assert work.doubled() == []
        wait_for(lambda: house.health()["queue"] == "ok", 20, "the queue at the new master")
        last = work.task(99)
        wait_for(lambda: page.heard_of(last), 20, "an event after")
        assert page.ends == 0, "the page kept its one stream"
        began = work.execute(last)
        assert began.status_code == 202
        work.wait(30)

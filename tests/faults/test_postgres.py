"""PostgreSQL is stopped under load: errors for seconds, no partial writes, then full recovery."""

import threading
import time

import httpx
import pytest

from tests.faults.conftest import Work
from tests.support.installation import Installation
from tests.support.postgres import programs
from tests.support.waiting import wait_for

pytestmark = [pytest.mark.faults, pytest.mark.skipif(programs() is None, reason="no PostgreSQL server is installed")]


def test_postgresql_restarted_under_load(tmp_path, postgres, number_of_runs, monkeypatch, report):
    monkeypatch.setenv("TEST_DATABASE_URL", postgres.url)
    with Installation(tmp_path, HELIX_DEMO_DELAY_SECONDS="1") as installation:
        installation.start("web", "worker", "scheduler")
        with installation.client() as api:
            work = Work(api)
            for number in range(number_of_runs):
                work.execute(work.task(number))
            wait_for(installation.busy_workers, what="a busy worker")
            load = Load(api)

            postgres.stop()
            time.sleep(2)
            postgres.start()
            wait_for(lambda: api.get("/auth/me").status_code == 200, what="the database to be back")
            back = len(load.statuses)
            work.wait(150 + number_of_runs)
            time.sleep(1)
            load.stop()

            report.note("PostgreSQL stopped at once and started", work)
            assert set(load.statuses) <= {200, 503}
            assert set(load.statuses[back + 20 :]) == {200}
            assert work.lost() == []
            assert work.doubled() == []


class Load:
    """Somebody who reads all the time."""

    def __init__(self, api: httpx.Client) -> None:
        self.statuses: list[int] = []
        self._api = api
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while not self._over.wait(0.05):
            self.statuses.append(self._api.get("/tasks/?per_page=5").status_code)

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

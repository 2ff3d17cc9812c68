"""Several web and worker processes share PostgreSQL and Redis and keep no state of their own."""

import os

import httpx
import pytest

from tests.support.installation import Installation
from tests.support.waiting import wait_for

pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(
        not (os.environ.get("TEST_DATABASE_URL") and os.environ.get("TEST_REDIS_URL")),
        reason="needs TEST_DATABASE_URL and TEST_REDIS_URL",
    ),
]


@pytest.fixture
def installation(tmp_path):
    with Installation(tmp_path, HELIX_DEMO_DELAY_SECONDS="0.3", RUN_WORKERS="2") as installation:
        installation.start("web", "second web", "worker", "second worker", "scheduler", "second scheduler")
        yield installation


def test_what_one_web_process_begins_another_sees_to_its_end(installation):
    with installation.client() as first:
        second = httpx.Client(base_url=f"{installation.second_address}/api", headers=first.headers)
        board = first.get("/boards/").json()[3]["id"]
        agents = [agent["id"] for agent in second.get("/agents/").json()]
        tasks = []
        for number, agent in enumerate(agents[:10]):
            body = {"title": f"Shared {number}", "board_id": board, "assigned_agent_id": agent}
            tasks.append(first.post("/tasks/", json=body).json()["id"])

        replies = [second.post(f"/tasks/{task}/execute").status_code for task in tasks]
        again = [first.post(f"/tasks/{task}/execute").status_code for task in tasks]

        assert replies == [202] * len(tasks)
        assert set(again) == {409}
        wait_for(lambda: all(first.get(f"/tasks/{task}").json()["status"] == "review" for task in tasks), 60, "review")
        assert all(len(second.get(f"/tasks/{task}/runs").json()) == 1 for task in tasks)
        assert second.post(f"/tasks/{tasks[0]}/approve").json()["status"] == "done"
        assert first.get(f"/tasks/{tasks[0]}").json()["approved_by_user_id"] == first.get("/auth/me").json()["id"]

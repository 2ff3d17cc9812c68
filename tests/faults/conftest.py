import os
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.faults.report import Report
from tests.support.installation import Installation
from tests.support.postgres import Postgres
from tests.support.waiting import wait_for

# A short round by default; `FAULT_RUNS=200 make test-faults` for the long one.
RUNS = int(os.environ.get("FAULT_RUNS", "12"))
ENDED = ("succeeded", "failed", "cancelled")
REPORT = Report()


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    """Web, worker and scheduler in processes of their own, with the demo model taking its time. One for a file of
    tests: starting it costs more than most of them."""
    with Installation(
        tmp_path_factory.mktemp("installation"), HELIX_DEMO_DELAY_SECONDS="1", RUN_WORKERS="4"
    ) as installation:
        installation.start("web", "worker", "scheduler")
        yield installation


@pytest.fixture(scope="module")
def api(installation):
    with installation.client() as client:
        yield client


@pytest.fixture
def postgres():
    """A server of the test's own, which it may stop and start."""
    folder = Path(tempfile.mkdtemp(prefix="helix-pg-"))
    folder.chmod(0o755)
    server = Postgres(folder / "cluster")
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def report():
    """What became of all runs that the tests broke, one line a fault; printed at the end of the round."""
    return REPORT


def pytest_sessionfinish(session):
    """Files of tests run in processes of their own: each hands its lines to the one that prints."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["faults"] = REPORT.lines


def pytest_testnodedown(node):
    REPORT.lines.extend(tuple(line) for line in getattr(node, "workeroutput", {}).get("faults", ()))


def pytest_terminal_summary(terminalreporter):
    if REPORT.lines:
        terminalreporter.section("faults")
        for line in REPORT.table():
            terminalreporter.write_line(line)


class Work:
    """Tasks for the demo's agents, and what became of them."""

    def __init__(self, api):
        self.api = api
        self.board = api.get("/boards/").json()[3]["id"]
        self.agents = [agent["id"] for agent in api.get("/agents/").json()]
        self.tasks: list[int] = []

    def task(self, number=0, **fields):
        agent = self.agents[number % len(self.agents)]
        body = {"title": f"Work {number}", "board_id": self.board, "assigned_agent_id": agent} | fields
        reply = self.api.post("/tasks/", json=body)
        assert reply.status_code == 201, reply.text
        self.tasks.append(reply.json()["id"])
        return self.tasks[-1]

    def execute(self, task_id):
        return self.api.post(f"/tasks/{task_id}/execute")

    def runs(self, task_id):
        return self.api.get(f"/tasks/{task_id}/runs").json()

    def all_runs(self):
        return [run for task_id in self.tasks for run in self.runs(task_id)]

    def all_ended(self):
        return all(self.runs(task_id)[0]["status"] in ENDED for task_id in self.tasks)

    def wait(self, seconds=180):
        wait_for(self.all_ended, seconds, "every run to end")

    def lost(self):
        """Tasks whose story has no end."""
        return [task_id for task_id in self.tasks if not self.runs(task_id) or not self.all_ended()]

    def doubled(self):
        """Tasks that were done twice."""
        done = [[run for run in self.runs(task_id) if run["status"] == "succeeded"] for task_id in self.tasks]
        return [task_id for task_id, runs in zip(self.tasks, done, strict=True) if len(runs) > 1]


@pytest.fixture
def work(api):
    return Work(api)


@pytest.fixture
def number_of_runs():
    return RUNS

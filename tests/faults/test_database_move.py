"""The demo organization moves to PostgreSQL with `helix export` and `helix import`, and answers as before."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.support.installation import EMAIL, PASSWORD, ROOT, Installation
from tests.support.postgres import Postgres, programs
from tests.support.waiting import wait_for

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(programs() is None, reason="needs PostgreSQL's server programs (initdb, pg_ctl)"),
]
# What is about the moment or the installation, and not about what was moved.
OF_THE_MOMENT = {
    "/api/health",
    "/api/auth/me/sessions",
    "/api/org/export",
    "/api/docs",
    "/api/openapi.json",
    "/api/gateway/health",
    "/api/gateway/status",
}
PER_THING = {
    "/tasks/": ("", "/comments/", "/runs", "/attachments/"),
    "/agents/": ("",),
    "/boards/": ("",),
    "/skills/": ("",),
    "/departments/": ("",),
}


@pytest.fixture
def postgres():
    # Not in pytest's folder, which is closed to the account that PostgreSQL runs under.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        server = Postgres(Path(folder) / "postgresql")
        server.start()
        yield server
        server.stop()


def answers(client):
    """Every list of the API that needs nothing said, and every thing in the lists above with what belongs to it."""
    document = client.get("/openapi.json").json()["paths"]
    lists = [path for path, verbs in document.items() if "get" in verbs and "{" not in path]
    paths = [path.removeprefix("/api") for path in lists if path not in OF_THE_MOMENT]
    for collection, parts in PER_THING.items():
        things = client.get(collection).json()
        paths += [f"{collection}{thing['id']}{part}" for thing in things for part in parts]
    paths += [f"/tasks/search?q={word}" for word in ("the", "report", "zz-none")]
    return {path: answer(client.get(path)) for path in paths}


def answer(reply):
    return reply.status_code, reply.json() if "json" in reply.headers.get("Content-Type", "") else reply.text


def until(entry, feed):
    """The feed as it was, without what the move itself added: the export, the new password, the sign-in."""
    rows = feed["items"] if isinstance(feed, dict) else feed
    return [row for row in rows if row["id"] <= entry]


def new_password(installation):
    """What moves has no passwords."""
    subprocess.run(
        [sys.executable, "-m", "helix", "create-admin", EMAIL, "--password-stdin"],
        cwd=ROOT, env=installation.environment, input=PASSWORD, text=True, check=True, capture_output=True,
    )  # fmt: skip


def wait_for_a_person(client):
    """The demo's agent works on a task until it asks; returns the request. Its model needs no key."""
    agent = client.get("/agents/").json()[0]["id"]
    board = next(board["id"] for board in client.get("/boards/").json() if not board["wip_limits"])
    body = {"title": "Ask me before you go on", "board_id": board, "assigned_agent_id": agent}
    task = client.post("/tasks/", json=body).json()["id"]
    assert client.post(f"/tasks/{task}/execute").status_code == 202

    def asked():
        return [one for one in client.get("/requests/?state=open").json()["items"] if one["task_id"] == task]

    return wait_for(asked, 60, "a question")[0]


def answer_and_see_it_through(client, request):
    """With what the request offers first; further requests of the run as well."""
    run = f"/runs/{request['run_id']}"

    def over():
        for one in client.get("/requests/?state=open").json()["items"]:
            if one["run_id"] == request["run_id"]:
                decision = "answer" if one["kind"] == "question" else "allow"
                values = {"answer": "Go on."} if decision == "answer" else {}
                body = {"decision": decision, "values": values}
                assert client.post(f"/requests/{one['id']}/answer", json=body).status_code == 200
        return client.get(run).json()["status"] == "succeeded"

    wait_for(over, 60, "the end of the run")


def test_the_demo_organization_answers_the_same_from_postgresql(tmp_path, postgres):
    kept, attached = tmp_path / "all.zip", b"what was measured\n" * 5000
    for name in ("old", "new"):
        (tmp_path / name).mkdir(mode=0o700)
    with Installation(tmp_path / "old", DATABASE_URL=f"sqlite:///{tmp_path}/old/helix.db") as old:
        old.start("web", "worker")
        with old.client() as client:
            waiting = wait_for_a_person(client)
            old.stop("worker")
            task = client.get("/tasks/").json()[0]["id"]
            file = client.post(f"/tasks/{task}/attachments/", files={"file": ("a.txt", attached)}).json()["id"]
            before = answers(client)
        old.run("export", str(kept))

    with Installation(tmp_path / "new", first=("import", str(kept)), DATABASE_URL=postgres.url) as new:
        new_password(new)
        new.start("web")
        with new.client() as client:
            after = answers(client)
            content = client.get(f"/task-attachments/{file}/download").content
            new.start("worker")
            answer_and_see_it_through(client, waiting)

    last = before["/activity/"][1]["items"][0]["id"]
    for feed in ("/activity/", "/dashboard/activity"):
        kept_of_it = until(last, after.pop(feed)[1])
        assert kept_of_it == until(last, before.pop(feed)[1])[: len(kept_of_it)] != []
    assert len(before) > 150
    assert {path: (before[path], after[path]) for path in before if before[path] != after.get(path)} == {}
    assert content == attached

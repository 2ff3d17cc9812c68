"""Clients generated from /api/openapi.json work unmodified against a real installation.

openapi-python-client is a development dependency. openapi-typescript, openapi-fetch and typescript are those of
package-lock.json.
"""

import importlib
import json
import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.installation import EMAIL, PASSWORD, Installation
from tests.support.waiting import wait_for

pytestmark = pytest.mark.any_database

CLIENT = "generated_helix_client"


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clients")
    with Installation(folder, HELIX_DEMO_DELAY_SECONDS="0", RUN_WORKERS="2") as installation:
        installation.start("web", "worker and scheduler")
        yield installation


@pytest.fixture(scope="module")
def generated(installation, tmp_path_factory):
    """The modules of the generated Python client by their names, `tasks_create` for one; every one was imported."""
    folder = tmp_path_factory.mktemp("python")
    config = folder / "config.json"
    config.write_text(json.dumps({"post_hooks": []}))
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--fail-on-warning"]
    target = ["--url", f"{installation.address}/api/openapi.json", "--output-path", str(folder / CLIENT)]
    done = subprocess.run([*command, *target, "--config", str(config)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(folder))
    try:
        package = importlib.import_module(CLIENT)
        names = [module.name for module in pkgutil.walk_packages(package.__path__, f"{CLIENT}.")]
        yield SimpleNamespace(**{name.rpartition(".")[2]: importlib.import_module(name) for name in names})
    finally:
        sys.path.remove(str(folder))


@pytest.fixture(scope="module")
def client(installation, generated):
    """Signed in through the generated login."""
    nobody = generated.client.Client(base_url=installation.address)
    body = generated.models.LoginLoginBody(username=EMAIL, password=PASSWORD)
    answer = generated.login_login.sync(client=nobody, body=body)
    return generated.client.AuthenticatedClient(
        base_url=installation.address, token=answer.access_token, raise_on_unexpected_status=True
    )


def test_a_task_goes_from_login_to_approval_by_the_python_client(generated, client):
    agent = next(one for one in generated.agents_index.sync(client=client) if one.status == "online")
    body = generated.models.TaskIn(
        title="Written by a Python client", board_id=agent.primary_board_id, assigned_agent_id=agent.id
    )

    made = generated.tasks_create.sync(client=client, body=body)
    executed = generated.tasks_execute.sync(client=client, task_id=made.id)
    in_review = wait_for(lambda: _in_review(generated.tasks_show.sync(client=client, task_id=made.id)), 60)
    approved = generated.tasks_approve.sync(client=client, task_id=made.id)

    assert (made.status, executed.id, in_review.status, approved.status) == ("todo", made.id, "review", "done")
    assert in_review.result.strip()
    assert approved.approved_by_user_id


def _in_review(task):
    return task if task.status == "review" else None


def test_every_get_is_read_by_the_python_client(installation, generated, client):
    document = json.loads(generated.docs_openapi.sync_detailed(client=client).content)
    ids = things(installation)
    # There is no request before an agent has asked something.
    paths = {path: item for path, item in document["paths"].items() if "{request_id}" not in path}
    reading = [(path, item["get"]) for path, item in paths.items() if "get" in item]

    unread = []
    for path, operation in reading:
        wanted = [one["name"] for one in operation.get("parameters", []) if one["in"] == "path" or one.get("required")]
        module = getattr(generated, operation["operationId"])
        answer = module.sync_detailed(client=client, **{name: ids[operation["tags"][0], name] for name in wanted})
        if answer.status_code != 200 or answer.parsed is None:
            unread.append(f"{path}: {answer.status_code}, {answer.content[:200]}")

    assert unread == []
    assert len([path for path, _operation in reading if "{" in path]) >= 25


def things(installation):
    """{(section, parameter): value} of something that exists, a file that holds JSON for every attachment."""
    with installation.client() as api:
        task = next(one for one in api.get("/tasks/?archived=any").json() if one["last_run"])
        skill = api.get("/skills").json()[0]
        file = {"file": ("data.json", b'{"rows": [1, 2]}', "application/json")}
        webhook = {"name": "Own", "url": "http://127.0.0.1:9/hook", "events": ["task.created"]}
        hook = api.post("/webhooks", json=webhook).json()
        api.post("/tasks/", json={"title": "Tell the webhook", "board_id": task["board_id"]})
        deliveries = wait_for(lambda: api.get(f"/webhooks/{hook['id']}/deliveries").json()["items"])
        report = {"name": "Report", "board_id": task["board_id"]}
        schedule = report | {"cron": "0 9 * * 1", "template": {"title": "Report"}}
        template = report | {"content": {"title": "Report"}}
        workflow = next(one for one in api.get("/workflows/").json() if one["enabled"])
        values = {"week": "48", "topic": "Tea"}
        shown = api.get(f"/workflows/{workflow['id']}").json()
        asked = (shown.get("published") or shown["draft"]).get("input", [])
        given = {one["key"]: values.get(one["key"], "Tea") for one in asked if one["type"] == "text"}
        started = api.post(f"/workflows/{workflow['id']}/start", json={"input": given})
        assert started.status_code == 201, started.text
        found = {
            ("Workflows", "workflow_id"): workflow["id"],
            ("Workflows", "workflow_run_id"): started.json()["id"],
            ("Schedules", "schedule_id"): api.post("/schedules/", json=schedule).json()["id"],
            ("Schedules", "template_id"): api.post("/task-templates/", json=template).json()["id"],
            ("Users", "user_id"): api.get("/auth/me").json()["id"],
            ("Departments", "department_id"): api.get("/departments").json()[0]["id"],
            ("Boards", "board_id"): task["board_id"],
            ("Agents", "agent_id"): task["assigned_agent_id"],
            ("Agents", "trial_id"): api.post(
                f"/agents/{task['assigned_agent_id']}/try", json={"message": "Say hello."}
            ).json()["id"],
            ("AI models", "model_id"): api.get("/models").json()[0]["id"],
            ("Runs", "run_id"): task["last_run"]["id"],
            ("Skills", "skill_id"): skill["id"],
            ("Skills", "number"): 1,
            ("Skills", "attachment_id"): api.post(f"/skills/{skill['id']}/attachments", files=file).json()["id"],
            ("Tasks", "attachment_id"): api.post(f"/tasks/{task['id']}/attachments", files=file).json()["id"],
            ("Tools", "tool_id"): api.get("/tools/").json()[0]["id"],
            ("Tools", "source_id"): api.get("/tools/sources/").json()[0]["id"],
            ("Webhooks", "webhook_id"): hook["id"],
            ("Webhooks", "delivery_id"): deliveries[0]["id"],
        }
        searched = {(section, "q"): "e" for section in ("Tasks", "Mentions")}
        return found | searched | {(section, "task_id"): task["id"] for section in ("Tasks", "Comments", "Runs")}


def test_a_task_goes_from_login_to_approval_by_the_typescript_client(installation, node_modules, tmp_path):
    (tmp_path / "node_modules").symlink_to(node_modules)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    shutil.copy(Path(__file__).with_name("generated_client.ts"), tmp_path / "client.ts")
    programs = tmp_path / "node_modules/.bin"
    document = f"{installation.address}/api/openapi.json"
    checks = ["--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom"]

    # Else a field with a default would have to be sent.
    optional = ["--default-non-nullable", "false"]
    _run([programs / "openapi-typescript", document, "--output", "schema.d.ts", *optional], tmp_path)
    _run([programs / "tsc", *checks, "client.ts"], tmp_path)
    printed = _run(["node", "client.js", installation.address, EMAIL, PASSWORD], tmp_path)

    assert json.loads(printed) == ["todo", "review", "done", True, 204]


def _run(command, folder):
    done = subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout

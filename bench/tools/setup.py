"""Agents that may use tools, in an installation with the demo's data, and measuring inside of a process of it."""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import httpx

from bench.execution.rows import use
from tests.support.installation import ROOT, Installation
from tests.support.model_server import ModelServer

_ABLE = """
from helix.app import create_app
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import AiModel
with create_app().app_context(), transaction():
    db.session.execute(db.update(AiModel).values(supports_tools=True))
"""


def prepare(
    running: Installation, api: httpx.Client, model: ModelServer, name: str, *, tools: Sequence[str] = ("add_comment",)
) -> list[int]:
    """Make the server's model of this name everybody's default, able to call tools, and allow these tools to everybody.

    Returns the ids of the agents.
    """
    use(api, model, name)
    subprocess.run([sys.executable, "-c", _ABLE], cwd=ROOT, env=running.environment, check=True)
    agents = [agent["id"] for agent in api.get("/agents/").json()]
    grants = [{"tool": tool, "policy": "allow"} for tool in tools]
    for agent in agents:
        granted = api.put(f"/agents/{agent}/tools", json={"grants": grants})
        assert granted.status_code == 200, granted.text
    return agents


def inside(running: Installation, function: str, **arguments: Any) -> Any:
    """Call `module:function` in a process of the installation; what it returns has to be JSON."""
    module, _, name = function.partition(":")
    code = (
        f"import json, sys; from {module} import {name}\n"
        f"found = {name}(**json.loads(sys.argv[1]))\n"
        "print(json.dumps(found))"
    )
    command = [sys.executable, "-c", code, json.dumps(arguments)]
    done = subprocess.run(command, cwd=ROOT, env=running.environment, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def work_in_this_process() -> None:
    """Make this process what a worker is, for functions that are called by `inside`."""
    from helix import logs
    from helix.app import create_app
    from helix.jobs import context, worker
    from helix.settings import Settings

    settings = Settings.from_environment()
    logs.configure(settings, "worker")
    context.bind(create_app(settings))
    worker.preload()


def execute(count: int) -> None:
    """Execute that many runs, as a worker does."""
    from helix.jobs import runs as jobs
    from helix.jobs.context import app
    from helix.services.work import waiting_reasons

    for _ in range(count):
        with app().app_context():
            assert jobs._execute_next(), f"no run may start: {waiting_reasons.by_reason()}"

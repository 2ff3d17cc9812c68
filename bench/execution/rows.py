"""A row of the result table, and helpers shared by all parts."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

from tests.support.installation import Installation
from tests.support.model_server import ModelServer

ENDED = ("succeeded", "failed", "cancelled")


class Row(NamedTuple):
    name: str
    value: str
    goal: str


@contextmanager
def installation(**environment: str) -> Iterator[Installation]:
    with tempfile.TemporaryDirectory() as folder, Installation(Path(folder), **environment) as running:
        yield running


def use(api: httpx.Client, model: ModelServer, name: str) -> None:
    """Make the test server's model of this name everybody's default."""
    body = {
        "provider": "custom",
        "model_name": name,
        "display_name": name,
        "base_url": model.openai_url,
        "input_cost_per_million": 0,
        "output_cost_per_million": 0,
    }
    made = api.post("/models/", json=body)
    assert made.status_code == 201, made.text
    assert api.post(f"/models/{made.json()['id']}/set-default").status_code == 200


def new_task(api: httpx.Client, number: int, agent: int) -> int:
    # On a board whose Review column is never full: it would hold back what starts by itself.
    board = next(board["id"] for board in api.get("/boards/").json() if not board["wip_limits"])
    body = {"title": f"Bench {number}", "board_id": board, "assigned_agent_id": agent}
    return api.post("/tasks/", json=body).json()["id"]


def ended(api: httpx.Client, task: int) -> bool:
    return api.get(f"/tasks/{task}").json()["last_run"]["status"] in ENDED

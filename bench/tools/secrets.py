"""Recognizable secrets of a model and a tool source, looked for in logs, prompts, rows and Redis after runs with tools.

The source has a server, which gets its token and sends it back in a result and in an error.
"""

import json
from typing import Any

import sqlalchemy as sa
from redis import Redis

from bench.execution.rows import Row, ended, installation, new_task
from bench.tools.answers import answer, open_requests
from bench.tools.setup import prepare
from tests.support.agent_turns import turns
from tests.support.canaries import HOSTILE, MODEL_KEY, Canaries, all_of_redis
from tests.support.model_server import ModelServer
from tests.support.nasty_mcp_server import NastyHttpServer, Server
from tests.support.waiting import wait_for

SOURCE_SECRET = "CANARYof-a-tool-source-0123456789"
RUNS = 10
RETURNING = ("secrets", "complain_with_secrets")


class ReturningServer(Server):
    def _page(self, params: dict[str, Any]) -> dict[str, Any]:
        return {"tools": [{"name": name, "inputSchema": {"type": "object", "properties": {}}} for name in RETURNING]}


def scanned() -> list[Row]:
    canaries = Canaries()
    canaries.add("tool source", SOURCE_SECRET)
    script = turns(
        [("list_files", {}), ("save_file", {"name": "tea.md", "text": "# Tea"})],
        [(f"crm__{name}", {}) for name in RETURNING],
        [("ask_person", {"question": "Green or black?"}), ("add_comment", {"text": "Asked."})],
        "Done.",
    )

    with (
        ModelServer() as model,
        NastyHttpServer() as server,
        installation(RUN_WORKERS="4", LOG_LEVEL="DEBUG") as running,
    ):
        server.server = ReturningServer()
        model.behave("clerk", script)
        for name, behaviour in HOSTILE.items():
            model.behave(name, behaviour)
        running.start("web", "worker", "scheduler")
        with running.client() as api:
            _add_source(api, server.url)
            for name in ("clerk", *HOSTILE):
                agents = prepare(
                    running, api, model, name, tools=("add_comment", *(f"crm__{tool}" for tool in RETURNING))
                )
                _give_key(api, name)
                count = RUNS if name == "clerk" else 1
                tasks = [new_task(api, number, agents[number % len(agents)]) for number in range(count)]
                for task in tasks:
                    assert api.post(f"/tasks/{task}/execute").status_code == 202
                _see_through(api, tasks, asks=name == "clerk")
        sent = [json.dumps(request.body) for request in model.requests]
        assert any(MODEL_KEY in json.dumps(request.headers) for request in model.requests), "no key was sent"
        called = {tool for tool, _arguments in server.server.calls}
        assert called == set(RETURNING), f"of the server were called: {called}"
        assert any(SOURCE_SECRET in headers.values() for *_, headers in server.requests), "no token was sent"
        places = {
            "log": running.log.read_text(errors="replace"),
            "prompts": "\n".join(sent),
            "database": _all_rows(running.database_url),
            "Redis": all_of_redis(Redis.from_url(running.environment["REDIS_URL"])),
        }
    assert all(places.values()), "nothing to look at"
    leaks = {place: canaries.found_in(text) for place, text in places.items()}
    found = ", ".join(f"{place} {len(names)}" for place, names in leaks.items())
    size = sum(map(len, places.values())) / 1e6
    return [Row(f"{len(canaries.values)} secrets in {size:.1f} MB of", found, "0")]


def _add_source(api, url: str) -> None:  # type: ignore[no-untyped-def]
    """Add the source with its token, and accept its tools as such that need no approval."""
    source = {"slug": "crm", "title": "CRM", "url": url, "auth": "header", "allow_private": True}
    made = api.post("/tools/sources/", json=source | {"secret": SOURCE_SECRET})
    assert made.status_code == 201, made.text
    refreshed = api.post(f"/tools/sources/{made.json()['id']}/refresh", timeout=60).json()
    assert refreshed["success"], refreshed
    facts = {"effect": "read", "repeatable": True, "brings_untrusted": False, "sends_out": False}
    for tool in api.get("/tools/").json():
        if tool["name"].startswith("crm__"):
            accepted = api.post(f"/tools/{tool['id']}/accept", json=facts | {"definition": tool["definition"]})
            assert accepted.status_code == 200, accepted.text


def _give_key(api, name: str) -> None:  # type: ignore[no-untyped-def]
    model = next(one for one in api.get("/models/").json() if one["display_name"] == name)
    assert api.patch(f"/models/{model['id']}", json={"api_key": MODEL_KEY}).status_code == 200


def _see_through(api, tasks: list[int], *, asks: bool) -> None:  # type: ignore[no-untyped-def]
    """Answer what is asked until all have ended, or, of models that fail, until the first attempt has."""
    own = set(tasks)

    def over() -> bool:
        for request in open_requests(api, own):
            answer(api, request["id"])
        if asks:
            return all(ended(api, task) for task in tasks)
        return all(api.get(f"/tasks/{task}/runs").json()[-1]["status"] == "failed" for task in tasks)

    wait_for(over, 300, "the ends of runs")


def _all_rows(url: str) -> str:
    engine = sa.create_engine(url)
    tables = sa.MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        rows = [
            f"{table.name} {tuple(row)}" for table in tables.sorted_tables for row in connection.execute(table.select())
        ]
    engine.dispose()
    return "\n".join(rows)

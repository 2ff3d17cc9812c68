"""From a person's answer to the request that carries it to the model: real processes, idle workers."""

import time

import httpx

from bench.execution.latency import percentiles
from bench.execution.rows import Row, ended, installation, new_task
from bench.tools.setup import prepare
from tests.support.agent_turns import turns
from tests.support.model_server import ModelServer
from tests.support.waiting import wait_for

ANSWERS = 40


def answer_to_model() -> list[Row]:
    with ModelServer() as model, installation(RUN_WORKERS="4") as running:
        model.behave("asks", turns([("ask_person", {"question": "Green or black?"})], "Done."))
        running.start("web", "worker", "scheduler")
        with running.client() as api:
            agents = prepare(running, api, model, "asks")
            waits = [_one(api, model, number, agents[number % len(agents)]) for number in range(ANSWERS)]
    p50, p95 = percentiles(waits)
    return [Row("answer → next model call", f"p50 {p50:.0f}, p95 {p95:.0f} ms", "p95 400 ms")]


def _one(api: httpx.Client, model: ModelServer, number: int, agent: int) -> float:
    task = new_task(api, number, agent)
    assert api.post(f"/tasks/{task}/execute").status_code == 202
    request = wait_for(lambda: open_requests(api, {task}), 30, "the question")[0]
    before = len(model.requests)
    began = time.monotonic()
    answer(api, request["id"])
    wait_for(lambda: len(model.requests) > before, 30, "the next call of the model")
    wait_for(lambda: ended(api, task), 30, "its end")
    return (model.requests[before].began - began) * 1000


def open_requests(api: httpx.Client, tasks: set[int]) -> list[dict]:  # type: ignore[type-arg]
    found = api.get("/requests/", params={"state": "open", "per_page": 100}).json()["items"]
    return [request for request in found if request["task_id"] in tasks]


def answer(api: httpx.Client, request: int, text: str = "Green") -> None:
    body = {"decision": "answer", "values": {"answer": text}}
    reply = api.post(f"/requests/{request}/answer", json=body)
    assert reply.status_code == 200, reply.text

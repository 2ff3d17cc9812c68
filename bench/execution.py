"""From the click to the model call, and many runs at once. With real processes and a local model server.

python -m bench.execution            # SQLite and a private Redis
TEST_DATABASE_URL=... TEST_REDIS_URL=... python -m bench.execution
"""

import statistics
import tempfile
import time
from pathlib import Path

import psutil

from tests.support.model_server import ModelServer
from tests.support.real_house import RealHouse, wait_for

CLICKS = 40
PARALLEL = 50
MODEL_SECONDS = 2


def main() -> None:
    with ModelServer() as model, tempfile.TemporaryDirectory() as folder:
        click_to_call(model, Path(folder))
    with ModelServer() as model, tempfile.TemporaryDirectory() as folder:
        side_by_side(model, Path(folder))


def use(api, model: ModelServer, name: str) -> None:
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


def new_task(api, number: int, agents: list[int]) -> int:
    body = {"title": f"Bench {number}", "board_id": 4, "assigned_agent_id": agents[number % len(agents)]}
    return api.post("/tasks/", json=body).json()["id"]


def settled(api, task: int) -> bool:
    return api.get(f"/tasks/{task}").json()["last_run"]["status"] in ("succeeded", "failed", "cancelled")


def click_to_call(model: ModelServer, folder: Path) -> None:
    """How long after Execute was pressed the provider has the request, one at a time on idle workers."""
    with RealHouse(folder, RUN_WORKERS="4") as house:
        house.start("web", "worker", "scheduler")
        with house.client() as api:
            use(api, model, "ok")
            agents = [agent["id"] for agent in api.get("/agents/").json()]
            waits = []
            for number in range(CLICKS):
                task = new_task(api, number, agents)
                before = len(model.requests)
                clicked = time.monotonic()
                assert api.post(f"/tasks/{task}/execute").status_code == 202
                wait_for(lambda seen=before: len(model.requests) > seen, what="the model call")
                waits.append((model.requests[before].began - clicked) * 1000)
                wait_for(lambda it=task: settled(api, it), what="its end")
    waits.sort()
    p95 = waits[int(len(waits) * 0.95) - 1]
    print(f"click to model call: p50 {statistics.median(waits):.0f} ms, p95 {p95:.0f} ms, over {CLICKS} runs")


def side_by_side(model: ModelServer, folder: Path) -> None:
    """Fifty runs of a model that takes two seconds, on fifty workers."""
    with RealHouse(folder, RUN_WORKERS=str(PARALLEL)) as house:
        house.start("web", "worker", "scheduler")
        with house.client() as api:
            use(api, model, f"slow:{MODEL_SECONDS}")
            agents = [agent["id"] for agent in api.get("/agents/").json()]
            for agent in agents:
                api.patch(f"/agents/{agent}", json={"max_parallel_runs": PARALLEL})
            tasks = [new_task(api, number, agents) for number in range(PARALLEL)]
            began = time.monotonic()
            for task in tasks:
                api.post(f"/tasks/{task}/execute")
            wait_for(lambda: len(model.requests) >= PARALLEL, 60, "all calls")
            memory = sum(_proportional(process) for process in house.tree(house.processes["worker"].pid))
            wait_for(lambda: all(settled(api, task) for task in tasks), 120, "all ends")
            took = time.monotonic() - began
    print(
        f"{PARALLEL} runs of {MODEL_SECONDS} s at once: {took:.1f} s ({took / MODEL_SECONDS:.1f} times the ideal), "
        f"{model.most_at_once} calls at once, {memory / 2**20:.0f} MB of proportional memory in workers"
    )


def _proportional(process: psutil.Process) -> int:
    try:
        return process.memory_full_info().pss
    except psutil.NoSuchProcess:
        return 0


if __name__ == "__main__":
    main()

"""Fifty runs at once of a model that takes two seconds, on fifty workers."""

import time

import psutil

from bench.execution.rows import Row, ended, installation, new_task, use
from tests.support.model_server import ModelServer
from tests.support.waiting import wait_for

RUNS = 50
MODEL_SECONDS = 2.0


def side_by_side() -> list[Row]:
    """The agent is switched to auto, and takes up what waits for it: all at once."""
    with ModelServer() as model, installation(RUN_WORKERS=str(RUNS)) as running:
        running.start("web", "worker", "scheduler")
        with running.client() as api:
            use(api, model, f"slow:{MODEL_SECONDS:.0f}")
            agent = api.get("/agents/").json()[0]["id"]
            api.patch(f"/agents/{agent}", json={"max_parallel_runs": RUNS})
            tasks = [new_task(api, number, agent) for number in range(RUNS)]
            wait_for(lambda: running.health()["workers"] >= RUNS, 60, "all workers")
            time.sleep(3)  # what has just started is at rest
            spent = processor_seconds(running)
            began = time.monotonic()
            assert api.patch(f"/agents/{agent}", json={"execution_mode": "auto"}).status_code == 200
            wait_for(lambda: len(model.requests) >= RUNS, 60, "all calls")
            memory = sum(map(proportional, [running.processes["worker"].pid, *below(running)]))
            wait_for(lambda: all(request.ended for request in model.requests), 60, "all answers")
            wait_for(lambda: all(ended(api, task) for task in tasks), 120, "all ends")
            spent = processor_seconds(running) - spent
            runs = [api.get(f"/tasks/{task}").json()["last_run"] for task in tasks]
            asked = max(request.began for request in model.requests) - began
            at_once = model.most_at_once
            took = max(seconds(run["finished_at"]) for run in runs) - (time.time() - (time.monotonic() - began))
    return [
        Row(
            f"{RUNS} runs of {MODEL_SECONDS:.0f} s at once",
            f"{took:.1f} s, {took / MODEL_SECONDS:.2f} times the ideal",
            "1.5 times",
        ),
        Row("the last of them asks its model after", f"{asked:.1f} s, {at_once} at once", f"{RUNS} at once"),
        Row("processor time of a run in its worker", f"{spent * 1000 / RUNS:.0f} ms", ""),
        Row("their workers' proportional memory", f"{memory / 2**20:.0f} MB", "2,500 MB"),
    ]


def below(running) -> list[int]:
    return [process.pid for process in running.tree(running.processes["worker"].pid)]


def processor_seconds(running) -> float:
    """Of all workers, since they began."""
    times = [process.cpu_times() for process in running.tree(running.processes["worker"].pid)]
    return sum(one.user + one.system for one in times)


def seconds(text: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(text).timestamp()


def proportional(pid: int) -> int:
    try:
        return psutil.Process(pid).memory_full_info().pss
    except psutil.NoSuchProcess:
        return 0

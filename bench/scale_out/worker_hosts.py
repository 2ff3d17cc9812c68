"""A worker host is disconnected during its runs, and reconnected after another host has taken them over."""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from bench.scale_out.row import Row
from bench.scale_out.servers import Installation
from tests.support.waiting import wait_for

RUNS = 8
# Longer than a silent worker is waited for, so that what the host has to say comes when nobody wants it any more.
MODEL_SECONDS = 33
BACK_AFTER = 44.0
HOSTS = ("worker-1", "worker-2")


def cut_off(server: Installation) -> Iterator[Row]:
    yield Row(
        f"**A worker host cut off** in the middle: {RUNS} runs of {MODEL_SECONDS} s on two hosts, "
        f"the cable back after {BACK_AFTER:.0f} s",
        "",
    )
    with server.client("web-1") as api:
        # The first half begins on the host that is going to be lost, before the other is there.
        tasks: list[int] = []
        for name, workers in zip(HOSTS, (RUNS // 2, RUNS), strict=True):
            server.start(name, "worker", RUN_WORKERS=str(workers), HELIX_DEMO_DELAY_SECONDS=str(MODEL_SECONDS))
            tasks += [_begin(api, len(tasks) + number) for number in range(RUNS // 2)]
            wait_for(lambda: _all_run(server, tasks), 60)  # noqa: B023 - asked within this round alone
        connected = server.connections()
        victims = [run for run in _runs(server, tasks, "running") if run["worker"].startswith("worker-1:")]
        cut_at = time.time()
        server.hosts["worker-1"].cut_off()
        time.sleep(BACK_AFTER)
        server.hosts["worker-1"].plug_in()
        wait_for(lambda: all(_last(server, task)["status"] == "succeeded" for task in tasks), 180)
        # The late ones have said what they had to say: their patience with the database ends after 25 s.
        wait_for(lambda: server.said("worker-1", "is dropped") >= len(victims), 40)
    counted = ", ".join(f"{name} {connected.get(name, 0)}" for name in HOSTS)
    yield Row(f"connections to PostgreSQL, {RUNS // 2} and {RUNS} workers with {RUNS // 2} runs each", counted)
    yield from _told(server, tasks, [run["id"] for run in victims], cut_at)


def _all_run(server: Installation, tasks: list[int]) -> bool:
    return len(_runs(server, tasks, "running")) == len(tasks)


def _begin(api: Any, number: int) -> int:
    body = {"title": f"Across hosts {number}", "board_id": 3, "assigned_agent_id": number + 1}
    task = api.post("/api/tasks/", json=body).json()["id"]
    api.post(f"/api/tasks/{task}/execute").raise_for_status()
    return task


def _told(server: Installation, tasks: list[int], victims: list[int], cut_at: float) -> Iterator[Row]:
    runs = [run for task in tasks for run in _of_task(server, task)]
    closed = [run for run in runs if run["id"] in victims]
    next_ones = [run for run in runs if run["retry_of"] in victims]
    done = [run for run in runs if run["status"] == "succeeded"]
    yield Row("runs on the host that was cut off", f"{len(victims)} of {RUNS}")
    yield Row(
        "closed as worker_lost",
        f"{sum(run['reason'] == 'worker_lost' for run in closed)}, "
        f"{_span([_at(run['finished_at']) - cut_at for run in closed])} after the cut",
    )
    yield Row("taken up by the other host", _span([_at(run["started_at"]) - cut_at for run in next_ones]) + " after")
    ends = [_at(run["finished_at"]) - cut_at for run in next_ones]
    yield Row(
        "finished there",
        f"{_span(ends)} after, of which the model took {MODEL_SECONDS} s",
    )
    yield Row("late results refused by the fence", f"{server.said('worker-1', 'is dropped')} of {len(victims)}")
    lost = [task for task in tasks if _last(server, task)["status"] != "succeeded"]
    doubled = len(done) - len({run["task_id"] for run in done})
    yield Row("tasks lost, done twice", f"{len(lost)}, {doubled}")
    again = [run["worker"].partition(":")[0] for run in next_ones]
    yield Row("by", ", ".join(sorted(set(again))))


def _span(seconds: list[float]) -> str:
    return f"{min(seconds):.0f} to {max(seconds):.0f} s" if seconds else "never"


def _at(moment: datetime) -> float:
    return moment.timestamp()


def _runs(server: Installation, tasks: list[int], status: str) -> list[dict[str, Any]]:
    return server.ask("SELECT * FROM runs WHERE task_id = ANY(%(tasks)s) AND status = %(status)s",
                tasks=tasks, status=status)  # fmt: skip


def _of_task(server: Installation, task: int) -> list[dict[str, Any]]:
    return server.ask("SELECT * FROM runs WHERE task_id = %(task)s ORDER BY id", task=task)


def _last(server: Installation, task: int) -> dict[str, Any]:
    return _of_task(server, task)[-1]

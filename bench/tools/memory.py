"""Memory of the workers' parent and of a worker, in the last call of a model, without tools and after tools.

Private memory is what a process does not share with others; proportional memory divides what is shared.
"""

import threading

import psutil

from bench.execution.rows import Row, ended, installation, new_task
from bench.tools.setup import prepare
from tests.support.agent_turns import turns
from tests.support.model_reply import Reply
from tests.support.model_server import ModelServer
from tests.support.waiting import wait_for

TOOLS = (
    [("list_files", {}), ("save_file", {"name": "tea.md", "text": "# Tea\n" * 200})],
    [("add_comment", {"text": "Half of it is done."}), ("read_file", {"name": "tea.md"})],
    [("read_task", {}), ("search_tasks", {"query": "tea"}), ("read_comments", {})],
)
# What a worker's parent starts. Anything else below it is a server process of a tool source.
OWN = "helix worker"


def of_workers() -> list[Row]:
    holds, goes_on = threading.Event(), threading.Event()

    def hold(reply: Reply) -> None:
        """The last turn: it takes until the memory has been read."""
        holds.set()
        goes_on.wait(60)
        turns("Done.")(reply)

    def with_tools(reply: Reply) -> None:
        said = sum(message["role"] == "assistant" for message in reply.body["messages"])
        (hold if said >= len(TOOLS) else turns(*TOOLS))(reply)

    found: dict[str, float] = {}
    strangers = {"in a run": 0, "outside of runs": 0}
    with ModelServer() as model, installation(RUN_WORKERS="1") as running:
        model.behave("plain", hold)
        model.behave("with-tools", with_tools)
        running.start("web", "scheduler")
        with running.client() as api:
            for name in ("plain", "with-tools"):
                # A fresh worker for each.
                running.start("worker")
                agents = prepare(running, api, model, name)
                found.setdefault("parent", _megabytes(running.processes["worker"].pid, "pss"))
                holds.clear()
                goes_on.clear()
                task = new_task(api, 0, agents[0])
                assert api.post(f"/tasks/{task}/execute").status_code == 202
                assert holds.wait(60), f"{name}: the last call of the model"
                (worker,) = running.busy_workers()
                found[name] = _megabytes(worker.pid, "uss")
                strangers["in a run"] += _strangers(running)
                goes_on.set()
                wait_for(lambda at=task: ended(api, at), 60, "its end")
                strangers["outside of runs"] += _strangers(running)
                running.stop("worker")
    grown = found["with-tools"] - found["plain"]
    return [
        Row("parent of the workers, proportional", f"{found['parent']:.0f} MB", ""),
        Row("a worker's own memory in a run without tools", f"{found['plain']:.1f} MB", ""),
        Row("the same with tools", f"{found['with-tools']:.1f} MB, {grown:+.1f}", "+20 MB"),
        Row(
            "processes of servers in runs with built-in tools, and outside of runs",
            f"{strangers['in a run']}, {strangers['outside of runs']}",
            "none outside",
        ),
    ]


def _megabytes(pid: int, kind: str) -> float:
    return getattr(psutil.Process(pid).memory_full_info(), kind) / 2**20


def _strangers(running) -> int:  # type: ignore[no-untyped-def]
    return sum(
        not " ".join(process.cmdline()).startswith(OWN) for process in running.tree(running.processes["worker"].pid)
    )

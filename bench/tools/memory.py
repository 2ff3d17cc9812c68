"""Memory of the workers' parent and of a worker, in the last call of a model, without tools and after tools.

Private memory is what a process does not share with others; proportional memory divides what is shared.
"""

import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

from bench.execution.rows import Row, ended, installation, new_task
from bench.tools.setup import prepare
from tests.support.agent_turns import Turn, turns
from tests.support.installation import Installation
from tests.support.ledger_program import accept_pay, write_tools_file
from tests.support.model_reply import Reply
from tests.support.model_server import Behaviour, ModelServer
from tests.support.waiting import wait_for

BUILT_IN = (
    [("list_files", {}), ("save_file", {"name": "tea.md", "text": "# Tea\n" * 200})],
    [("add_comment", {"text": "Half of it is done."}), ("read_file", {"name": "tea.md"})],
    [("read_task", {}), ("search_tasks", {"query": "tea"}), ("read_comments", {})],
)
# First: after text that a stranger may have written, a person is asked before each payment.
WITH_SERVER = ([("bank__pay", {"bill": "rent"})], *BUILT_IN)
# What a worker's parent starts. Anything else below it is a server process of a tool source.
OWN = "helix worker"


def of_workers() -> list[Row]:
    holds, goes_on = threading.Event(), threading.Event()

    def hold(reply: Reply) -> None:
        """The last turn: it takes until the memory has been read."""
        holds.set()
        goes_on.wait(60)
        turns("Done.")(reply)

    def last_of(script: Sequence[Turn]) -> Behaviour:
        def behaviour(reply: Reply) -> None:
            said = sum(message["role"] == "assistant" for message in reply.body["messages"])
            (hold if said >= len(script) else turns(*script))(reply)

        return behaviour

    found: dict[str, float] = {}
    strangers, ending_took = {"in a run": 0, "outside of runs": 0}, 0.0
    scripts: dict[str, Sequence[Turn]] = {"plain": (), "built-in": BUILT_IN, "with-server": WITH_SERVER}
    with tempfile.TemporaryDirectory() as folder, ModelServer() as model:
        tools_file = Path(folder) / "tools.yaml"
        write_tools_file(tools_file, ledger=Path(folder) / "ledger.txt", seconds=0)
        with installation(RUN_WORKERS="1", TOOLS_FILE=str(tools_file)) as running, running_parts(running) as api:
            for name, script in scripts.items():
                model.behave(name, last_of(script))
                # A fresh worker for each.
                running.start("worker")
                if name == "plain":
                    accept_pay(api)
                agents = prepare(running, api, model, name, tools=("add_comment", "bank__pay"))
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
                # The worker ends them after the run's end is stored.
                began = time.monotonic()
                while (left := _strangers(running)) and time.monotonic() - began < 10:
                    time.sleep(0.05)
                strangers["outside of runs"] += left
                ending_took = max(ending_took, time.monotonic() - began)
                running.stop("worker")
    return [
        Row("parent of the workers, proportional", f"{found['parent']:.0f} MB", ""),
        Row("a worker's own memory in a run without tools", f"{found['plain']:.1f} MB", ""),
        Row("the same with built-in tools", _grown(found, "built-in"), "+20 MB"),
        Row("the same with a server of tools, without the server", _grown(found, "with-server"), "+20 MB"),
        Row(
            "processes of tool servers during one run, and outside of runs",
            f"{strangers['in a run']}, {strangers['outside of runs']}: gone {ending_took:.1f} s after the run's end",
            "none outside",
        ),
    ]


@contextmanager
def running_parts(running: Installation) -> Iterator[httpx.Client]:
    running.start("web", "scheduler")
    with running.client() as api:
        yield api


def _grown(found: dict[str, float], name: str) -> str:
    return f"{found[name]:.1f} MB, {found[name] - found['plain']:+.1f}"


def _megabytes(pid: int, kind: str) -> float:
    return getattr(psutil.Process(pid).memory_full_info(), kind) / 2**20


def _strangers(running) -> int:  # type: ignore[no-untyped-def]
    return sum(
        not " ".join(process.cmdline()).startswith(OWN) for process in running.tree(running.processes["worker"].pid)
    )

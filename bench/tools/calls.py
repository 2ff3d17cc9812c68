"""Our own time per call: everything between the model's message and the next request to it, without the tool itself.

That is: deciding, the transaction before the effect, and the one after it with the trace and, after the last call of a
turn, the results for the model. Of a tool server that is a program of the host, in one process, as a worker's.
"""

import re
import tempfile
from pathlib import Path

from bench.execution.rows import Row, installation, new_task
from bench.tools.rounds import ROUNDS, Moment, Rounds, measured_rounds
from bench.tools.setup import execute, inside, prepare, work_in_this_process
from tests.support.agent_turns import turns
from tests.support.ledger_program import accept_pay, write_tools_file
from tests.support.model_reply import Reply
from tests.support.model_server import ModelServer

RUNS, FIRST = 10, 3
TURNS, AT_ONCE = 8, 4


def time_per_call() -> list[Row]:
    def pays(reply: Reply) -> None:
        found = re.search(r"Calls at once: (\d+)", str(reply.body["messages"][:2]))
        assert found, "the prompt has no description"
        # Each turn with bills of its own: a model that repeats itself is stopped.
        every = [[("bank__pay", {"bill": f"{turn}/{at}"}) for at in range(int(found[1]))] for turn in range(TURNS)]
        turns(*every, "Done.")(reply)

    rows = []
    with tempfile.TemporaryDirectory() as folder, ModelServer() as model:
        model.behave("pays", pays)
        tools_file = Path(folder) / "tools.yaml"
        write_tools_file(tools_file, ledger=Path(folder) / "ledger.txt", seconds=0)
        with installation(RUN_WORKERS="1", TOOLS_FILE=str(tools_file)) as running:
            running.start("web", "worker")
            with running.client() as api:
                accept_pay(api)
                agents = prepare(running, api, model, "pays", tools=("bank__pay",))
                running.stop("worker")
                for name, at_once in (("one call in a turn", 1), (f"{AT_ONCE} calls in a turn, each", AT_ONCE)):
                    for number in range(FIRST + RUNS * ROUNDS):
                        task = new_task(api, number, agents[number % len(agents)])
                        said = {"description": f"Calls at once: {at_once}"}
                        assert api.patch(f"/tasks/{task}", json=said).status_code == 200
                        assert api.post(f"/tasks/{task}/execute").status_code == 202
                    found = Rounds(*inside(running, "bench.tools.calls:own_milliseconds", at_once=at_once))
                    rows.append(Row(f"our own time per call, {name}", str(found), "p95 15 ms SQLite, 12 PostgreSQL"))
    return rows


def own_milliseconds(at_once: int) -> tuple[float, float, float, list[float]]:
    """Of each call in a turn: the time of the turn's calls without that of the server, divided by their number."""
    from helix import mcp
    from helix.services.runs import tool_calls

    work_in_this_process()
    found: list[tuple[float, float]] = []
    in_server = [0.0, 0.0]
    ask_server, progress = mcp.Sessions.call, tool_calls.progress

    def call(*arguments, **more):  # type: ignore[no-untyped-def]
        began = Moment()
        result = ask_server(*arguments, **more)
        in_server[:] = map(sum, zip(in_server, began.milliseconds(), strict=True))
        assert isinstance(result, mcp.CallResult), result
        return result

    def advance(*arguments, **more):  # type: ignore[no-untyped-def]
        in_server[:] = 0.0, 0.0
        began = Moment()
        result = progress(*arguments, **more)
        wall, processor = began.milliseconds()
        assert not result.waits, "the agent was not allowed to call the tool"
        assert in_server[0], "the tool was not called"
        found.append(((wall - in_server[0]) / at_once, (processor - in_server[1]) / at_once))
        return result

    mcp.Sessions.call, tool_calls.progress = call, advance
    execute(FIRST)

    def measure() -> list[tuple[float, float]]:
        found.clear()
        execute(RUNS)
        assert len(found) == RUNS * TURNS, f"{len(found)} turns"
        return list(found)

    return measured_rounds(measure)

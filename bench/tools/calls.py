"""Our own time per call: everything between the model's message and the next request to it, without the tool itself.

That is: deciding, the transaction before the effect and the one after it with the trace, and the one that stores the
results of a turn. Measured in one process, as a worker's.
"""

import time

from bench.execution.latency import percentiles
from bench.execution.rows import Row, installation, new_task
from bench.tools.setup import execute, inside, prepare, work_in_this_process
from tests.support.agent_turns import turns
from tests.support.ledger_server import LedgerServer
from tests.support.model_server import ModelServer

RUNS, FIRST = 40, 5
TURNS, AT_ONCE = 8, 4
ROUNDS = 3


def time_per_call() -> list[Row]:
    goal = "SQLite 15 ms, PostgreSQL 12 ms"
    rows = []
    for name, at_once in (("one call in a turn", 1), (f"{AT_ONCE} calls in a turn, each", AT_ONCE)):
        p50, p95, rounds = _calmest([_measured(at_once) for _ in range(ROUNDS)])
        found = f"p50 {p50:.1f}, p95 {p95:.1f} ms"
        rows.append(Row(f"our own time per call, {name}", f"{found} (p95 of {ROUNDS} rounds: {rounds})", f"p95 {goal}"))
    return rows


def _calmest(rounds: list[list[float]]) -> tuple[float, float, str]:
    """p50 and p95 of the round with the lowest p95, and the p95 of all rounds."""
    found = sorted((percentiles(one) for one in rounds), key=lambda one: one[1])
    return *found[0], ", ".join(f"{p95:.1f}" for _p50, p95 in found)


def _measured(at_once: int) -> list[float]:
    with ModelServer() as model, LedgerServer(seconds=0) as page, installation() as running:
        address = page.address("page")
        turn = [("web_fetch", {"url": f"{address}?{number}"}) for number in range(at_once)]
        # Each turn with addresses of its own: a model that repeats itself is stopped.
        every = [[(name, {"url": f"{sent['url']}&{at}"}) for name, sent in turn] for at in range(TURNS)]
        model.behave("reads", turns(*every, "Done."))
        running.start("web")
        with running.client() as api:
            agents = prepare(running, api, model, "reads")
            told = " ".join(sent["url"] for turn in every for _name, sent in turn)
            for number in range(RUNS + FIRST):
                task = new_task(api, number, agents[number % len(agents)])
                assert api.patch(f"/tasks/{task}", json={"description": told}).status_code == 200
                assert api.post(f"/tasks/{task}/execute").status_code == 202
        return inside(running, "bench.tools.calls:own_milliseconds", port=page.port, at_once=at_once)


def own_milliseconds(port: int, at_once: int) -> list[float]:
    """Of each call in a turn: the time of the turn's calls without that of the tool, divided by their number."""
    from helix.services import tools
    from helix.services.runs import tool_calls
    from helix.services.tools import web

    web.ALLOW_PRIVATE, web.PORTS = True, frozenset({port})
    work_in_this_process()
    found: list[float] = []
    in_tools = 0.0
    run_builtin, progress = tools.run_builtin, tool_calls.progress

    def run(*arguments, **more):  # type: ignore[no-untyped-def]
        nonlocal in_tools
        began = time.perf_counter()
        result = run_builtin(*arguments, **more)
        in_tools += time.perf_counter() - began
        assert not result.is_error, result.text
        return result

    def advance(*arguments, **more):  # type: ignore[no-untyped-def]
        nonlocal in_tools
        in_tools, began = 0.0, time.perf_counter()
        result = progress(*arguments, **more)
        assert not result.waits, "the agent was not allowed to call the tool"
        found.append((time.perf_counter() - began - in_tools) * 1000 / at_once)
        return result

    tools.run_builtin, tool_calls.progress = run, advance
    execute(FIRST)
    found.clear()
    execute(RUNS)
    assert len(found) == RUNS * TURNS, f"{len(found)} turns"
    return found

"""Work that flows: what starting a workflow costs, and what blocked tasks cost claims.

`python -m bench.flow [--only workflows blocked] [--databases sqlite postgresql]`. Give one database for `blocked`, which
measures the processor time of its own process; the start of a workflow is measured over HTTP.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable

import httpx

from bench.blocked_tasks import blocked
from bench.execution.rows import Row, installation

STEPS = 100
TIMES = 12


def workflows() -> list[Row]:
    """A start of a workflow of 100 steps: each needs the one before, and every tenth step two more."""
    with installation() as running:
        running.start("web")
        with running.client() as api:
            workflow_id = _workflow(api)
            took = []
            for _ in range(TIMES):
                began = time.perf_counter()
                answer = api.post(f"/workflows/{workflow_id}/start", json={})
                took.append((time.perf_counter() - began) * 1000)
                assert answer.status_code == 201, answer.text
                assert len(answer.json()["steps"]) == STEPS
    took = sorted(took)
    value = f"{statistics.median(took):.0f} ms (slowest of {TIMES}: {took[-1]:.0f} ms)"
    return [Row(f"start of a workflow of {STEPS} steps", value, "< 500 ms")]


def _workflow(api: httpx.Client) -> int:
    agent = api.get("/agents/").json()[0]["name"]
    steps = [
        {
            "key": f"step_{number}",
            "kind": "agent",
            "title": f"Step {number}",
            "description": f"Go on with {{{{steps.step_{number - 1}.result}}}}." if number else "Begin.",
            "agent": agent,
            "needs": [f"step_{number - back}" for back in ((1, 5, 9) if number % 10 == 0 else (1,)) if number >= back],
        }
        for number in range(STEPS)
    ]
    board = next(board["id"] for board in api.get("/boards/").json() if not board["wip_limits"])
    made = api.post("/workflows/", json={"name": "Bench", "board_id": board, "definition": {"steps": steps}})
    assert made.status_code == 201, made.text
    assert made.json()["problems"] == []
    for word in ("publish", "enable"):
        assert api.post(f"/workflows/{made.json()['id']}/{word}").status_code == 200
    return made.json()["id"]


PARTS: dict[str, Callable[[], list[Row]]] = {"workflows": workflows, "blocked": blocked}
CALLED = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.flow", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS), help="only these parts")
    parser.add_argument("--databases", nargs="+", choices=list(CALLED), default=list(CALLED))
    parser.add_argument("--postgresql", default="postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
    asked = parser.parse_args()
    print("| figure | database | measured | goal |\n|---|---|---|---|")
    for kind in asked.databases:
        os.environ.pop("TEST_DATABASE_URL", None)
        if kind == "postgresql":
            os.environ["TEST_DATABASE_URL"] = asked.postgresql
        for name in asked.only:
            for row in PARTS[name]():
                print(f"| {row.name} | {CALLED[kind]} | {row.value} | {row.goal} |", flush=True)
    print(f"\nLoad of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.")


if __name__ == "__main__":
    main()

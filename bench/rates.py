"""Requests per second of each operation, relative to a bare Flask route measured at the same time."""

from dataclasses import asdict
from typing import Any

from bench import world
from bench.load import Call, Measured, press
from bench.operations import Operation, operations
from bench.server import Server

BARE = [Call("/bare/")]
PEOPLE = {"admin": world.ADMIN, "member": world.MEMBER}


def rates(server: Server, who: str, seconds: float, only: str = "") -> list[dict[str, Any]]:
    """A row per operation. The baseline is measured before and after each, since the load of the machine may change."""
    email = PEOPLE[who]
    with server.client(email) as api:
        token, chosen = api.headers["Authorization"], [one for one in operations(api) if only in one.name]
    api_headers = {"Authorization": token}
    page_headers = {"Cookie": server.cookie(email), "Accept": "text/html", "Accept-Encoding": "gzip"}
    rows = []
    before = _bare(server, seconds)
    for operation in chosen:
        headers = page_headers if operation.page else api_headers
        press(server.address, operation.calls[:8], headers, 1)
        spent = server.processor()
        found = press(server.address, operation.calls, headers, seconds)
        spent = server.processor() - spent
        after = _bare(server, seconds)
        rows.append(_row(operation, found, (before + after) / 2, spent / max(1, found.rate * seconds)))
        print(line(rows[-1]), flush=True)
        before = after
    return rows


def _bare(server: Server, seconds: float) -> float:
    return press(server.address, BARE, {}, max(1, seconds / 3)).rate


def _row(operation: Operation, found: Measured, bare: float, processor: float) -> dict[str, Any]:
    ratio = found.rate / bare
    return {
        "operation": operation.name,
        **asdict(found),
        "bare": bare,
        "ratio": ratio,
        "goal": operation.goal,
        "met": ratio >= operation.goal and not found.failed,
        "processor_ms": processor * 1000,
    }


def line(row: dict[str, Any]) -> str:
    return (
        f"  {row['operation']:<40} {row['rate']:>8.0f}/s  {row['ratio']:.3f} of {row['goal']:.2f} "
        f"{'yes' if row['met'] else 'NO ':<4} p50 {row['p50']:>7.1f}  p95 {row['p95']:>7.1f} ms  "
        f"{row['size']:>7} B  cpu {row['processor_ms']:.2f} ms" + (f"  {row['failed']} failed" if row["failed"] else "")
    )

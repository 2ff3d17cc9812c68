"""Writes docs/performance.md from the results of the last runs."""

import json
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "performance.md"
MARK = "<!-- made by python -m bench -->"


def write(results: Path) -> None:
    """Replaces everything below the marker; the text above it is written by hand."""
    kept = PAGE.read_text().split(MARK)[0] if PAGE.exists() else "# Performance\n\n"
    PAGE.write_text(kept + MARK + "\n\n" + "\n".join(_lines(results)).rstrip() + "\n")
    print(f"wrote {PAGE.relative_to(ROOT)}")


def _lines(results: Path) -> list[str]:
    found = {path.stem: json.loads(path.read_text()) for path in sorted(results.glob("*.json"))}
    lines = [_machine(), ""]
    rates = {name: rows for name, rows in found.items() if name.startswith("rates-")}
    for name, rows in rates.items():
        _, kind, tasks, who = name.split("-")
        lines += [f"## {_called(kind)}, {int(tasks):,} tasks, {who}", "", *_rates(rows), ""]
    lines += _flat(rates)
    for name, rows in found.items():
        if name.startswith("isolation-"):
            _, kind, tasks = name.split("-")
            lines += [
                f"## Isolation from a heavy client ({_called(kind)}, {int(tasks):,} tasks)",
                "",
                *_isolation(rows),
                "",
            ]
        if name.startswith("memory-"):
            _, kind, tasks = name.split("-")
            megabytes = ", ".join(f"{size / 2**20:.0f}" for size in rows)
            lines += [
                f"- {_called(kind)}, {int(tasks):,} tasks: resident MB after the benchmark, by process (the first is the parent): {megabytes}"
            ]
    if "streams" in found:
        lines += ["", "## Open pages", "", *_streams(found["streams"]), ""]
    return lines


def _called(kind: str) -> str:
    return {"postgresql": "PostgreSQL", "sqlite": "SQLite"}[kind]


def _machine() -> str:
    processor = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.processor(),
    )
    cores = subprocess.run(["nproc"], capture_output=True, text=True, check=True).stdout.strip()
    parts = ", ".join(f"{name} {version(name)}" for name in ("flask", "sqlalchemy", "gunicorn", "psycopg"))
    return f"{processor}, {cores} cores; Python {platform.python_version()}, {parts}."


def _rates(rows: list[dict[str, Any]]) -> list[str]:
    lines = [
        "| operation | per second | ratio to bare route | goal | met | p50 ms | p95 ms | bytes |",
        "|---|---:|---:|---:|---|---:|---:|---:|",
    ]
    for row in rows:
        failed = f" ({row['failed']} failed)" if row["failed"] else ""
        lines.append(
            f"| `{row['operation']}` | {row['rate']:.0f} | {row['ratio']:.3f} | {row['goal']:.2f} | "
            f"{'yes' if row['met'] else '**no**'}{failed} | {row['p50']:.1f} | {row['p95']:.1f} | {row['size']:,} |"
        )
    lines.append(f"\nBare route: {sum(row['bare'] for row in rows) / len(rows):.0f} per second.")
    return lines


def _flat(rates: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Growth of p95 from the smaller to the larger database, absolute and relative to the bare route."""
    groups: dict[tuple[str, str], dict[int, dict[str, dict[str, Any]]]] = {}
    for name, rows in rates.items():
        _, kind, tasks, who = name.split("-")
        groups.setdefault((kind, who), {})[int(tasks)] = {row["operation"]: row for row in rows}
    lines: list[str] = []
    for (kind, who), sizes in groups.items():
        if len(sizes) < 2:
            continue
        small, large = min(sizes), max(sizes)
        lines += [f"## From {small:,} to {large:,} tasks: {_called(kind)}, {who}", ""]
        lines += ["| operation | p95 | p95 against the bare route's rate |", "|---|---:|---:|"]
        for name, before in sizes[small].items():
            after = sizes[large].get(name)
            if after and before["p95"]:
                growth = after["p95"] / before["p95"]
                lines.append(f"| `{name}` | {growth:.2f} | {growth * after['bare'] / before['bare']:.2f} |")
        lines.append("")
    return lines


def _isolation(rows: list[dict[str, Any]]) -> list[str]:
    lines = ["| heavy client | `auth/me` per second | share kept | p95 ms |", "|---|---:|---:|---:|"]
    return lines + [
        f"| {row['neighbour']} | {row['rate']:.0f} | {row['kept']:.2f} | {row['p95']:.1f} |" for row in rows
    ]


def _streams(found: dict[str, Any]) -> list[str]:
    return [
        f"{found['pages']} event streams on one web process: events arrive with p50 {found['event_p50']:.0f} ms and "
        f"p95 {found['event_p95']:.0f} ms, {found['lost']} lost; a board page takes {found['page_ratio']:.2f} times as "
        f"long as without them; the process uses {found['resident'] / 2**20:.0f} MB. (`python -m bench.streams`)"
    ]

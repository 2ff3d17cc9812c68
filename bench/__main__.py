"""python -m bench: fills a database, measures, prints, and writes docs/performance.md.

The full benchmark with both databases takes half an hour; --quick is for checks during development.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from bench.isolation import isolation
from bench.rates import rates
from bench.report import write
from bench.server import database, started_server


def main() -> None:
    asked = _arguments()
    for folder in (asked.keep, asked.results):
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
    if not asked.report:
        for kind in asked.databases:
            for tasks in asked.sizes:
                _measure(asked, kind, tasks)
        if asked.execution:
            from bench import execution

            execution.main()
    if asked.results and (asked.report or not asked.only):
        write(asked.results)


def _measure(asked: argparse.Namespace, kind: str, tasks: int) -> None:
    def keep(name: str, found: Any) -> None:
        if asked.results:
            (asked.results / f"{name}.json").write_text(json.dumps(found, indent=1))

    print(f"{kind}, {tasks:,} tasks", flush=True)
    with database(kind, asked.postgresql, tasks, asked.keep) as url, started_server(url) as running:
        for who in asked.people:
            print(f" {who}", flush=True)
            keep(f"rates-{kind}-{tasks}-{who}", rates(running, who, asked.seconds, asked.only))
        if asked.isolation:
            keep(f"isolation-{kind}-{tasks}", isolation(running, asked.seconds))
        keep(f"memory-{kind}-{tasks}", running.resident())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.splitlines()[0])
    parser.add_argument("--databases", nargs="+", choices=["postgresql", "sqlite"], default=["postgresql", "sqlite"])
    parser.add_argument("--sizes", nargs="+", type=int, default=[20_000, 200_000], help="numbers of tasks")
    parser.add_argument("--people", nargs="+", choices=["admin", "member"], default=["admin", "member"])
    parser.add_argument("--seconds", type=float, default=8, help="for each operation")
    parser.add_argument("--quick", dest="seconds", action="store_const", const=2, help="two seconds each")
    parser.add_argument("--only", default="", help="only operations whose name contains this text")
    parser.add_argument("--keep", type=Path, help="keep the filled databases, and a folder, for later runs")
    parser.add_argument("--results", type=Path, default=Path("bench-results"), help="a folder for the figures")
    parser.add_argument(
        "--isolation", action=argparse.BooleanOptionalAction, default=True, help="throughput beside a heavy client"
    )
    parser.add_argument("--execution", action="store_true", help="also benchmark agent runs (bench/execution)")
    parser.add_argument("--report", action="store_true", help="only write the page, from existing results")
    parser.add_argument("--postgresql", default="postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
    return parser.parse_args()


if __name__ == "__main__":
    main()

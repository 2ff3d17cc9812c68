"""python -m bench: fills, measures, prints, and writes docs/performance.md.

Everything with both databases takes half an hour; --quick is for looking while changing something.
"""

import argparse
import json
from pathlib import Path

from bench.house import database, house
from bench.rates import rates


def main() -> None:
    asked = _arguments()
    asked.keep and asked.keep.mkdir(parents=True, exist_ok=True)
    for kind in asked.databases:
        for tasks in asked.sizes:
            print(f"{kind}, {tasks:,} tasks", flush=True)
            with database(kind, asked.postgresql, tasks, asked.keep) as url, house(url) as running:
                for who in asked.people:
                    print(f" {who}", flush=True)
                    rows = rates(running, who, asked.seconds, asked.only)
                    if asked.results:
                        asked.results.mkdir(parents=True, exist_ok=True)
                        (asked.results / f"rates-{kind}-{tasks}-{who}.json").write_text(json.dumps(rows, indent=1))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.splitlines()[0])
    parser.add_argument("--databases", nargs="+", choices=["postgresql", "sqlite"], default=["postgresql", "sqlite"])
    parser.add_argument("--sizes", nargs="+", type=int, default=[20_000, 200_000], help="numbers of tasks")
    parser.add_argument("--people", nargs="+", choices=["admin", "member"], default=["admin", "member"])
    parser.add_argument("--seconds", type=float, default=8, help="for each operation")
    parser.add_argument("--quick", dest="seconds", action="store_const", const=2, help="two seconds each")
    parser.add_argument("--only", default="", help="operations with these words in their name")
    parser.add_argument("--keep", type=Path, help="a folder (and databases) where what was filled stays for later runs")
    parser.add_argument("--results", type=Path, help="a folder for the figures")
    parser.add_argument("--postgresql", default="postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
    return parser.parse_args()


if __name__ == "__main__":
    main()

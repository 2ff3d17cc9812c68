import argparse
import json
import os
from pathlib import Path

from bench.execution.rows import Row
from bench.tools import __doc__ as about
from bench.tools import parts

CALLED = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def main() -> None:
    asked = _arguments()
    found: list[tuple[str, Row]] = []
    for kind in asked.databases:
        os.environ.pop("TEST_DATABASE_URL", None)
        if kind == "postgresql":
            os.environ["TEST_DATABASE_URL"] = asked.postgresql
        for name, measure in parts().items():
            if not asked.only or name in asked.only:
                found += [(CALLED[kind], row) for row in measure()]
    print("| figure | database | measured | goal |\n|---|---|---|---|")
    for database, row in found:
        print(f"| {row.name} | {database} | {row.value} | {row.goal} |")
    load = os.getloadavg()[0]
    print(f"\nLoad of the machine at the end: {load:.1f} on {os.cpu_count()} cores.")
    if asked.json:
        rows = [{"database": database, **row._asdict()} for database, row in found]
        asked.json.write_text(json.dumps({"load": load, "cores": os.cpu_count(), "figures": rows}, indent=1) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.tools", description=(about or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=list(parts()), default=[], help="only these parts")
    parser.add_argument("--databases", nargs="+", choices=list(CALLED), default=list(CALLED))
    parser.add_argument("--json", type=Path, help="a file for the figures")
    parser.add_argument("--postgresql", default="postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
    return parser.parse_args()


if __name__ == "__main__":
    main()

import argparse
import os
import sys
from pathlib import Path

from bench.scale_out import __doc__ as about
from bench.scale_out import web_hosts, worker_hosts
from bench.scale_out.network import NotPossible
from bench.scale_out.servers import installation

PARTS = {
    "throughput": web_hosts.throughput,
    "shared": web_hosts.shared,
    "stop": web_hosts.stopped,
    "cut": worker_hosts.cut_off,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.scale_out", description=about)
    parser.add_argument("parts", nargs="*", help=f"some of {', '.join(PARTS)}; all of them when none is named")
    parser.add_argument("--logs", type=Path, help="a folder in which the logs of the hosts stay")
    arguments = parser.parse_args()
    asked = arguments.parts or list(PARTS)
    if unknown := [part for part in asked if part not in PARTS]:
        parser.error(f"there is no {', '.join(unknown)}, only {', '.join(PARTS)}")
    try:
        with installation(
            "web-1", "web-2", "worker-1", "worker-2", "watch-1", "watch-2", logs=arguments.logs
        ) as running:
            for name in ("web-1", "web-2"):
                running.start(name, "web")
            for name in ("watch-1", "watch-2"):
                running.start(name, "scheduler")
            print(f"| on {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} | |\n|---|---|", flush=True)
            for part in asked:
                for row in PARTS[part](running):
                    print(f"| {row.name} | {row.value} |", flush=True)
    except NotPossible as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

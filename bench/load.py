"""Load generator: a closed loop of eight connections on one operation, with wrk if it is on PATH, else with threads."""

import http.client
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

CONNECTIONS = 8
WRK = shutil.which("wrk")
SCRIPT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True)
class Call:
    """A request: `path` with its query, `body` as JSON text."""

    path: str
    method: str = "GET"
    body: str = ""


@dataclass(frozen=True)
class Measured:
    """`rate` in answers a second, `p50` and `p95` in milliseconds, `size` in bytes of an answer with its headers."""

    rate: float
    p50: float
    p95: float
    size: int
    failed: int


def press(
    address: str, calls: Sequence[Call], headers: dict[str, str], seconds: float, connections: int = CONNECTIONS
) -> Measured:
    """Send the calls one after the other and around again, on so many connections at once."""
    if any(call.body for call in calls):
        headers = headers | {"Content-Type": "application/json"}
    if WRK:
        return _by_wrk(address, calls, headers, seconds, connections)
    return _by_threads(address, calls, headers, seconds, connections)


def _by_wrk(address: str, calls: Sequence[Call], headers: dict[str, str], seconds: float, connections: int) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        requests, heads = Path(folder) / "requests", Path(folder) / "headers"
        requests.write_text("".join(f"{call.method} {call.path} {call.body}\n" for call in calls))
        heads.write_text("".join(f"{name}: {value}\n" for name, value in headers.items()))
        command = [
            str(WRK), "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "60s",
            "-s", str(SCRIPT), address, "--", str(requests), str(heads),
        ]  # fmt: skip
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    line = next(line for line in said.splitlines() if line.startswith("RESULT "))
    answers, took, size, p50, p95, failed = (int(word) for word in line.split()[1:])
    return Measured(answers / (took / 1e6), p50 / 1000, p95 / 1000, size // max(1, answers), failed)


def _by_threads(
    address: str, calls: Sequence[Call], headers: dict[str, str], seconds: float, connections: int
) -> Measured:
    ends = time.monotonic() + seconds
    times: list[float] = []
    sizes: list[int] = []
    failures: list[int] = []
    turn = iter(range(1 << 60))

    def one() -> None:
        connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
        while time.monotonic() < ends:
            call = calls[next(turn) % len(calls)]
            began = time.monotonic()
            connection.request(call.method, call.path, call.body or None, headers)
            answer = connection.getresponse()
            sizes.append(len(answer.read()) + len(str(answer.headers)))
            times.append((time.monotonic() - began) * 1000)
            if answer.status >= 400:
                failures.append(answer.status)

    threads = [threading.Thread(target=one) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times.sort()
    return Measured(
        len(times) / seconds,
        times[len(times) // 2],
        times[int(len(times) * 0.95)],
        sum(sizes) // len(sizes),
        len(failures),
    )

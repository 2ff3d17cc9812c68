"""One and two web hosts: throughput, shared state, and the effect of stopping one."""

import http.client
import json
import signal
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx

from bench import world
from bench.load import CONNECTIONS, Call, Measured, press
from bench.scale_out.row import Row
from bench.scale_out.servers import Installation
from bench.server import Server

CORES = 0.5
SECONDS = 4.0
HOSTS = ("web-1", "web-2")
OPERATIONS = {
    "GET /api/auth/me": [Call("/api/auth/me")],
    "GET /api/tasks/{id}": [Call(f"/api/tasks/{number}") for number in range(100, 400)],
    "POST /api/tasks/": [Call("/api/tasks/", "POST", json.dumps({"title": "Made by the bench", "board_id": 7}))],
}


def throughput(server: Installation) -> Iterator[Row]:
    """A balancer that gives every second connection to the second host, and no host more than half a core."""
    limited = [server.hosts[name].limit(CORES) for name in HOSTS]
    what = f"each of {CORES:g} core" if all(limited) else "NOT limited: this machine has no control groups for that"
    yield Row(f"**Throughput**, {CONNECTIONS} connections in all, web hosts {what}", "")
    servers = [server.started_server(name) for name in HOSTS]
    token = dict(server.client(HOSTS[0]).headers)["authorization"]
    for name, calls in OPERATIONS.items():
        for server in servers:
            press(server.address, calls, {"Authorization": token}, 1)
        one, cost_of_one = _measured(servers[:1], calls, token)
        two, cost_of_two = _measured(servers, calls, token)
        yield Row(
            name,
            f"one host {one:.0f} a second, two {two:.0f}: {two / one:.2f} times; "
            f"{cost_of_one:.2f} and {cost_of_two:.2f} ms of their processors an answer",
        )
    counted = ", ".join(f"{name} {count}" for name, count in sorted(server.connections().items()))
    yield Row("connections to PostgreSQL after it, two processes a web host", counted)
    for name in HOSTS:
        server.hosts[name].limit(None)


def _measured(servers: list[Server], calls: list[Call], token: str) -> tuple[float, float]:
    """Answers a second, and milliseconds of processor time that the hosts spent on each."""
    before = sum(server.processor() for server in servers)

    def on(server: Server) -> Measured:
        return press(server.address, calls, {"Authorization": token}, SECONDS, CONNECTIONS // len(servers))

    with ThreadPoolExecutor(len(servers)) as pool:
        found = list(pool.map(on, servers))
    failed = sum(one.failed for one in found)
    assert not failed, f"{failed} answers were errors"
    rate = sum(one.rate for one in found)
    spent = sum(server.processor() for server in servers) - before
    return rate, spent / (rate * SECONDS) * 1000


def shared(server: Installation) -> Iterator[Row]:
    """What one host begins, the other goes on with."""
    yield Row("**Shared between two web hosts**", "")
    first, second = (server.started_server(name) for name in HOSTS)
    cookie = first.cookie(world.ADMIN)
    page = httpx.get(f"{second.address}/boards/7", headers={"Cookie": cookie})
    yield Row("signed in at the first, a page of the second", f"{page.status_code}")
    with first.client(world.ADMIN) as at_first, second.client(world.ADMIN) as at_second:
        content = b"Seen from the other host. " * 1000
        sent = at_first.post("/api/tasks/100/attachments/", files={"file": ("notes.txt", content)})
        sent.raise_for_status()
        back = at_second.get(f"/api/task-attachments/{sent.json()['id']}/download")
        yield Row(
            "a file sent to the first, read from the second (S3)", "the same" if back.content == content else "NO"
        )
        waits = [_until_heard(first, cookie, lambda: _new_task(at_second)) for _ in range(10)]
    yield Row("a change at the second reaches an open page at the first", f"p50 {statistics.median(waits):.0f} ms")


def _new_task(api: httpx.Client) -> int:
    made = api.post("/api/tasks/", json={"title": "Told across hosts", "board_id": 7})
    made.raise_for_status()
    return made.json()["id"]


def _until_heard(server: Server, cookie: str, change: Callable[[], int]) -> float:
    """Milliseconds from just before the change until the open page hears of it."""
    with httpx.stream("GET", f"{server.address}/events", headers={"Cookie": cookie}, timeout=30) as stream:
        lines = stream.iter_lines()
        next(lines)
        began = time.monotonic()
        number = change()
        for line in lines:
            if line.startswith("data: ") and json.loads(line[6:]).get("id") == number:
                return (time.monotonic() - began) * 1000
    raise AssertionError("the stream ended")


class Balancer:
    """Eight clients that take turns between the hosts; one that cannot be connected to is left out for a moment."""

    def __init__(self, addresses: list[str], token: str) -> None:
        self._places = [urlsplit(address).netloc for address in addresses]
        self._token, self._ended, self._turn = token, False, iter(range(1 << 60))
        self.answered = self.elsewhere = 0
        self.failed: list[str] = []
        self._threads = [threading.Thread(target=self._ask_again_and_again) for _ in range(CONNECTIONS)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self._ended = True
        for thread in self._threads:
            thread.join()

    def _ask_again_and_again(self) -> None:
        while not self._ended:
            turn = next(self._turn)
            for offset in range(len(self._places)):
                connection = http.client.HTTPConnection(self._places[(turn + offset) % len(self._places)], timeout=20)
                try:
                    connection.connect()
                except OSError:
                    self.elsewhere += 1
                    continue
                self._ask(connection)
                break
            else:
                self.failed.append("no host could be connected to")

    def _ask(self, connection: http.client.HTTPConnection) -> None:
        try:
            connection.request("GET", "/api/tasks/100", headers={"Authorization": self._token})
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.failed.append(type(error).__name__)
        else:
            self.answered += 1
            if answer.status != 200:
                self.failed.append(str(answer.status))
        finally:
            connection.close()


def stopped(server: Installation) -> Iterator[Row]:
    """SIGTERM to one of two under load, and the host back again."""
    yield Row("**A web host stopped under load** (SIGTERM), started again, the other one stopped", "")
    token = dict(server.client(HOSTS[0]).headers)["authorization"]
    balancer = Balancer([server.address(name) for name in HOSTS], token)
    took = []
    try:
        for name in HOSTS:
            time.sleep(2)
            took.append(_stop(server, name))
            time.sleep(1)
            server.start(name, "web")
        time.sleep(1)
    finally:
        balancer.end()
    yield Row("answers", f"{balancer.answered:,}")
    yield Row("not connected, asked the other host", f"{balancer.elsewhere}")
    lost = ", ".join(sorted(set(balancer.failed)))
    yield Row("failed requests", f"{len(balancer.failed)} {lost}".strip())
    yield Row("gone after", " and ".join(f"{seconds:.1f} s" for seconds in took))


def _stop(server: Installation, name: str) -> float:
    process = server.processes.pop(name)
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
    return time.monotonic() - began

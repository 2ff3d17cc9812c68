"""How much throughput other clients keep while one client sends expensive requests in a loop."""

import threading
from typing import Any

from bench import world
from bench.load import Call, press
from bench.server import Server

ME = [Call("/api/auth/me")]
# One of eight connections is the heavy client.
OTHERS = 7


def isolation(server: Server, seconds: float) -> list[dict[str, Any]]:
    """The rate of `auth/me` alone, and in parallel with each kind of heavy client."""
    with server.client(world.ADMIN) as api:
        headers = {"Authorization": api.headers["Authorization"]}
    login = Call("/api/auth/login", "POST", f'{{"username": "{world.MEMBER}", "password": "{world.PASSWORD}"}}')
    page = {"Cookie": server.cookie(world.ADMIN), "Accept": "text/html", "Accept-Encoding": "gzip"}
    neighbours = {
        "signs in in a loop": ([login], {}),
        "loads whole boards through the API in a loop": ([Call("/api/tasks/?board_id=26")], headers),
        "loads board pages in a loop": ([Call("/boards/26")], page),
    }
    alone = press(server.address, ME, headers, seconds, OTHERS)
    rows = [{"neighbour": "none", "rate": alone.rate, "p95": alone.p95, "kept": 1.0}]
    for name, (calls, own_headers) in neighbours.items():
        thread = threading.Thread(target=press, args=(server.address, calls, own_headers, seconds + 1, 1))
        thread.start()
        found = press(server.address, ME, headers, seconds, OTHERS)
        thread.join()
        rows.append({"neighbour": name, "rate": found.rate, "p95": found.p95, "kept": found.rate / alone.rate})
    for row in rows:
        print(f"  {row['neighbour']:<46} {row['rate']:>7.0f}/s  {row['kept']:.2f}  p95 {row['p95']:.1f} ms", flush=True)
    return rows

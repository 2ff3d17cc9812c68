"""Five hundred open pages on one web process: event latency, and the effect on other requests.

python -m bench.streams
"""

import argparse
import json
import selectors
import socket
import statistics
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from redis import Redis

from bench import world
from bench.load import Call, press
from bench.server import Server, database, started_server

PAGES = 500
EVENTS = 20


class Pages:
    """Streams that are read by one thread, which notes when each event came."""

    def __init__(self, address: str, cookie: str, count: int) -> None:
        self._selector = selectors.DefaultSelector()
        self._sockets: list[socket.socket] = []
        self.arrived: dict[int, list[float]] = {}
        self._ended = False
        where = urlsplit(address)
        request = (
            f"GET /events HTTP/1.1\r\nHost: {where.netloc}\r\nCookie: {cookie}\r\nAccept: text/event-stream\r\n\r\n"
        )
        for _ in range(count):
            page = socket.create_connection((where.hostname or "", where.port or 80), timeout=60)
            page.sendall(request.encode())
            assert page.recv(12) == b"HTTP/1.1 200"
            page.setblocking(False)
            self._selector.register(page, selectors.EVENT_READ)
            self._sockets.append(page)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while not self._ended:
            for key, _ in self._selector.select(timeout=0.5):
                text = key.fileobj.recv(65536).decode(errors="replace")  # type: ignore[union-attr]
                now = time.monotonic()
                for line in text.splitlines():
                    if line.startswith("data: ") and '"id":9' in line:
                        self.arrived.setdefault(json.loads(line[6:])["id"], []).append(now)

    def close(self) -> None:
        self._ended = True
        self._thread.join()
        for page in self._sockets:
            page.close()


def streams(running: Server, seconds: float, count: int = PAGES) -> dict[str, Any]:
    """`event_p95` in ms; `page_ratio`: the p50 of a page with the streams open, in relation to without."""
    cookie = running.cookie(world.ADMIN)
    headers = {"Cookie": cookie, "Accept": "text/html", "Accept-Encoding": "gzip"}
    page = [Call("/boards/26")]
    press(running.address, page, headers, 1, 1)
    before = press(running.address, page, headers, seconds, 1)
    pages = Pages(running.address, cookie, count)
    try:
        during = press(running.address, page, headers, seconds, 1)
        waits, lost = _tell(running, pages, count)
    finally:
        pages.close()
    waits.sort()
    found = {
        "pages": count,
        "event_p50": statistics.median(waits),
        "event_p95": waits[int(len(waits) * 0.95)],
        "lost": lost,
        "page_before": before.p50,
        "page_during": during.p50,
        "page_ratio": during.p50 / before.p50,
        "resident": max(running.resident()),
    }
    print(
        f"  {count} pages: event p50 {found['event_p50']:.0f} ms, p95 {found['event_p95']:.0f} ms, {lost} lost; "
        f"a page takes {found['page_ratio']:.2f} times as long; {found['resident'] / 2**20:.0f} MB",
        flush=True,
    )
    return found


def _tell(running: Server, pages: Pages, count: int) -> tuple[list[float], int]:
    """Milliseconds from telling until each page has it."""
    redis = Redis.from_url(running.environment["REDIS_URL"])
    waits: list[float] = []
    lost = 0
    for number in range(EVENTS):
        event = {"kind": "task", "id": 900_000_000 + number, "board_id": 26, "user_id": None}
        told = time.monotonic()
        redis.publish("helix:events:0", json.dumps(event))
        deadline = told + 10
        while len(pages.arrived.get(event["id"], [])) < count and time.monotonic() < deadline:
            time.sleep(0.02)
        came = pages.arrived.get(event["id"], [])
        waits += [(at - told) * 1000 for at in came]
        lost += count - len(came)
    redis.close()
    return waits, lost


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.streams")
    parser.add_argument("--pages", type=int, default=PAGES)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--results", type=Path)
    asked = parser.parse_args()
    with database("sqlite", "", 20_000, asked.keep) as url, started_server(url, processes=1) as running:
        found = streams(running, asked.seconds, asked.pages)
    if asked.results:
        (asked.results / "streams.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main()

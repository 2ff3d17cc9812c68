"""Latency from Execute to the model request, and from a word of the model to the open page."""

import re
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from bench.execution.rows import Row, ended, installation, new_task, use
from tests.support.installation import EMAIL, PASSWORD, Installation
from tests.support.model_reply import Reply
from tests.support.model_server import ModelServer
from tests.support.waiting import wait_for

CLICKS = 40
PIECES = 40
# A pause as between the words of a real model, and then some, so that the pieces do not travel together.
PAUSE = 0.15


def percentiles(milliseconds: list[float]) -> tuple[float, float]:
    ordered = sorted(milliseconds)
    return statistics.median(ordered), ordered[max(0, int(len(ordered) * 0.95) - 1)]


def click_to_call() -> list[Row]:
    """One at a time, on idle workers."""
    with ModelServer() as model, installation(RUN_WORKERS="4") as running:
        running.start("web", "worker", "scheduler")
        with running.client() as api:
            use(api, model, "ok")
            agents = [agent["id"] for agent in api.get("/agents/").json()]
            waits = [one_click(api, model, number, agents) for number in range(CLICKS)]
    p50, p95 = percentiles(waits)
    return [
        Row("click to model call, p50", f"{p50:.0f} ms", "150 ms"),
        Row("click to model call, p95", f"{p95:.0f} ms", "400 ms"),
    ]


def one_click(api: httpx.Client, model: ModelServer, number: int, agents: list[int]) -> float:
    task = new_task(api, number, agents[number % len(agents)])
    before = len(model.requests)
    clicked = time.monotonic()
    assert api.post(f"/tasks/{task}/execute").status_code == 202
    wait_for(lambda: len(model.requests) > before, what="the model call")
    wait_for(lambda: ended(api, task), what="its end")
    return (model.requests[before].began - clicked) * 1000


def streamed_text() -> list[Row]:
    """From the moment the provider writes a piece to the moment the page's event stream has it."""
    written: dict[int, float] = {}

    def speak(reply: Reply) -> None:
        reply.open()
        for number in range(PIECES):
            reply.wait(PAUSE)
            written[number] = time.monotonic()
            reply.piece(f"[{number}]")
        reply.finish()

    with ModelServer() as model, installation() as running:
        model.behave("speaking", speak)
        running.start("web", "worker", "scheduler")
        with running.client() as api, signed_in(running) as browser:
            use(api, model, "speaking")
            task = new_task(api, 0, api.get("/agents/").json()[0]["id"])
            api.post(f"/tasks/{task}/execute")
            run = wait_for(lambda: api.get(f"/tasks/{task}/runs").json()[0]["id"], what="the run")
            read = Reading(browser, run)
            wait_for(lambda: ended(api, task), 60, what="its end")
            read.stop()
    after = [number for number in written if number in read.seen and written[number] > read.opened]
    waits = [(read.seen[number] - written[number]) * 1000 for number in after]
    assert len(waits) > PIECES / 2, f"only {len(waits)} of {PIECES} pieces arrived"
    p50, p95 = percentiles(waits)
    return [Row("streamed text to the page, p50 / p95", f"{p50:.0f} / {p95:.0f} ms", "300 ms")]


@contextmanager
def signed_in(running: Installation) -> Iterator[httpx.Client]:
    """A browser's cookies."""
    with httpx.Client(base_url=running.address, timeout=30) as browser:
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get("/sign-in").text)
        assert token
        form = {"csrf_token": token[1], "email": EMAIL, "password": PASSWORD}
        assert browser.post("/sign-in", data=form).status_code in (302, 303)
        yield browser


class Reading:
    """An open page: notes when each piece of a run's text came."""

    def __init__(self, browser: httpx.Client, run: int) -> None:
        self.seen: dict[int, float] = {}
        self.opened = float("inf")
        self._browser, self._run = browser, run
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with self._browser.stream("GET", f"/events?run={self._run}", timeout=60) as stream:
            self.opened = time.monotonic()
            for line in stream.iter_lines():
                at = time.monotonic()
                for number in re.findall(r"\[(\d+)\]", line) if line.startswith("data:") else ():
                    self.seen.setdefault(int(number), at)
                if self._over.is_set() or len(self.seen) == PIECES:
                    return

    def stop(self) -> None:
        """The server says something every few seconds, and then the reader sees that it is over."""
        self._over.set()
        self._thread.join(30)

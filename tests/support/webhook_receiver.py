"""A webhook receiver: a real HTTP server whose response depends on the last segment of the path.

    with WebhookReceiver() as receiver:
        webhooks.create(actor, name="CRM", url=f"{receiver.url}/ok", events=["*"])

`/ok` 200 · `/status/500` that status · `/gone` 410 · `/slow` never answers · `/huge` a gigabyte, as far as it is read ·
`/redirect` to `/ok` · `/wait` 429 with Retry-After · `/fail/2` 500 twice, then 200 · `/hold` 200, but not before
`receiver.let_go` is set.
"""

import json
import threading
from collections import Counter
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class ReceivedEvent:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.body)

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


class WebhookReceiver:
    def __init__(self, port: int = 0) -> None:
        self.told: list[ReceivedEvent] = []
        self.let_go = threading.Event()
        self.stopping = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", port), _handler_of(self))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        return self._http.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def events(self) -> list[str]:
        return [told.json["type"] for told in self.told]

    def __enter__(self) -> "WebhookReceiver":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()


def _handler_of(receiver: WebhookReceiver) -> type[BaseHTTPRequestHandler]:
    times: Counter[str] = Counter()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.told.append(
                ReceivedEvent(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            )
            times[self.path] += 1
            kind, _, argument = self.path.strip("/").partition("/")
            if kind == "slow":
                receiver.stopping.wait(30)
            elif kind == "hold":
                receiver.let_go.wait(30)
                self._answer(200)
            elif kind == "huge":
                self._huge()
            elif kind == "redirect":
                self._answer(302, Location=f"{receiver.url}/ok")
            elif kind == "wait":
                self._answer(429, **{"Retry-After": "3600"})
            elif kind == "gone":
                self._answer(410)
            elif kind == "status":
                self._answer(int(argument))
            elif kind == "fail" and times[self.path] <= int(argument):
                self._answer(500)
            else:
                self._answer(200)

        def _answer(self, status: int, **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            try:
                self.end_headers()
                self.wfile.write(b"heard\x00")
            except ConnectionError:
                return  # who told us is gone

        def _huge(self) -> None:
            self.send_response(200)
            self.end_headers()
            try:
                for _ in range(1000):
                    self.wfile.write(b"x" * 1_000_000)
            except ConnectionError:
                return  # as it should be: nobody reads that

        def log_message(self, format: str, *args: Any) -> None:
            """Silence: what it is told is recorded."""

    return Handler

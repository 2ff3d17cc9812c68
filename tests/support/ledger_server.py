"""A ledger outside of the installation: every request to an address is an entry, like a payment that cannot be undone.

with LedgerServer() as ledger:
    ledger.address("17/rent")      # what an agent is told to read
    ledger.entries["/17/rent"]     # how often it did
"""

import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class LedgerServer:
    """`seconds` pass before an entry is written, and between that and the answer: a caller may die in either."""

    def __init__(self, seconds: float = 0.15) -> None:
        self.seconds = seconds
        self.entries: Counter[str] = Counter()
        self._under_way = 0
        self._lock = threading.Lock()
        self._http = _Server(("127.0.0.1", 0), _handler_of(self))
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        return self._http.server_address[1]

    @property
    def under_way(self) -> int:
        """The number of requests that are not answered yet."""
        with self._lock:
            return self._under_way

    def address(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/{path}"

    def record(self, path: str) -> int:
        """Take up a request, write its entry, and return how many there are by now."""
        with self._lock:
            self._under_way += 1
        time.sleep(self.seconds)
        with self._lock:
            self.entries[path] += 1
            found = self.entries[path]
        time.sleep(self.seconds)
        with self._lock:
            self._under_way -= 1
        return found

    def __enter__(self) -> "LedgerServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers are killed in the middle; anything else is a fault of the test and is printed."""
        import sys

        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _handler_of(server: LedgerServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = f"Entry {server.record(self.path)} of {self.path}.".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: Any) -> None:
            """Silence: the entries are counted."""

    return Handler

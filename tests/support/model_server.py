"""A model provider for tests: real HTTP, scripted by the name of the model.

    with ModelServer() as server:
        Endpoint("custom", "ok", base_url=server.openai_url, allow_private_addresses=True)

It speaks OpenAI's chat completions (`/v1/chat/completions`) and Anthropic's messages (`/v1/messages`), both streamed.
What it does is the part of the model's name before the first `:`, so that parallel tests and processes need nothing but
a name; after it comes an argument, as in `slow:2`. The behaviours are the functions in model_behaviours.py. A test may
also give one of its own: `server.behave("mine", lambda reply: reply.status(418))`.

For processes: `python -m tests.support.model_server --port 9123`.
"""

import argparse
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support import model_behaviours
from tests.support.model_reply import Reply

Behaviour = Callable[[Reply], None]


@dataclass
class Recorded:
    """One request. Times are of time.monotonic(); `ended` is None while it runs, `broken` when the caller hung up."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    began: float
    at_once: int
    ended: float | None = None
    broken: bool = False
    model: str = field(default="")


class ModelServer:
    def __init__(self, port: int = 0) -> None:
        self.requests: list[Recorded] = []
        self.most_at_once = 0
        self._own: dict[str, Behaviour] = {}
        self._running = 0
        self._lock = threading.Lock()
        self.stopping = threading.Event()
        self._http = _Server(("127.0.0.1", port), _handler_of(self))
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        return self._http.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def openai_url(self) -> str:
        return f"{self.url}/v1"

    def behave(self, name: str, behaviour: Behaviour) -> None:
        # Other tests use the same server, and expect of its own names what they say.
        assert name not in model_behaviours.BY_NAME, f"{name} has a behaviour already"
        self._own[name] = behaviour

    def asked(self, model: str) -> list[Recorded]:
        """The requests for a model, in the order in which they came."""
        with self._lock:
            return [request for request in self.requests if request.model == model]

    def behaviour(self, model: str) -> Behaviour:
        name = model.partition(":")[0]
        return self._own.get(name) or model_behaviours.BY_NAME.get(name) or model_behaviours.not_found

    def begin(self, path: str, headers: dict[str, str], body: dict[str, Any], model: str) -> Recorded:
        with self._lock:
            self._running += 1
            self.most_at_once = max(self.most_at_once, self._running)
            request = Recorded(path, headers, body, time.monotonic(), self._running, model=model)
            self.requests.append(request)
            return request

    def end(self, request: Recorded) -> None:
        with self._lock:
            self._running -= 1
            request.ended = time.monotonic()

    def start(self) -> "ModelServer":
        self._thread.start()
        return self

    def stop(self) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()

    __enter__ = start

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hung up is part of the game; anything else is a fault of the test and is printed."""
        import sys

        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _handler_of(server: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            model = str(body.get("model") or self.path.rpartition("/models/")[2].partition(":")[0])
            request = server.begin(self.path, dict(self.headers.items()), body, model)
            self.close_connection = True
            try:
                server.behaviour(model)(Reply(self, body, model, server.stopping))
            except ConnectionError:
                request.broken = True
            finally:
                server.end(request)

        def log_message(self, format: str, *args: Any) -> None:
            """Silence: the requests are recorded."""

    return Handler


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    server = ModelServer(parser.parse_args().port).start()
    print(server.openai_url, flush=True)  # noqa: T201 - the caller reads it
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        server.stop()


if __name__ == "__main__":
    main()

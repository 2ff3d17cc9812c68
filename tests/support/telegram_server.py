"""A Telegram server for tests: the Bot API over HTTP, with recorded requests and configurable failures.

    with TelegramServer() as telegram:
        telegram.fail("sendMessage", 429, retry_after=3)   # the next one; times=2 for the next two
        telegram.write("4711", "/start abc")               # a person writes to the bot
        telegram.press("4711", message, "Approve")         # a person presses a button

For processes: TELEGRAM_API_URL=telegram.url.
"""

import itertools
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "7000001:AAtestTESTtestTESTtestTESTtestTEST12"
NAME = "larkmoor_test_bot"


@dataclass
class Sent:
    """A message as it stands in somebody's chat now."""

    id: int
    chat: str
    text: str
    markup: dict[str, Any] | None
    edits: int = 0

    @property
    def buttons(self) -> dict[str, str]:
        rows = (self.markup or {}).get("inline_keyboard", [])
        return {button["text"]: button.get("callback_data", "") for row in rows for button in row}

    @property
    def asks_reply(self) -> bool:
        return bool((self.markup or {}).get("force_reply"))


@dataclass
class Failure:
    """`status` 0 hangs up without a word, and `seconds` is how long the silence before an answer is."""

    status: int
    description: str = ""
    retry_after: int | None = None
    seconds: float = 0.0


@dataclass
class TelegramServer:
    token: str = TOKEN
    messages: list[Sent] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    webhook: dict[str, Any] | None = None

    def __enter__(self) -> "TelegramServer":
        self._failures: dict[str, list[Failure]] = {}
        self._updates: list[dict[str, Any]] = []
        self._numbers = itertools.count(100)
        self._changed = threading.Condition()
        self._stopping = False
        self._http = _Server(("127.0.0.1", 0), _handler_of(self))
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def called(self, method: str) -> list[dict[str, Any]]:
        return [body for name, body in list(self.calls) if name == method]

    def in_chat(self, chat: str) -> list[Sent]:
        return [message for message in list(self.messages) if message.chat == chat]

    # what the test makes happen

    def fail(
        self,
        method: str,
        status: int,
        description: str = "",
        *,
        retry_after: int | None = None,
        seconds: float = 0.0,
        times: int = 1,
    ) -> None:
        found = self._failures.setdefault(method, [])
        found.extend([Failure(status, description, retry_after, seconds)] * times)

    def block(self, *, times: int = 1) -> None:
        self.fail("sendMessage", 403, "Forbidden: bot was blocked by the user", times=times)

    def write(self, person: str, text: str | None, reply_to: Sent | None = None) -> dict[str, Any]:
        message: dict[str, Any] = {
            "message_id": next(self._numbers),
            "from": _person(person),
            "chat": {"id": int(person), "type": "private"},
            "date": 1,
        }
        if text is not None:
            message["text"] = text
        if reply_to is not None:
            message["reply_to_message"] = {"message_id": reply_to.id, "chat": message["chat"], "date": 1}
        return self._happen("message", message)

    def press(self, person: str, message: Sent, button: str) -> dict[str, Any]:
        return self.press_data(person, message.buttons[button])

    def press_data(self, person: str, data: str) -> dict[str, Any]:
        query = {"id": f"q{next(self._numbers)}", "from": _person(person), "chat_instance": "1", "data": data}
        return self._happen("callback_query", query)

    def _happen(self, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        update = {"update_id": next(self._numbers), kind: content}
        with self._changed:
            self._updates.append(update)
            self._changed.notify_all()
        return update

    # the Bot API

    def answer(self, method: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.calls.append((method, body))
        failures = self._failures.get(method)
        if failures:
            failure = failures.pop(0)
            time.sleep(failure.seconds)
            if failure.status != 200:
                return _refusal(failure)
        do = getattr(self, f"do_{method}", None)
        return do(body) if do else (404, {"ok": False, "error_code": 404, "description": "Not Found"})

    def do_getMe(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return _ok({"id": int(self.token.split(":")[0]), "is_bot": True, "first_name": "Bot", "username": NAME})

    def do_sendMessage(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if refusal := _wrong(body):
            return refusal
        message = Sent(next(self._numbers), str(body["chat_id"]), body["text"], body.get("reply_markup"))
        self.messages.append(message)
        return _ok({"message_id": message.id, "chat": {"id": int(message.chat)}, "text": message.text})

    def do_editMessageText(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if refusal := _wrong(body):
            return refusal
        for message in self.messages:
            if message.id == body["message_id"] and message.chat == str(body["chat_id"]):
                if message.text == body["text"] and message.markup == body.get("reply_markup"):
                    return _bad("Bad Request: message is not modified")
                if message.asks_reply:
                    return _bad("Bad Request: message can't be edited")
                message.text, message.markup = body["text"], body.get("reply_markup")
                message.edits += 1
                return _ok({"message_id": message.id})
        return _bad("Bad Request: message to edit not found")

    def do_answerCallbackQuery(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.answers.append(body.get("text", ""))
        return _ok(True)

    def do_getUpdates(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self.webhook:
            words = "Conflict: can't use getUpdates method while webhook is active"
            return 409, {"ok": False, "error_code": 409, "description": words}
        offset, deadline = int(body.get("offset", 0)), time.monotonic() + float(body.get("timeout", 0))
        with self._changed:
            self._updates = [update for update in self._updates if update["update_id"] >= offset]
            while not self._updates and not self._stopping and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(left)
            return _ok(list(self._updates))

    def do_setWebhook(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.webhook = body
        return _ok(True)

    def do_deleteWebhook(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.webhook = None
        return _ok(True)


def _person(number: str) -> dict[str, Any]:
    return {"id": int(number), "is_bot": False, "first_name": "Somebody"}


def _ok(result: Any) -> tuple[int, dict[str, Any]]:
    return 200, {"ok": True, "result": result}


def _bad(words: str) -> tuple[int, dict[str, Any]]:
    return 400, {"ok": False, "error_code": 400, "description": words}


def _refusal(failure: Failure) -> tuple[int, dict[str, Any]]:
    told: dict[str, Any] = {"ok": False, "error_code": failure.status, "description": failure.description}
    if failure.retry_after is not None:
        told["parameters"] = {"retry_after": failure.retry_after}
    return failure.status, told


def _wrong(body: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
    """The checks of the real one that our messages could fail."""
    from html.parser import HTMLParser

    seen: list[str] = []
    open_tags: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: Any) -> None:
            open_tags.append(tag)

        def handle_endtag(self, tag: str) -> None:
            if not open_tags or open_tags.pop() != tag:
                seen.append("\0wrong")

        def handle_data(self, data: str) -> None:
            seen.append(data)

    reader = Reader()
    reader.feed(body.get("text", ""))
    reader.close()
    shown = "".join(seen)
    if open_tags or "\0wrong" in shown:
        return _bad("Bad Request: can't parse entities")
    if not shown.strip():
        return _bad("Bad Request: message text is empty")
    if len(shown.encode("utf-16-le")) // 2 > 4096:
        return _bad("Bad Request: message is too long")
    rows = (body.get("reply_markup") or {}).get("inline_keyboard", [])
    if any(not 1 <= len(button["callback_data"].encode()) <= 64 for row in rows for button in row):
        return _bad("Bad Request: BUTTON_DATA_INVALID")
    return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hung up is part of the game; anything else is a fault of the test and is printed."""
        import sys

        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _handler_of(server: TelegramServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
            root, _, method = self.path.rpartition("/")
            if root == f"/bot{server.token}":
                status, told = server.answer(method, body)
            else:
                status, told = 401, {"ok": False, "error_code": 401, "description": "Unauthorized"}
            if status == 0:
                self.close_connection = True
                return
            content = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Silence: the calls are recorded."""

    return Handler

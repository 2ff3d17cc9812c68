"""Responses of a model provider in the format of OpenAI, Anthropic, Gemini or Ollama."""

import json
import threading
from http.server import BaseHTTPRequestHandler
from typing import Any

# Finish reasons in OpenAI's words, and how the others say the same.
_ANTHROPIC = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal"}
_GEMINI = {"stop": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}


class Reply:
    """One answer under way. `argument` is what stands after the `:` in the model's name."""

    def __init__(
        self, http: BaseHTTPRequestHandler, body: dict[str, Any], model: str, stopping: threading.Event
    ) -> None:
        self._http = http
        self._stopping = stopping
        self.body = body
        self.model = model
        self.argument = model.partition(":")[2]
        path = http.path
        self.shape = (
            "anthropic"
            if path.endswith("/messages")
            else "gemini"
            if "GenerateContent" in path or "generateContent" in path
            else "ollama"
            if path.endswith("/api/chat")
            else "openai"
        )
        self._chunked = False

    def wait(self, seconds: float) -> None:
        """Sleep, but not longer than the server lives."""
        self._stopping.wait(seconds)

    def number(self, default: float) -> float:
        return float(self.argument or default)

    def prompt(self) -> str:
        """The text of the last message."""
        return str(self.body.get("messages", [{}])[-1].get("content", ""))

    # Whole answers

    def send(self, status: int, body: bytes, content_type: str = "application/json", **headers: str) -> None:
        self._http.send_response(status)
        self._http.send_header("Content-Type", content_type)
        self._http.send_header("Content-Length", str(len(body)))
        self._http.send_header("Connection", "close")
        for name, value in headers.items():
            self._http.send_header(name.replace("_", "-"), value)
        self._http.end_headers()
        self._http.wfile.write(body)

    def error(self, status: int, message: str, code: str | None = None, **headers: str) -> None:
        error = {"message": message, "type": code or "error", "code": code}
        whole = {"type": "error", "error": error} if self.shape == "anthropic" else {"error": error}
        self.send(status, json.dumps(whole).encode(), **headers)

    # Streams

    def begin(self) -> None:
        """The headers of a stream alone."""
        self._http.send_response(200)
        kind = "application/x-ndjson" if self.shape == "ollama" else "text/event-stream"
        self._http.send_header("Content-Type", kind)
        self._http.send_header("Transfer-Encoding", "chunked")
        self._http.send_header("Connection", "close")
        self._http.end_headers()

    def open(self) -> None:
        """The headers of a stream, and what comes before the text."""
        self.begin()
        if self.shape == "anthropic":
            message = {"id": "msg_1", "type": "message", "role": "assistant", "model": self.model, "content": []}
            usage = {"input_tokens": 12, "output_tokens": 1}
            self.event({"type": "message_start", "message": {**message, "stop_reason": None, "usage": usage}})
            block = {"type": "text", "text": ""}
            self.event({"type": "content_block_start", "index": 0, "content_block": block})
        elif self.shape == "openai":
            self.event(self._choice({"role": "assistant", "content": ""}))

    def piece(self, text: str) -> None:
        match self.shape:
            case "anthropic":
                delta = {"type": "text_delta", "text": text}
                self.event({"type": "content_block_delta", "index": 0, "delta": delta})
            case "gemini":
                self.event({"candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "index": 0}]})
            case "ollama":
                self.line({"message": {"role": "assistant", "content": text}, "done": False})
            case _:
                self.event(self._choice({"content": text}))

    def finish(self, reason: str = "stop", tokens: int = 7, *, usage: bool = True) -> None:
        """The finish reason, then usage: 12 tokens in, `tokens` out."""
        match self.shape:
            case "anthropic":
                self.event({"type": "content_block_stop", "index": 0})
                delta = {"stop_reason": _ANTHROPIC.get(reason, reason), "stop_sequence": None}
                self.event({"type": "message_delta", "delta": delta, "usage": {"output_tokens": tokens}})
                self.event({"type": "message_stop"})
            case "gemini":
                parts = {"role": "model", "parts": [{"text": ""}]}
                counts = {"promptTokenCount": 12, "candidatesTokenCount": tokens, "totalTokenCount": 12 + tokens}
                candidate = {"content": parts, "finishReason": _GEMINI.get(reason, reason), "index": 0}
                self.event({"candidates": [candidate], "usageMetadata": counts})
            case "ollama":
                counts = {"prompt_eval_count": 12, "eval_count": tokens}
                message = {"role": "assistant", "content": ""}
                self.line({"message": message, "done": True, "done_reason": reason, **counts})
            case _:
                self.event(self._choice({}, reason))
                if usage:
                    counts = {"prompt_tokens": 12, "completion_tokens": tokens, "total_tokens": 12 + tokens}
                    self.event({**self._choice({}), "choices": [], "usage": counts})
                self.raw(b"data: [DONE]\n\n")
        self.close()

    def event(self, data: dict[str, Any]) -> None:
        name = f"event: {data['type']}\n".encode() if self.shape == "anthropic" else b""
        self.raw(name + b"data: " + json.dumps(data).encode() + b"\n\n")

    def line(self, data: dict[str, Any]) -> None:
        """One line of Ollama's."""
        base = {"model": self.model, "created_at": "2026-01-01T00:00:00Z"}
        self.raw(json.dumps({**base, **data}).encode() + b"\n")

    def raw(self, data: bytes) -> None:
        self._http.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self._http.wfile.flush()

    def close(self) -> None:
        """End the body properly. Returning without it cuts the stream."""
        self._http.wfile.write(b"0\r\n\r\n")

    def _choice(self, delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_767_225_600, "model": self.model}
        return {**base, "choices": [choice]}

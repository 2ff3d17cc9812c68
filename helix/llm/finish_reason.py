"""Reads the provider's finish reason from the raw bytes of the response.

litellm ends a stream that was cut off as if it were complete and invents a finish reason. So the bytes are parsed a
second time for three facts: the finish reason, whether the model refused, and whether the stream reported an error.
Every provider streams JSON objects, one per line, with or without `data:` before them, or sends one object as the whole
answer; the names below cover the formats of OpenAI, Anthropic, Gemini, Ollama, Cohere and Bedrock.
"""

import json
from collections.abc import Iterator
from typing import Any

_REASON_KEYS = frozenset({"finish_reason", "finishReason", "stop_reason", "stopReason", "done_reason", "blockReason"})
_STOP = frozenset({"stop", "end_turn", "stop_sequence", "eos", "eos_token", "complete", "completed", "end", "done"})
_LENGTH = frozenset({"length", "max_tokens", "max_output_tokens", "model_length", "max_length", "token_limit"})
_REFUSED = frozenset(
    {
        "content_filter",
        "content_filtered",
        "refusal",
        "safety",
        "recitation",
        "blocklist",
        "prohibited_content",
        "spii",
        "guardrail_intervened",
        "error_toxic",
        "sensitive",
    }
)
_TOOLS = frozenset({"tool_calls", "tool_call", "tool_use", "function_call", "malformed_function_call"})
# Bytes. A single JSON object that spans many lines is buffered up to this size.
_LARGEST_OBJECT = 4_000_000
_DEEPEST = 6

STOP, LENGTH, REFUSED, OTHER = "stop", "length", "refused", "other"


class FinishReader:
    """Call `feed` with each chunk of the body, then `end`.

    `finish` is None until the provider sends a finish reason, then `stop`, `length`, `refused` or `other`.
    `requested_tools`: the answer ended with a tool call. `error` is the provider's error object, if the stream had one.
    """

    def __init__(self) -> None:
        self.finish: str | None = None
        self.requested_tools = False
        self.error: dict[str, Any] | None = None
        self._line = bytearray()
        self._whole = bytearray()

    def feed(self, chunk: bytes) -> None:
        *lines, rest = chunk.split(b"\n")
        for line in lines:
            self._line += line
            self._read_line()
        self._line += rest

    def end(self) -> None:
        """Parse what is buffered: a last line without a line feed, or the whole body as one object."""
        self._read_line()
        if self._whole:
            self._read(bytes(self._whole))
            self._whole.clear()

    def _read_line(self) -> None:
        line = bytes(self._line).strip()
        self._line.clear()
        line = line.removeprefix(b"data:").strip()
        if not line or self._read(line) or len(self._whole) > _LARGEST_OBJECT:
            return
        self._whole += line + b"\n"

    def _read(self, text: bytes) -> bool:
        """Whether the text was JSON."""
        if text[:1] not in b"{[":
            return False
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return False
        for key, item in _pairs(value, _DEEPEST):
            self._note(key, item)
        return True

    def _note(self, key: str, value: Any) -> None:
        if key in _REASON_KEYS and isinstance(value, str) and value:
            # OpenAI reports a refusal in a separate field and then finishes with `stop`: keep the refusal.
            self.finish = self.finish if self.finish == REFUSED else _meaning(value)
            self.requested_tools = self.requested_tools or value.lower() in _TOOLS
        elif key == "refusal" and isinstance(value, str) and value:
            self.finish = REFUSED
        elif key == "error" and value and self.error is None:
            self.error = value if isinstance(value, dict) else {"message": str(value)}


def _meaning(word: str) -> str:
    word = word.lower()
    if word in _STOP:
        return STOP
    if word in _LENGTH:
        return LENGTH
    return REFUSED if word in _REFUSED else OTHER


def _pairs(value: Any, depth: int) -> Iterator[tuple[str, Any]]:
    """Every key and value, nested up to `depth`. Strings, such as the model's text, are not parsed."""
    if depth == 0:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            yield str(key), item
            yield from _pairs(item, depth - 1)
    elif isinstance(value, list):
        for item in value:
            yield from _pairs(item, depth - 1)

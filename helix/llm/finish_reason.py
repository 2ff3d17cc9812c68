"""What the provider itself said, read from the bytes on the wire.

litellm ends a stream that was cut off as if it were whole and makes up a finish reason. So the bytes are read a second
time, beside it, for three facts alone: the finish reason, whether the model refused, and whether an error was reported
inside the stream. Every provider streams JSON objects, one a line, with or without `data:` before them, or sends one
object as the whole answer; the names below cover the formats of OpenAI, Anthropic, Gemini, Ollama, Cohere and Bedrock.
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
# An answer that is one JSON object over many lines is kept up to this size.
_LARGEST_OBJECT = 4_000_000
_DEEPEST = 6

STOP, LENGTH, REFUSED, OTHER = "stop", "length", "refused", "other"


class FinishReader:
    """Fed with the body's bytes as they come.

    `finish` is None until the provider said that it is finished: then `stop`, `length`, `refused` or `other`.
    `asked_tools`: it ended with asking for a tool call. `error` is the provider's error object, if it sent one inside
    an answer.
    """

    def __init__(self) -> None:
        self.finish: str | None = None
        self.asked_tools = False
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
        """The body is over: what is left may be a line without an end, or the whole may be one object."""
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
        for key, found in _pairs(value, _DEEPEST):
            self._note(key, found)
        return True

    def _note(self, key: str, found: Any) -> None:
        if key in _REASON_KEYS and isinstance(found, str) and found:
            # OpenAI refuses in a field of its own and then ends with `stop`: a refusal stays one.
            self.finish = self.finish if self.finish == REFUSED else _meaning(found)
            self.asked_tools = self.asked_tools or found.lower() in _TOOLS
        elif key == "refusal" and isinstance(found, str) and found:
            self.finish = REFUSED
        elif key == "error" and found and self.error is None:
            self.error = found if isinstance(found, dict) else {"message": str(found)}


def _meaning(word: str) -> str:
    word = word.lower()
    if word in _STOP:
        return STOP
    if word in _LENGTH:
        return LENGTH
    return REFUSED if word in _REFUSED else OTHER


def _pairs(value: Any, depth: int) -> Iterator[tuple[str, Any]]:
    """Every key and value inside; text that the model wrote stays text and is not looked into."""
    if depth == 0:
        return
    if isinstance(value, dict):
        for key, found in value.items():
            yield str(key), found
            yield from _pairs(found, depth - 1)
    elif isinstance(value, list):
        for found in value:
            yield from _pairs(found, depth - 1)

"""Reads the provider's finish reason from the raw bytes of the response.

litellm ends a stream that was cut off as if it were complete and invents a finish reason. So the bytes are parsed a
second time for three facts: the finish reason, whether the model refused, and whether the stream reported an error.
Every provider streams JSON objects, one per line, with or without `data:` before them, or sends one object as the whole
answer; the names below cover the formats of OpenAI (chat completions and responses), Anthropic, Gemini, Ollama, Cohere
and Bedrock. Arguments of tool calls are objects in some of them, and may have the same names: they are not read.
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
_TOOLS = frozenset({"tool_calls", "tool_call", "tool_use", "function_call"})
# Gemini: the model wrote a call that Gemini cannot parse, or called a tool that it does not have.
_BAD_CALL = frozenset({"malformed_function_call", "unexpected_tool_call", "too_many_tool_calls"})
# What a model wrote as arguments: OpenAI and Ollama, Gemini, Anthropic and Bedrock, Cohere. And OpenAI's repetition of
# the definitions. A provider's own fields never stand in these.
ARGUMENTS = frozenset({"arguments", "args", "input", "parameters", "tools"})
# The last status of OpenAI's responses.
_RESPONSE_ENDS = {"completed": "stop", "incomplete": "max_output_tokens"}
# Bytes. A single JSON object that spans many lines is buffered up to this size.
_LARGEST_OBJECT = 4_000_000
_DEEPEST = 6

STOP, LENGTH, REFUSED, OTHER = "stop", "length", "refused", "other"
TOOL_CALLS, BAD_CALL = "tool_calls", "bad_call"


class FinishReader:
    """Call `feed` with each chunk of the body, then `end`.

    `finish` is None until the provider sends a finish reason, then `stop`, `length`, `tool_calls`, `bad_call` (the
    provider could not read the model's tool call), `refused` or `other`. `error` is the provider's error object, if the
    stream had one.
    """

    def __init__(self) -> None:
        self.finish: str | None = None
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
        if isinstance(value, dict):
            self._note_end_of_response(value)
        return True

    def _note_end_of_response(self, event: dict[str, Any]) -> None:
        response = event.get("response", event)
        if not isinstance(response, dict) or response.get("object") != "response":
            return
        details = response.get("incomplete_details")
        reason = details.get("reason") if isinstance(details, dict) else None
        self._note("finish_reason", reason or _RESPONSE_ENDS.get(str(response.get("status"))))

    def _note(self, key: str, value: Any) -> None:
        if key in _REASON_KEYS and isinstance(value, str) and value:
            self._note_finish(_meaning(value))
        elif key == "refusal" and isinstance(value, str) and value:
            self.finish = REFUSED
        elif key == "error" and value and self.error is None:
            self.error = value if isinstance(value, dict) else {"message": str(value)}

    def _note_finish(self, finish: str) -> None:
        # OpenAI reports a refusal in a separate field and then finishes with `stop`; some servers send a last `stop`
        # after the finish reason of a call.
        is_kept = self.finish == REFUSED or (self.finish == TOOL_CALLS and finish == STOP)
        self.finish = self.finish if is_kept else finish


def _meaning(word: str) -> str:
    word = word.lower()
    if word in _STOP:
        return STOP
    if word in _LENGTH:
        return LENGTH
    if word in _TOOLS:
        return TOOL_CALLS
    if word in _BAD_CALL:
        return BAD_CALL
    return REFUSED if word in _REFUSED else OTHER


def _pairs(value: Any, depth: int) -> Iterator[tuple[str, Any]]:
    """Every key and value, nested up to `depth`, but none of ARGUMENTS. Strings, such as a text, are not parsed."""
    if depth == 0:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            if key not in ARGUMENTS:
                yield str(key), item
                yield from _pairs(item, depth - 1)
    elif isinstance(value, list):
        for item in value:
            yield from _pairs(item, depth - 1)

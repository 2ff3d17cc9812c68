"""Normalizes streams that deviate from OpenAI's chat completions, so that litellm can parse them.

Some servers ignore `stream: true` and send one object, stream `message` instead of `delta`, or send content as a list
of parts, several choices, a call's arguments as an object, or usage that is not a whole number. Valid chunks pass
unchanged, byte for byte. Usage is normalized in the formats of all providers, missing arguments in Gemini's, everything
else only in OpenAI's.
"""

import json
from collections.abc import Iterator
from typing import Any

from helix.llm.finish_reason import ARGUMENTS

INPUT = frozenset({"prompt_tokens", "input_tokens", "promptTokenCount", "prompt_eval_count", "inputTokens"})
OUTPUT = frozenset({"completion_tokens", "output_tokens", "candidatesTokenCount", "eval_count", "outputTokens"})
# Larger than any answer; the largest value of an INTEGER column.
_LARGEST_COUNT = 2**31 - 1
_LARGEST_OBJECT = 16_000_000
_DEEPEST = 5
_TOOLS = ("tool_calls", "function_call")


class ChunkNormalizer:
    """`has_input_tokens`, `has_output_tokens`: the provider reported usable token counts. `requested_tools`: the model
    requested a tool call. Calls are left out unless `tools`: some were offered. `reasoning_name`: the name of the
    provider's field with its reasoning."""

    def __init__(self, *, openai: bool, tools: bool = False) -> None:
        self.has_input_tokens = self.has_output_tokens = self.requested_tools = False
        self.reasoning_name = "reasoning_content"
        self._openai = openai
        self._tools = tools
        self._had_answer = False
        self._line = bytearray()
        self._whole: bytearray | None = None
        self._begun = False

    def pieces(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The normalized body, in whole lines."""
        for chunk in chunks:
            if normalized := self._take(chunk):
                yield normalized
        if rest := self._rest():
            yield rest

    def _take(self, chunk: bytes) -> bytes:
        if not self._begun and (start := chunk.lstrip()):
            self._begun = True
            # Event streams never begin with a brace: this is one object, parsed when it is complete.
            if self._openai and start.startswith(b"{"):
                self._whole = bytearray()
        if self._whole is not None:
            self._whole += chunk
            return b""
        *lines, rest = chunk.split(b"\n")
        done = bytearray()
        for line in lines:
            self._line += line + b"\n"
            done += self._normalize_line(bytes(self._line))
            self._line.clear()
        self._line += rest
        return bytes(done)

    def _rest(self) -> bytes:
        if self._whole is not None:
            return self._as_stream(bytes(self._whole))
        return self._normalize_line(bytes(self._line)) if self._line else b""

    def _normalize_line(self, line: bytes) -> bytes:
        data = line.strip()
        before = b"data: " if data.startswith(b"data:") else b""
        value = _parsed(data.removeprefix(b"data:"))
        if value is None:
            return line
        kept, changed = self._normalize(value)
        if not changed:
            return line
        return before + json.dumps(kept).encode() + b"\n" if kept is not None else b""

    def _as_stream(self, body: bytes) -> bytes:
        value = _parsed(body.strip())
        if value is None or not isinstance(value.get("choices"), list):
            return body
        kept, _changed = self._normalize(value)
        return b"data: " + json.dumps(kept or value).encode() + b"\n\ndata: [DONE]\n\n"

    def _normalize(self, value: dict[str, Any]) -> tuple[dict[str, Any] | None, bool]:
        """The normalized object (None: it holds nothing for the first choice), and whether it changed."""
        changed = self._normalize_usage(value, _DEEPEST) | _complete_gemini_calls(value)
        choices = value.get("choices")
        if not self._openai or not isinstance(choices, list) or not choices:
            return value, changed
        first = next((choice for choice in choices if isinstance(choice, dict) and not choice.get("index")), None)
        if first is None:
            return ({**value, "choices": []}, True) if value.get("usage") else (None, True)
        normalized = self._normalize_choice(first)
        if normalized == first and len(choices) == 1:
            return value, changed
        return {**value, "choices": [normalized], "object": "chat.completion.chunk"}, True

    def _normalize_choice(self, choice: dict[str, Any]) -> dict[str, Any]:
        delta = choice.get("delta")
        message = choice.get("message")
        if not delta:
            # Some servers repeat the whole answer at the end of the stream.
            repeated = self._had_answer
            delta = message if isinstance(message, dict) and not repeated else delta
            if not delta and isinstance(choice.get("text"), str) and not repeated:
                delta = {"content": choice["text"]}
        if not isinstance(delta, dict):
            delta = {}
        delta = dict(delta)
        calls = _calls(delta)
        self.requested_tools = self.requested_tools or bool(calls)
        if calls and self._tools:
            delta["tool_calls"] = calls
        if isinstance(delta.get("content"), list | dict):
            _split_parts(delta)
        elif delta.get("content") is not None and not isinstance(delta["content"], str):
            delta["content"] = None
        if isinstance(delta.get("reasoning"), str) and not delta.get("reasoning_content"):
            self.reasoning_name = "reasoning"
            # litellm reads one name or the other, depending on the provider.
            delta["reasoning_content"] = delta["reasoning"]
        self._had_answer = self._had_answer or bool(delta.get("content") or calls)
        rest = {name: value for name, value in choice.items() if name not in ("message", "text")}
        return {**rest, "delta": delta}

    def _normalize_usage(self, value: Any, depth: int) -> bool:
        """Remove token counts that are not whole numbers, in place, and note whether usable ones are present."""
        if depth == 0:
            return False
        changed = False
        if isinstance(value, dict):
            for name in value.keys() - ARGUMENTS:
                if _is_count(name):
                    number = _count(value[name])
                    if number is None:
                        del value[name]
                    else:
                        value[name] = number
                        self.has_input_tokens = self.has_input_tokens or (name in INPUT and number > 0)
                        self.has_output_tokens = self.has_output_tokens or (name in OUTPUT and number > 0)
                    changed = changed or number is None
                else:
                    changed = self._normalize_usage(value[name], depth - 1) or changed
        elif isinstance(value, list):
            for item in value:
                changed = self._normalize_usage(item, depth - 1) or changed
        return changed


def _is_count(name: str) -> bool:
    return name.endswith(("_tokens", "TokenCount")) or name in INPUT or name in OUTPUT


def _count(value: Any) -> int | None:
    """A number of tokens; None for an invalid value, such as a fraction, a string, or more than _LARGEST_COUNT."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= _LARGEST_COUNT else None


def _calls(delta: dict[str, Any]) -> list[dict[str, Any]]:
    """Take the calls out of a delta: `tool_calls`, or the older `function_call`, which is a single one."""
    calls, function = (delta.pop(name, None) for name in _TOOLS)
    if isinstance(function, dict) and not calls:
        calls = [{"index": 0, "type": "function", "function": function}]
    return [_normalize_call(call) for call in _dicts(calls)]


def _normalize_call(call: dict[str, Any]) -> dict[str, Any]:
    function = call.get("function")
    if not isinstance(function, dict):
        return {**call, "function": {}}
    arguments = function.get("arguments")
    if arguments is None or isinstance(arguments, str):
        return call
    return {**call, "function": {**function, "arguments": json.dumps(arguments)}}


def _complete_gemini_calls(value: dict[str, Any]) -> bool:
    """Add the arguments that Gemini leaves out of a call without any, in place. Returns whether there was such."""
    changed = False
    for candidate in _dicts(value.get("candidates")):
        content = candidate.get("content")
        for part in _dicts(content.get("parts")) if isinstance(content, dict) else ():
            call = part.get("functionCall")
            if isinstance(call, dict) and not isinstance(call.get("args"), dict):
                call["args"], changed = {}, True
    return changed


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _split_parts(delta: dict[str, Any]) -> None:
    """Split content that is a list of parts into text and reasoning."""
    content = delta["content"]
    text, reasoning = [], []
    for part in content if isinstance(content, list) else [content]:
        if isinstance(part, str):
            text.append(part)
        elif isinstance(part, dict):
            thinking = part.get("thinking") or part.get("reasoning")
            (reasoning if thinking else text).extend(_texts(thinking or part.get("text")))
    delta["content"] = "".join(text)
    if reasoning and not delta.get("reasoning_content"):
        delta["reasoning_content"] = "".join(reasoning)


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [part["text"] for part in value if isinstance(part, dict) and isinstance(part.get("text"), str)]
    return []


def _parsed(text: bytes) -> dict[str, Any] | None:
    text = text.strip()
    if not text.startswith(b"{") or len(text) > _LARGEST_OBJECT:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None

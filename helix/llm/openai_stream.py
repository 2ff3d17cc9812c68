"""Answers of servers that nearly speak OpenAI's chat completions, made into what litellm understands.

Many servers do: some ignore `stream: true` and send one object, some stream `message` instead of `delta`, send content
as a list of parts, several choices, or usage that is no whole number. What is right already passes byte for byte.
Usage is looked at in the formats of all providers, the rest in OpenAI's alone.
"""

import json
from collections.abc import Iterator
from typing import Any

INPUT = frozenset({"prompt_tokens", "input_tokens", "promptTokenCount", "prompt_eval_count", "inputTokens"})
OUTPUT = frozenset({"completion_tokens", "output_tokens", "candidatesTokenCount", "eval_count", "outputTokens"})
# Larger than any answer, and than what a database's integer holds.
_LARGEST_COUNT = 2**31 - 1
_LARGEST_OBJECT = 16_000_000
_DEEPEST = 5
_TOOLS = ("tool_calls", "function_call")


class Plain:
    """`told_input`, `told_output`: the provider reported usable numbers. `asked_tools`: it asked for a tool call."""

    def __init__(self, *, openai: bool) -> None:
        self.told_input = self.told_output = self.asked_tools = False
        self._openai = openai
        self._had_text = False
        self._line = bytearray()
        self._whole: bytearray | None = None
        self._begun = False

    def pieces(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The body, in whole lines as they come."""
        for chunk in chunks:
            plain = self._take(chunk)
            if plain:
                yield plain
        rest = self._rest()
        if rest:
            yield rest

    def _take(self, chunk: bytes) -> bytes:
        if not self._begun and (start := chunk.lstrip()):
            self._begun = True
            # No event stream begins so: this is one object, and it is read when it is there as a whole.
            if self._openai and start.startswith(b"{"):
                self._whole = bytearray()
        if self._whole is not None:
            self._whole += chunk
            return b""
        *lines, rest = chunk.split(b"\n")
        done = bytearray()
        for line in lines:
            self._line += line + b"\n"
            done += self._plain_line(bytes(self._line))
            self._line.clear()
        self._line += rest
        return bytes(done)

    def _rest(self) -> bytes:
        if self._whole is not None:
            return self._as_stream(bytes(self._whole))
        return self._plain_line(bytes(self._line)) if self._line else b""

    def _plain_line(self, line: bytes) -> bytes:
        data = line.strip()
        before = b"data: " if data.startswith(b"data:") else b""
        value = _parsed(data.removeprefix(b"data:"))
        if value is None:
            return line
        kept, changed = self._plain(value)
        if not changed:
            return line
        return before + json.dumps(kept).encode() + b"\n" if kept is not None else b""

    def _as_stream(self, body: bytes) -> bytes:
        value = _parsed(body.strip())
        if value is None or not isinstance(value.get("choices"), list):
            return body
        kept, _changed = self._plain(value)
        return b"data: " + json.dumps(kept or value).encode() + b"\n\ndata: [DONE]\n\n"

    def _plain(self, value: dict[str, Any]) -> tuple[dict[str, Any] | None, bool]:
        """The object as it should be, and whether it was not. None: nothing of it is for us."""
        changed = self._plain_usage(value, _DEEPEST)
        choices = value.get("choices")
        if not self._openai or not isinstance(choices, list) or not choices:
            return value, changed
        ours = next((choice for choice in choices if isinstance(choice, dict) and not choice.get("index")), None)
        if ours is None:
            return ({**value, "choices": []}, True) if value.get("usage") else (None, True)
        plain = self._plain_choice(ours)
        if plain == ours and len(choices) == 1:
            return value, changed
        return {**value, "choices": [plain], "object": "chat.completion.chunk"}, True

    def _plain_choice(self, choice: dict[str, Any]) -> dict[str, Any]:
        delta = choice.get("delta")
        message = choice.get("message")
        if not delta:
            # Some send the whole text once more at the end of their stream.
            again = self._had_text
            delta = message if isinstance(message, dict) and not again else delta
            if not delta and isinstance(choice.get("text"), str) and not again:
                delta = {"content": choice["text"]}
        if not isinstance(delta, dict):
            delta = {}
        delta = dict(delta)
        for name in _TOOLS:
            self.asked_tools = bool(delta.pop(name, None)) or self.asked_tools
        if isinstance(delta.get("content"), list | dict):
            _take_parts(delta)
        elif delta.get("content") is not None and not isinstance(delta["content"], str):
            delta["content"] = None
        if isinstance(delta.get("reasoning"), str) and not delta.get("reasoning_content"):
            delta["reasoning_content"] = delta.pop("reasoning")
        self._had_text = self._had_text or bool(delta.get("content"))
        rest = {name: value for name, value in choice.items() if name not in ("message", "text")}
        return {**rest, "delta": delta}

    def _plain_usage(self, value: Any, depth: int) -> bool:
        """Take out of it, in place, what is no whole number of tokens; note whether usable ones are there."""
        if depth == 0:
            return False
        changed = False
        if isinstance(value, dict):
            for name in list(value):
                if _is_count(name):
                    number = _count(value[name])
                    if number is None:
                        del value[name]
                    else:
                        value[name] = number
                        self.told_input = self.told_input or (name in INPUT and number > 0)
                        self.told_output = self.told_output or (name in OUTPUT and number > 0)
                    changed = changed or number is None
                else:
                    changed = self._plain_usage(value[name], depth - 1) or changed
        elif isinstance(value, list):
            for one in value:
                changed = self._plain_usage(one, depth - 1) or changed
        return changed


def _is_count(name: str) -> bool:
    return name.endswith(("_tokens", "TokenCount")) or name in INPUT or name in OUTPUT


def _count(value: Any) -> int | None:
    """A number of tokens; None for what is none, such as a fraction, a string, or more than anybody could count."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= _LARGEST_COUNT else None


def _take_parts(delta: dict[str, Any]) -> None:
    """Content as a list of parts, told apart into text and thoughts."""
    content = delta["content"]
    text, thoughts = [], []
    for part in content if isinstance(content, list) else [content]:
        if isinstance(part, str):
            text.append(part)
        elif isinstance(part, dict):
            thinking = part.get("thinking") or part.get("reasoning")
            (thoughts if thinking else text).extend(_texts(thinking or part.get("text")))
    delta["content"] = "".join(text)
    if thoughts and not delta.get("reasoning_content"):
        delta["reasoning_content"] = "".join(thoughts)


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

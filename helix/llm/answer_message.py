"""Puts the parts of a streamed answer together that are not text: tool calls, and the message that goes back.

Providers verify some of these parts when they get them back, such as signed reasoning. So they are kept as they came,
except for the API key and for what a database cannot store.
"""

import re
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from helix.llm import chat_format
from helix.llm.interface import ToolCall
from helix.llm.stream_text import KeyRedactor
from helix.text.cleaning import is_blank

# Nine letters and digits: what Mistral requires, and all other providers accept.
_ID_CHARACTERS = string.ascii_letters + string.digits
_ID_LENGTH = 9
# Where OpenRouter's blocks of reasoning have their text. The others come whole.
_TEXT_OF_DETAIL = {"reasoning.text": "text", "reasoning.summary": "summary"}
_SURROGATES = re.compile(r"[\ud800-\udfff]")


@dataclass
class _Call:
    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)
    # Fields that only the provider knows, such as Gemini's signature of the reasoning before the call.
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return "".join(self.arguments)

    @property
    def is_complete(self) -> bool:
        """Whether the arguments cannot go on."""
        return chat_format.is_object(self.text)


class AnswerMessage:
    """Call `add` with the fields of each delta of litellm, then `end`; then `calls` and `body` are complete."""

    def __init__(self, key: str | None) -> None:
        self._key = key
        self._calls: list[_Call] = []
        self._latest: dict[int, _Call] = {}
        self._reasoning: list[str] = []
        self._blocks: list[dict[str, Any]] = []
        self._items: list[dict[str, Any]] = []
        self._details: list[dict[str, Any]] = []
        self._provider_fields: dict[str, Any] = {}

    def add(self, delta: Mapping[str, Any]) -> str:
        """Returns the part of a call's arguments that the delta has, which may be endless like any text."""
        if reasoning := delta.get("reasoning_content"):
            self._reasoning.append(str(reasoning))
        for block in _dicts(delta.get("thinking_blocks")):
            self._add_part(self._blocks, block, "thinking" if block.get("type") == "thinking" else None)
        for detail in _dicts(delta.get("reasoning_details")):
            self._add_part(self._details, detail, _TEXT_OF_DETAIL.get(str(detail.get("type"))))
        self._items += _dicts(delta.get("reasoning_items"))
        fields = delta.get("provider_specific_fields")
        if isinstance(fields, dict):
            # litellm repeats the blocks there.
            self._provider_fields |= {name: value for name, value in fields.items() if name != "thinking_blocks"}
        return "".join([self._add_fragment(fragment) for fragment in delta.get("tool_calls") or ()])

    def end(self) -> None:
        for call in self._calls:
            call.id = call.id or "".join(secrets.choice(_ID_CHARACTERS) for _ in range(_ID_LENGTH))

    @property
    def has_calls(self) -> bool:
        return bool(self._calls)

    @property
    def has_unfinished_call(self) -> bool:
        """Whether an answer that was cut may have been cut inside of a call."""
        return any(not call.is_complete for call in self._calls)

    @property
    def has_nameless_call(self) -> bool:
        return any(not call.name for call in self._calls)

    @property
    def call_text(self) -> str:
        """Names and arguments, for counting their tokens."""
        return "".join(call.name + call.text for call in self._calls)

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        return tuple(
            ToolCall(call.id, self._storable(call.name), self._storable(call.text if call.text.strip() else "{}"))
            for call in self._calls
        )

    def body(self, text: str, *, with_calls: bool, reasoning_name: str) -> dict[str, Any]:
        """The message as the next call has to send it. `text` is the text of the answer."""
        calls = [
            chat_format.call(call) | self._storable(collected.extra)
            for call, collected in zip(self.calls, self._calls, strict=True)
        ]
        parts: dict[str, Any] = {
            reasoning_name: "".join(self._reasoning),
            # A block without a signature was cut, and is refused.
            "thinking_blocks": [block for block in self._blocks if block.get("signature") or block.get("data")],
            "reasoning_items": self._items,
            "reasoning_details": self._details,
            "provider_specific_fields": self._provider_fields,
        }
        kept = {name: self._storable(part) for name, part in parts.items()}
        body = {"content": "" if is_blank(text) else text, "tool_calls": calls if with_calls else [], **kept}
        return {"role": "assistant"} | {name: part for name, part in body.items() if part}

    def _add_fragment(self, fragment: Any) -> str:
        function = getattr(fragment, "function", None)
        if function is None:
            return ""
        index = fragment.index or 0
        call = self._latest.get(index)
        if call is None or _begins_another(call, fragment.id, function.name):
            call = self._latest[index] = _Call()
            self._calls.append(call)
        call.id = call.id or fragment.id or ""
        call.name = call.name or function.name or ""
        call.arguments.append(function.arguments or "")
        call.extra |= fragment.model_extra or {}
        return function.arguments or ""

    def _add_part(self, blocks: list[dict[str, Any]], part: dict[str, Any], text: str | None) -> None:
        """Add a block of reasoning, or a part of the last one: its text comes in pieces, and its signature ends it.

        `text` is the name of the field with the text; a block without any comes whole.
        """
        last = blocks[-1] if blocks else {}
        is_same = all(last.get(name) == part.get(name) for name in ("type", "index"))
        if text is None or not is_same or last.get("signature"):
            blocks.append(part)
            return
        whole = str(last.get(text) or "") + str(part.get(text) or "")
        last |= {name: value for name, value in part.items() if value is not None} | {text: whole}

    def _storable(self, value: Any) -> Any:
        """Without the API key, the null character and surrogates, which PostgreSQL cannot store."""
        if isinstance(value, dict):
            return {name: self._storable(item) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._storable(item) for item in value]
        if not isinstance(value, str):
            return value
        text = value.replace("\x00", "")
        if _SURROGATES.search(text):
            # Pairs that were split between two chunks are joined.
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        redactor = KeyRedactor(self._key)
        return redactor.feed(text) + redactor.flush()


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [dict(item) for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _begins_another(call: _Call, name_of_call: str | None, function: str | None) -> bool:
    """Whether a fragment with the index of a known call is of another one: Ollama gives the index 0 to all calls.

    Some servers repeat the name in each fragment, with the same id or with a new one.
    """
    if not function or not call.name or (call.id and name_of_call == call.id):
        return False
    return function != call.name or call.is_complete

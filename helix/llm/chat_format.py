"""Messages and tools in the format of OpenAI's chat completions, which litellm takes for every provider."""

import copy
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from helix.llm.interface import Message, ToolCall, ToolDefinition
from helix.text.cleaning import is_blank

# They refuse a message with the reasoning that they sent themselves.
_WITHOUT_REASONING = frozenset({"groq", "cerebras"})
_REASONING = ("reasoning_content", "reasoning")
# These keep the beginning of a prompt only up to marks in it, at most four: the others find it out by themselves.
_TOLD_TO_CACHE = frozenset({"anthropic"})
_CACHED = {"type": "ephemeral"}
_MISTRAL = "mistral"
# Mistral refuses other ids, such as those of a model that the agent had before.
_MISTRAL_ID = re.compile(r"[A-Za-z0-9]{9}")


def messages(provider: str, sent: Sequence[Message], *, caches: bool = False) -> list[dict[str, Any]]:
    """`caches`: later calls will begin with the same messages, which a provider that has to be told shall keep."""
    written = [_message(message) for message in sent]
    if caches and provider in _TOLD_TO_CACHE:
        for place in _ends_of_turns(sent):
            _mark(written[place])
    for message in written:
        if provider == _MISTRAL:
            _shorten_ids(message)
        if provider in _WITHOUT_REASONING:
            for name in _REASONING:
                message.pop(name, None)
    return written


def tools(offered: Sequence[ToolDefinition], provider: str = "") -> list[dict[str, Any]]:
    written = [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": tool.description,
                "parameters": copy.deepcopy(tool.parameters),
            },
        }
        for tool in offered
    ]
    if written and provider in _TOLD_TO_CACHE:
        written[-1]["cache_control"] = dict(_CACHED)
    return written


def call(tool_call: ToolCall) -> dict[str, Any]:
    function = {"name": tool_call.name, "arguments": _object_text(tool_call.arguments)}
    return {"id": tool_call.id, "type": "function", "function": function}


def texts(sent: Sequence[Message], offered: Sequence[ToolDefinition]) -> Iterator[str]:
    """Everything that the model reads, for counting its tokens: text, reasoning, calls and definitions."""
    for message in sent:
        yield message.content
        for tool_call in message.tool_calls:
            yield tool_call.name
            yield tool_call.arguments
        if message.body is not None:
            yield _reasoning(message.body)
    for tool in tools(offered):
        yield json.dumps(tool["function"], ensure_ascii=False)


def is_object(arguments: str) -> bool:
    """Whether the arguments of a call are a complete JSON object."""
    try:
        return isinstance(json.loads(arguments), dict)
    except (ValueError, RecursionError):
        return False


def _message(message: Message) -> dict[str, Any]:
    if message.body is not None:
        # litellm changes what it is given.
        return copy.deepcopy(message.body)
    written: dict[str, Any] = {"role": message.role}
    # Some providers refuse an empty text beside calls; a result may be empty.
    if not message.tool_calls or not is_blank(message.content):
        written["content"] = message.content
    if message.tool_calls:
        written["tool_calls"] = [call(one) for one in message.tool_calls]
    if message.tool_call_id is not None:
        written["tool_call_id"] = message.tool_call_id
    return written


def _ends_of_turns(sent: Sequence[Message]) -> list[int]:
    """The places of the system message, of the last message before the model's last one, and of the last message.

    Together with the tools, these are the four marks that a request may have. The second one is where the request
    before this one ended.
    """
    of_others = [place for place, message in enumerate(sent) if message.role != "assistant"]
    last_answer = max((place for place, message in enumerate(sent) if message.role == "assistant"), default=0)
    ends = [place for place in of_others if sent[place].role == "system"][:1]
    ends += [place for place in of_others if place < last_answer][-1:] + of_others[-1:]
    return list(dict.fromkeys(place for place in ends if not is_blank(sent[place].content)))


def _mark(message: dict[str, Any]) -> None:
    if message["role"] == "tool":
        message["cache_control"] = dict(_CACHED)
    else:
        message["content"] = [{"type": "text", "text": message["content"], "cache_control": dict(_CACHED)}]


def _object_text(arguments: str) -> str:
    """The arguments as an object: litellm parses them for most providers, and fails with anything else."""
    if is_object(arguments):
        return arguments
    return json.dumps({"invalid_arguments": arguments} if arguments.strip() else {})


def _shorten_ids(message: dict[str, Any]) -> None:
    if "tool_call_id" in message:
        message["tool_call_id"] = _mistral_id(message["tool_call_id"])
    for one in message.get("tool_calls", ()):
        one["id"] = _mistral_id(one["id"])


def _mistral_id(name: str) -> str:
    return name if _MISTRAL_ID.fullmatch(name) else hashlib.sha256(name.encode(errors="replace")).hexdigest()[:9]


def _reasoning(body: dict[str, Any]) -> str:
    blocks = body.get("thinking_blocks")
    if blocks:
        return "".join(str(block.get("thinking") or "") for block in blocks)
    return next((str(body[name]) for name in _REASONING if name in body), "")

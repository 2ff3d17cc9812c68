"""Streams of answers with tool calls, written after the documentation of each provider's API.

    server.behave("calls", tool_streams.replay(tool_streams.openai(...)))

Each function gives the JSON values of one answer, in order. `replay` sends them in the format of the request's path.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tests.support.model_reply import Reply

Events = list[dict[str, Any]]
# Name and arguments.
Call = tuple[str, dict[str, Any]]


def replay(events: Iterable[dict[str, Any]], *, cut: bool = False) -> Callable[[Reply], None]:
    """A behaviour that sends the events. `cut`: the connection breaks after them, without an end of the body."""

    def behaviour(reply: Reply) -> None:
        reply.begin()
        for event in events:
            (reply.line if reply.shape == "ollama" else reply.event)(event)
        if cut:
            return
        if reply.shape == "openai":
            reply.raw(b"data: [DONE]\n\n")
        reply.close()

    return behaviour


def chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    """One chunk of OpenAI's chat completions."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_767_225_600, "model": "m"}
    return {**base, "choices": [choice]}


def call_begins(index: int, call_id: str | None, name: str, arguments: str = "") -> dict[str, Any]:
    identity = {} if call_id is None else {"id": call_id}
    function = {"name": name, "arguments": arguments}
    return chunk({"tool_calls": [{"index": index, **identity, "type": "function", "function": function}]})


def call_goes_on(index: int, arguments: str) -> dict[str, Any]:
    return chunk({"tool_calls": [{"index": index, "function": {"arguments": arguments}}]})


def openai(calls: Sequence[Call], *, finish: str = "tool_calls", usage: dict[str, Any] | None = None) -> Events:
    """The arguments of each call in fragments of five characters."""
    events = [chunk({"role": "assistant", "content": None})]
    for index, (name, arguments) in enumerate(calls):
        text = json.dumps(arguments)
        events.append(call_begins(index, f"call_{name}_{index}", name))
        events += [call_goes_on(index, text[at : at + 5]) for at in range(0, len(text), 5)]
    events.append(chunk({}, finish))
    if usage is not None:
        events.append({**chunk({}), "choices": [], "usage": usage})
    return events


def mistral(name: str, arguments: dict[str, Any]) -> Events:
    """Mistral sends a call in one piece, together with the finish reason."""
    function = {"name": name, "arguments": json.dumps(arguments)}
    call = {"index": 0, "id": "D681PevKs", "function": function}
    last = chunk({"content": "", "tool_calls": [call]}, "tool_calls")
    usage = {"prompt_tokens": 20, "completion_tokens": 9, "total_tokens": 29}
    return [chunk({"role": "assistant", "content": ""}), {**last, "usage": usage}]


def anthropic(
    name: str,
    arguments: dict[str, Any],
    *,
    thinking: str = "",
    signature: str = "",
    text: str = "",
    cached: int = 0,
    written: int = 0,
) -> Events:
    """A block of reasoning with its signature, a block of text, and a call whose arguments come in two parts."""
    usage = {"input_tokens": 12, "cache_read_input_tokens": cached, "output_tokens": 1}
    if written:
        usage["cache_creation_input_tokens"] = written
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": []}
    events: Events = [{"type": "message_start", "message": {**message, "stop_reason": None, "usage": usage}}]
    blocks: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []
    if thinking:
        middle = len(thinking) // 2
        parts = [{"type": "thinking_delta", "thinking": part} for part in (thinking[:middle], thinking[middle:])]
        start = {"type": "thinking", "thinking": "", "signature": ""}
        blocks.append((start, [*parts, {"type": "signature_delta", "signature": signature}]))
    if text:
        blocks.append(({"type": "text", "text": ""}, [{"type": "text_delta", "text": text}]))
    written = json.dumps(arguments) if arguments else ""
    parts = [{"type": "input_json_delta", "partial_json": part} for part in ("", written[:7], written[7:])]
    blocks.append(({"type": "tool_use", "id": "toolu_01A", "name": name, "input": {}}, parts))
    for index, (block, deltas) in enumerate(blocks):
        events.append({"type": "content_block_start", "index": index, "content_block": block})
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        events.append({"type": "content_block_stop", "index": index})
    ending = {"stop_reason": "tool_use", "stop_sequence": None}
    return [
        *events,
        {"type": "message_delta", "delta": ending, "usage": {"output_tokens": 9}},
        {"type": "message_stop"},
    ]


def gemini(name: str, arguments: dict[str, Any] | None, *, signature: str) -> Events:
    """A call with the signature of the reasoning before it; the finish reason is that of text."""
    call = {"name": name} if arguments is None else {"name": name, "args": arguments}
    parts = [{"functionCall": call, "thoughtSignature": signature}]
    usage = {"promptTokenCount": 12, "candidatesTokenCount": 7, "totalTokenCount": 19}
    candidate = {"content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0}
    return [{"candidates": [candidate], "usageMetadata": usage}]


def ollama(*calls: Call) -> Events:
    """Each call in a line of its own, with its arguments as an object and without an id."""
    lines = [
        {
            "message": {
                "role": "assistant",
                "content": "",
                "tool_calls": [{"function": {"name": name, "arguments": arguments}}],
            },
            "done": False,
        }
        for name, arguments in calls
    ]
    counts = {"prompt_eval_count": 12, "eval_count": 7}
    return [*lines, {"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop", **counts}]


def responses(name: str, arguments: dict[str, Any], *, encrypted: str) -> Events:
    """OpenAI's responses, to which litellm sends some models: encrypted reasoning, then a call."""
    text = json.dumps(arguments)
    reasoning = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": encrypted}
    call = {"type": "function_call", "id": "fc_1", "call_id": "call_aB3", "name": name, "status": "in_progress"}
    done = {**call, "arguments": text, "status": "completed"}
    response = {"id": "resp_1", "object": "response", "created_at": 1_767_225_600, "model": "m", "error": None}
    response |= {"incomplete_details": None, "tools": [{"type": "function", "name": name, "parameters": {"error": {}}}]}
    usage = {"input_tokens": 12, "output_tokens": 7, "total_tokens": 19}
    return [
        {"type": "response.created", "response": {**response, "status": "in_progress", "output": []}},
        {"type": "response.output_item.added", "output_index": 0, "item": reasoning},
        {"type": "response.output_item.done", "output_index": 0, "item": reasoning},
        {"type": "response.output_item.added", "output_index": 1, "item": {**call, "arguments": ""}},
        {"type": "response.function_call_arguments.delta", "output_index": 1, "item_id": "fc_1", "delta": text[:6]},
        {"type": "response.function_call_arguments.delta", "output_index": 1, "item_id": "fc_1", "delta": text[6:]},
        {"type": "response.function_call_arguments.done", "output_index": 1, "item_id": "fc_1", "arguments": text},
        {"type": "response.output_item.done", "output_index": 1, "item": done},
        {
            "type": "response.completed",
            "response": {**response, "status": "completed", "output": [reasoning, done], "usage": usage},
        },
    ]

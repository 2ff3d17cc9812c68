"""Calls by the protocol of 2026: the server returns its questions, and forgets the call until it comes again with the
answers."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import mcp_types as types

from helix.mcp import questions
from helix.mcp.incident import Incident
from helix.mcp.interface import Elicitation, McpFailed

PROTOCOL = "2026-07-28"
_MAX_STATE = 100_000
_WAIT_SECONDS = 0.25
# Sends the call, with the answers by their keys and the state that the server wants back.
Send = Callable[
    [dict[str, types.InputResponse] | None, str | None], Awaitable[types.CallToolResult | types.InputRequiredResult]
]


async def call(
    send: Send, incident: Incident, state: dict[str, Any] | None, answer: dict[str, Any] | None
) -> types.CallToolResult | Elicitation:
    """The result, or a question whose `state` comes back here with its answer. Raises McpFailed."""
    progress = _Progress.continued(state, answer)
    while True:
        question = progress.next_question()
        if question is not None:
            return question
        result = await send(progress.responses(), progress.request_state)
        if not isinstance(result, types.InputRequiredResult):
            return result
        incident.call_sent = False
        if not result.input_requests:
            await anyio.sleep(_WAIT_SECONDS)
        progress.take(result, incident)


class _Progress:
    """A call that has asked questions, of which some are answered."""

    def __init__(self) -> None:
        self.request_state: str | None = None
        self._waiting: dict[str, dict[str, Any]] = {}
        self._answers: dict[str, dict[str, Any]] = {}
        self._count = 0

    @classmethod
    def continued(cls, state: dict[str, Any] | None, answer: dict[str, Any] | None) -> "_Progress":
        call = cls()
        if state is None:
            return call
        if state.get("protocol") != PROTOCOL:
            raise McpFailed("The server speaks another version of the protocol than when it asked.")
        call.request_state = state["request_state"]
        call._waiting, call._answers, call._count = dict(state["waiting"]), dict(state["answers"]), state["count"]
        if answer is not None:
            call._answers[state["asked"]] = answer
            call._waiting.pop(state["asked"], None)
        return call

    def next_question(self) -> Elicitation | None:
        for key, question in self._waiting.items():
            state = {
                "protocol": PROTOCOL,
                "request_state": self.request_state,
                "asked": key,
                "waiting": self._waiting,
                "answers": self._answers,
                "count": self._count,
            }
            if len(json.dumps(state)) > _MAX_STATE:
                raise McpFailed("The server asked a question with more to remember than can be kept.")
            return Elicitation(question["message"], question["schema"], state)
        return None

    def responses(self) -> dict[str, types.InputResponse] | None:
        return {key: questions.result_of(answer) for key, answer in self._answers.items()} or None

    def take(self, result: types.InputRequiredResult, incident: Incident) -> None:
        self.request_state = result.request_state
        self._answers = {}
        for key, request in (result.input_requests or {}).items():
            if not isinstance(request, types.ElicitRequest):
                raise McpFailed("The server wants a model's answer or folders of this host, which it does not get.")
            if not questions.can_be_asked(request.params, incident):
                self._answers[key] = {"action": "decline"}
                continue
            self._count += 1
            shown = questions.cleaned(
                request.params.message,
                request.params.requested_schema,  # type: ignore[union-attr]
                incident.secrets,
            )
            assert shown is not None
            self._waiting[key] = {"message": shown[0], "schema": shown[1]}
        if self._count > questions.MAX_QUESTIONS:
            raise McpFailed(questions.TOO_MANY)

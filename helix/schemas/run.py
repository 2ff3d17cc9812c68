from typing import Any

from pydantic import RootModel

from helix.models.vocabulary import FailureReason, RunStatus, StepKind, TaskStatus, ToolCallState, Trigger
from helix.schemas.common import Out, Query
from helix.schemas.task import Waiting


class RunPath(Query):
    run_id: int


class RunOut(Out):
    id: int
    task_id: int
    agent_id: int
    agent_name: str
    trigger: Trigger
    attempt: int
    retry_of: int | None
    status: RunStatus
    reason: FailureReason | None
    message: str | None
    next_step: str | None
    waiting: Waiting | None
    model: str | None
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    result_truncated: bool
    """The answer was cut off at the output token limit."""
    came_from: TaskStatus
    queued_at: str
    started_at: str | None
    heartbeat_at: str | None
    finished_at: str | None


class StepOut(Out):
    id: int
    number: int
    kind: StepKind
    title: str
    content: str | None
    details: dict[str, Any]
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    started_at: str
    finished_at: str | None


class PromptMessage(Out):
    role: str
    content: str


class CallOut(Out):
    id: int
    run_id: int
    """The attempt that asked for it; a later attempt may have executed it."""
    name: str
    arguments: dict[str, Any] | None
    """As the model sent them; `null` if that was no JSON object."""
    edited_arguments: dict[str, Any] | None
    """What a person who allowed the call has put in their place."""
    state: ToolCallState
    decided_because: str
    result: str | None
    """Its first 2,000 characters; the steps of the run have all of it."""
    result_length: int
    is_error: bool
    milliseconds: int | None
    cost_usd: float | None
    """What it has cost at a provider, such as a search engine."""
    started_at: str | None
    finished_at: str | None
    request_id: int | None
    """The newest request to people about this call."""


class TurnOut(Out):
    """One answer of the model."""

    number: int
    """Counted from 1, over all attempts of the conversation."""
    run_id: int
    """The attempt that it belongs to: the run, or an earlier one that the run continues."""
    text: str
    model: str | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    milliseconds: int | None
    started_at: str | None
    calls: list[CallOut]


class RunWithSteps(RunOut):
    prompt: list[PromptMessage] | None
    result: str | None
    steps: list[StepOut]
    turns: list[TurnOut]
    """What the model has said and called, also in the attempts that this one continues."""


class RunList(RootModel[list[RunOut]]):
    pass


class CallList(RootModel[list[CallOut]]):
    pass


class PromptPreview(Out):
    messages: list[PromptMessage]
    tokens: int
    cut: list[str]
    """What was shortened to fit the context window, as sentences."""
    skills: list[str]
    context_window: int
    model: str

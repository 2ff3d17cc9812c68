"""The interface of a model client: an endpoint goes in, a completion or a ModelFailure comes out.

Times are whole milliseconds, prices are Decimal USD per million tokens, costs are Decimal USD. An unknown price or
cost is None and never zero.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Protocol

from helix.errors import HelixError
from helix.llm.providers import provider_label
from helix.models.vocabulary import FailureReason
from helix.prompt.message import Message, ToolCall

__all__ = [
    "Check",
    "Completion",
    "Endpoint",
    "Message",
    "ModelClient",
    "ModelFailure",
    "Price",
    "ToolCall",
    "ToolDefinition",
    "Window",
]

OnText = Callable[[str], Any]
OnRestart = Callable[[], Any]

# A later attempt may succeed; the other reasons need a person.
HEALABLE = frozenset(
    {
        FailureReason.RATE_LIMITED,
        FailureReason.PROVIDER_ERROR,
        FailureReason.HOST_UNREACHABLE,
        FailureReason.TIMED_OUT,
    }
)
# Output tokens for a check: reasoning models think before they answer.
_CHECK_MAX_TOKENS = 256
_MILLION = Decimal(1_000_000)
_SMALLEST = Decimal("0.00000001")


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """A tool that a model may call. `parameters` is the JSON schema of its arguments."""

    name: str
    description: str
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model is and how to call it. A number that is None is taken from litellm's table."""

    provider: str
    model_name: str
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    context_window: int | None = None
    max_output_tokens: int | None = None
    input_cost_per_million: Decimal | None = None
    output_cost_per_million: Decimal | None = None
    allow_private_addresses: bool = False

    @property
    def provider_label(self) -> str:
        """The provider's name for messages."""
        return provider_label(self.provider, self.base_url)


@dataclass(frozen=True, slots=True)
class Completion:
    """A complete answer. `finish_reason` is `stop`, `tool_calls`, or `length` if it was truncated at max_tokens.

    `text` is valid Unicode without control characters, and without the model's reasoning, which is in `thoughts`. It
    may be empty if there are `tool_calls`, which are complete also after `length`. The next call's `Message` of this
    answer gets `body`. `estimated`: at least one token count is our own, since the provider's was missing or
    implausible. `cached_tokens` are those of the input that the provider took from its cache.
    """

    text: str
    finish_reason: str
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal | None
    model: str
    duration_ms: int
    first_text_ms: int
    thoughts: str = ""
    estimated: bool = False
    tool_calls: tuple[ToolCall, ...] = ()
    body: dict[str, Any] | None = field(default=None, hash=False)
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Price:
    """`cached_per_million` is for input that the provider took from its cache, `written_per_million` for what it put
    there. None: it costs what other input does."""

    input_per_million: Decimal
    output_per_million: Decimal
    cached_per_million: Decimal | None = None
    written_per_million: Decimal | None = None

    @property
    def dearest_input_per_million(self) -> Decimal:
        return max(self.input_per_million, self.written_per_million or Decimal(0))

    def cost(self, input_tokens: int, output_tokens: int, cached_tokens: int = 0, written_tokens: int = 0) -> Decimal:
        """USD, rounded half up to eight places. Both kinds of cached tokens are part of `input_tokens`."""
        plain = self.input_per_million
        cached = plain if self.cached_per_million is None else self.cached_per_million
        written = plain if self.written_per_million is None else self.written_per_million
        input_cost = plain * (input_tokens - cached_tokens - written_tokens)
        input_cost += cached * cached_tokens + written * written_tokens
        return ((input_cost + self.output_per_million * output_tokens) / _MILLION).quantize(_SMALLEST, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Window:
    """In tokens. `context` is input and output together; `max_output` is the limit for one answer."""

    context: int
    max_output: int


@dataclass(frozen=True, slots=True)
class Check:
    success: bool
    message: str
    latency_ms: int


class ModelFailure(HelixError):
    """A call that gave no usable answer.

    `message` is a sentence for people, without keys and without the provider's text. `retry_after` is in seconds, as
    the provider requested. `provider_wide`: other calls would fail too, so the model or its address needs a cooldown.
    `healable`: a later attempt may succeed. `no_tools`: the model refuses every request with tools. `partial` is the
    text and usage that the call had before it failed, None if there was none or it is not known.
    """

    status = 502
    default = "The model gave no usable answer."

    def __init__(
        self,
        reason: FailureReason,
        message: str,
        *,
        retry_after: float | None = None,
        provider_wide: bool = False,
        healable: bool | None = None,
        no_tools: bool = False,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.retry_after = retry_after
        self.provider_wide = provider_wide
        self.healable = reason in HEALABLE if healable is None else healable
        self.no_tools = no_tools
        self.partial: Completion | None = None


class ModelClient(Protocol):
    """Calls models. Stateless: every call gets the endpoint."""

    def complete(
        self,
        endpoint: Endpoint,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        timeout_seconds: float,
        idle_seconds: float | None = None,
        on_text: OnText | None = None,
        on_restart: OnRestart | None = None,
        tools: Sequence[ToolDefinition] = (),
    ) -> Completion:
        """Stream an answer, passing each piece of text to `on_text`, and return the whole. The model may call `tools`.

        `timeout_seconds` limits the whole call, `idle_seconds` any time in it without a single byte. `on_restart` is
        called when the text so far turned out to be reasoning. Raises ModelFailure. Exceptions of `on_text` and of
        signal handlers in the main thread end the call and pass through. Python drops a handler's exception that is
        raised in a finalizer, which is rare, so a handler should be called again until the call has ended.
        """
        ...

    def count(self, endpoint: Endpoint, messages: Sequence[Message], tools: Sequence[ToolDefinition] = ()) -> int:
        """Tokens of the messages and of the tools' definitions. Makes no request."""
        ...

    def price(self, endpoint: Endpoint) -> Price | None:
        """None if unknown. Makes no request."""
        ...

    def window(self, endpoint: Endpoint) -> Window:
        """Makes no request."""
        ...

    def check(self, endpoint: Endpoint, timeout_seconds: float = 15) -> Check:
        """Test the endpoint with one short call. Never raises ModelFailure."""
        ...

    def check_tools(self, endpoint: Endpoint, timeout_seconds: float = 15) -> bool | None:
        """Whether the model calls tools, found out by one short call. None if that cannot be told.

        Never raises ModelFailure.
        """
        ...


def check_endpoint(client: ModelClient, endpoint: Endpoint, timeout_seconds: float) -> Check:
    """What `ModelClient.check` does for every client."""
    started = time.monotonic()
    try:
        answer = client.complete(
            endpoint,
            [Message("user", "Answer with the single word OK.")],
            max_tokens=_CHECK_MAX_TOKENS,
            timeout_seconds=timeout_seconds,
        )
    except ModelFailure as failure:
        return Check(False, failure.message, ms_since(started))
    message = f"The model {answer.model} answered in {answer.duration_ms / 1000:.1f} s."
    return Check(True, message, ms_since(started))


_CHECK_TOOL = ToolDefinition("ready", "Says that you are ready.", {"type": "object", "properties": {}})


def check_tools(client: ModelClient, endpoint: Endpoint, timeout_seconds: float) -> bool | None:
    """What `ModelClient.check_tools` does for clients that call a provider."""
    try:
        answer = client.complete(
            endpoint,
            [Message("user", f"Call the tool {_CHECK_TOOL.name} now. Do not answer with text.")],
            max_tokens=_CHECK_MAX_TOKENS,
            timeout_seconds=timeout_seconds,
            tools=[_CHECK_TOOL],
        )
    except ModelFailure as failure:
        return False if failure.no_tools else None
    if answer.tool_calls:
        return True
    # A model that was cut may have called the tool later.
    return None if answer.finish_reason == "length" else False


def ms_since(started: float) -> int:
    """Milliseconds since a value of time.monotonic()."""
    return round((time.monotonic() - started) * 1000)

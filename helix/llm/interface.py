"""What the rest of the house knows of a model: an endpoint goes in, a completion or a ModelFailure comes out.

Times are whole milliseconds, prices are Decimal USD per million tokens, costs are Decimal USD. An unknown price or
cost is None and never zero.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Protocol

from helix.errors import HelixError
from helix.llm.providers import spoken_name
from helix.models.vocabulary import FailureReason
from helix.prompt.message import Message

__all__ = ["Check", "Completion", "Endpoint", "Message", "ModelClient", "ModelFailure", "Price", "Window"]

OnText = Callable[[str], Any]
OnRestart = Callable[[], Any]

# Waiting can heal these; the rest need a person.
HEALABLE = frozenset(
    {
        FailureReason.RATE_LIMITED,
        FailureReason.PROVIDER_ERROR,
        FailureReason.HOST_UNREACHABLE,
        FailureReason.TIMED_OUT,
    }
)
_MILLION = Decimal(1_000_000)
_SMALLEST = Decimal("0.00000001")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model is and how it is called. None for a number means: what litellm knows of the model."""

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
    def spoken_provider(self) -> str:
        """The provider's name in a sentence."""
        return spoken_name(self.provider, self.base_url)


@dataclass(frozen=True, slots=True)
class Completion:
    """A whole answer. `finish_reason` is `stop`, or `length` when it reached max_tokens and is therefore cut short.

    `text` is valid Unicode without control characters, and without the model's `thoughts`. `estimated`: at least one of
    the numbers of tokens is our own count, since the provider's was missing or cannot be true.
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


@dataclass(frozen=True, slots=True)
class Price:
    input_per_million: Decimal
    output_per_million: Decimal

    def cost(self, input_tokens: int, output_tokens: int) -> Decimal:
        """USD, rounded half up to eight places."""
        exact = (self.input_per_million * input_tokens + self.output_per_million * output_tokens) / _MILLION
        return exact.quantize(_SMALLEST, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Window:
    """In tokens. `context` is input and output together; `max_output` is the most that one answer may have."""

    context: int
    max_output: int


@dataclass(frozen=True, slots=True)
class Check:
    success: bool
    message: str
    latency_ms: int


class ModelFailure(HelixError):
    """A call that gave no usable answer.

    `message` is a sentence for a person, without keys and without what the provider wrote. `retry_after` is in seconds,
    as the provider asked. `provider_wide`: not this one call's fault, other calls would fail too: let the model or its
    address cool down. `healable`: waiting may help; nobody else decides that. `partial` is what the call brought and
    used although it failed, None where nothing was taken or is known of it.
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
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.retry_after = retry_after
        self.provider_wide = provider_wide
        self.healable = reason in HEALABLE if healable is None else healable
        self.partial: Completion | None = None


class ModelClient(Protocol):
    """A way to a model. Stateless: the endpoint is given with every call."""

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
    ) -> Completion:
        """Stream an answer, handing each piece of text to `on_text` as it comes, and return the whole.

        `timeout_seconds` is for the call as a whole, `idle_seconds` for any time in it without a single byte.
        `on_restart` is called when the text handed on so far turned out to be thoughts. Raises ModelFailure. What
        `on_text` raises comes through as it is and ends the call. So does what a signal handler raises in the main
        thread; Python itself drops such an exception when it hits a finalizer, which is rare, so a handler should be
        called again until the call is over.
        """
        ...

    def count(self, endpoint: Endpoint, messages: Sequence[Message]) -> int:
        """Tokens of the messages; never calls out."""
        ...

    def price(self, endpoint: Endpoint) -> Price | None:
        """None: unknown. Never calls out."""
        ...

    def window(self, endpoint: Endpoint) -> Window:
        """Never calls out."""
        ...

    def check(self, endpoint: Endpoint, timeout_seconds: float = 15) -> Check:
        """One tiny call, to see whether the endpoint works. Never raises ModelFailure."""
        ...

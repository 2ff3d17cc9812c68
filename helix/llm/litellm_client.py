"""Models through litellm. This is the only file that imports it, lazily, because the import is slow.

litellm translates between providers, but hides some failures. So finish reasons and errors are read from the raw
response: a success needs text and a finish reason that the provider sent. litellm's own retries, telemetry, callbacks,
downloads and logging are off.
"""

import logging
import os
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from helix.llm import call_in_thread, failures, outcome, prices, transport
from helix.llm.interface import (
    Check,
    Completion,
    Endpoint,
    Message,
    ModelFailure,
    OnRestart,
    OnText,
    Price,
    Window,
    check_endpoint,
    ms_since,
)
from helix.llm.providers import CUSTOM, OLLAMA
from helix.llm.stream_text import AnswerStream, RepetitionDetector
from helix.models.vocabulary import FailureReason
from helix.outgoing import load_certificates

# Sent when the endpoint has no key: litellm would otherwise send a key from the environment.
_NO_KEY = "no-key"
# Tokens are counted per slice, because the tokenizer is slow on a megabyte without a space. Characters.
_SLICE = 20_000
# More characters per requested token than any language has.
_CHARACTERS_PER_TOKEN = 16
_ALWAYS_ALLOWED_CHARACTERS = 200_000
_NEVER = 1_000_000_000


class LitellmClient:
    """See ModelClient."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._module: Any = None

    def preload(self) -> None:
        self._litellm()
        load_certificates()

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
        litellm = self._litellm()
        _check_settings(endpoint)
        call = _Call(endpoint, messages, max_tokens, timeout_seconds, idle_seconds)
        answer = AnswerStream(endpoint.api_key, on_text, on_restart)
        private = endpoint.allow_private_addresses
        with transport.open_connection(
            seconds=timeout_seconds, idle_seconds=idle_seconds, allow_private=private
        ) as connection:

            def completion(finish_reason: str) -> Completion:
                usage = self._usage(call, connection, answer)
                return Completion(
                    text=answer.text,
                    finish_reason=finish_reason,
                    input_tokens=usage.input_tokens,
                    output_tokens=usage.output_tokens,
                    cost_usd=prices.cost(litellm, endpoint, usage.input_tokens, usage.output_tokens),
                    model=endpoint.model_name,
                    duration_ms=ms_since(call.started),
                    first_text_ms=call.first_text_ms,
                    thoughts=answer.thoughts,
                    estimated=usage.estimated,
                )

            try:
                self._receive(call, connection, answer)
                return completion(outcome.finish_reason(endpoint, connection, answer.text))
            except call_in_thread.CallTimedOut:
                failure = failures.timed_out(endpoint, timeout_seconds)
            except ModelFailure as raised:
                failure = raised
            # The provider bills an answer that failed after it had begun.
            if (
                answer.text
                or answer.thoughts
                or connection.normalizer.has_input_tokens
                or connection.normalizer.has_output_tokens
            ):
                failure.partial = completion("")
            raise failure from None

    def _receive(self, call: "_Call", connection: transport.Connection, answer: AnswerStream) -> None:
        """Read the answer to its end. Raises ModelFailure or CallTimedOut."""
        litellm, endpoint = self._litellm(), call.endpoint
        length, repetition = 0, RepetitionDetector()
        try:
            for piece, is_thought in call_in_thread.iterate(
                lambda: _pieces(litellm, call, connection), seconds=call.timeout_seconds, hang_up=connection.hang_up
            ):
                call.first_text_ms = call.first_text_ms or ms_since(call.started)
                length += len(piece)
                (answer.add_thought if is_thought else answer.add_text)(piece)
                if repetition.is_repeating(piece):
                    raise failures.repeating(endpoint)
                if length > max(_ALWAYS_ALLOWED_CHARACTERS, call.max_tokens * _CHARACTERS_PER_TOKEN):
                    raise failures.too_much(endpoint)
        except (ModelFailure, call_in_thread.CallTimedOut):
            answer.end()
            raise
        answer.end()

    def _usage(self, call: "_Call", connection: transport.Connection, answer: AnswerStream) -> outcome.Usage:
        """Never more tokens than were sent and requested, whatever the provider reports."""
        reported = call.reported_usage
        size = sum(len(message.content.encode(errors="replace")) for message in call.messages)
        input_tokens, input_estimated = outcome.input_tokens(
            reported.get("prompt_tokens") if connection.normalizer.has_input_tokens else None,
            size,
            lambda: self.count(call.endpoint, call.messages),
        )
        output_tokens, output_estimated = outcome.output_tokens(
            reported.get("completion_tokens") if connection.normalizer.has_output_tokens else None,
            call.max_tokens,
            lambda: self._tokens(call.endpoint, answer.thoughts + answer.text),
        )
        return outcome.Usage(input_tokens, output_tokens, input_estimated or output_estimated)

    def count(self, endpoint: Endpoint, messages: Sequence[Message]) -> int:
        # Each message has some tokens of overhead, as in litellm's own count.
        return 3 + sum(4 + self._tokens(endpoint, message.content) for message in messages)

    def price(self, endpoint: Endpoint) -> Price | None:
        return prices.price(self._litellm(), endpoint)

    def window(self, endpoint: Endpoint) -> Window:
        return prices.window(self._litellm(), endpoint)

    def check(self, endpoint: Endpoint, timeout_seconds: float = 15) -> Check:
        return check_endpoint(self, endpoint, timeout_seconds)

    def _tokens(self, endpoint: Endpoint, text: str) -> int:
        litellm = self._litellm()
        slices = (text[start : start + _SLICE] for start in range(0, len(text), _SLICE))
        return sum(litellm.token_counter(model=endpoint.model_name, text=part) for part in slices)

    def _litellm(self) -> Any:
        with self._lock:
            if self._module is None:
                self._module = _load()
            return self._module


@dataclass
class _Call:
    """The arguments of a call, and what is recorded of its answer besides the text."""

    endpoint: Endpoint
    messages: Sequence[Message]
    max_tokens: int
    timeout_seconds: float
    idle_seconds: float | None
    started: float = field(default_factory=time.monotonic)
    first_text_ms: int = 0
    reported_usage: dict[str, int] = field(default_factory=dict)


def _load() -> Any:
    # Otherwise the import downloads a price list, in a thread.
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    # No log output; no threads for callbacks, of which there are none; no calls that bypass our transport.
    os.environ["LITELLM_LOG"] = "CRITICAL"
    os.environ["LOGGING_EXECUTOR_MAX_PENDING_TASKS"] = "0"
    os.environ["LITELLM_RUST"] = "False"
    # It takes a hundred equal chunks for a loop, but tables and indentation have them too. See RepetitionDetector.
    os.environ["REPEATED_STREAMING_CHUNK_LIMIT"] = str(_NEVER)
    # Its deprecation warnings concern its own code.
    warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"litellm(\.|$)")
    import litellm

    litellm.suppress_debug_info = True
    litellm.turn_off_message_logging = True
    litellm.disable_hf_tokenizer_download = True
    litellm.num_retries = 0
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
        _silence(logging.getLogger(name))
    # They log URLs, and a URL may contain a key.
    for name in ("httpx", "httpcore", "openai"):
        logging.getLogger(name).setLevel(logging.WARNING)
    _lighten()
    _use_shared_transport(litellm)
    _warm_up(litellm)
    return litellm


def _lighten() -> None:
    """Let go of the text of a tokenizer, which it keeps after the tokenizer was made from it: 9 MB."""
    from litellm import utils

    utils.__dict__.pop("json_data", None)


def _warm_up(litellm: Any) -> None:
    """One call without a network, which loads litellm's lazy imports (1 to 2 s) outside of any call's time limit."""
    answer = (
        b'data: {"id":"1","choices":[{"index":0,"delta":{"content":"OK"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    )
    endpoint = Endpoint(CUSTOM, "warm-up", base_url="http://warm-up.invalid/v1")
    with transport.canned_response(answer):
        for _ in litellm.completion(**_arguments(endpoint, [Message("user", "OK")], 1, 5)):
            pass


def _use_shared_transport(litellm: Any) -> None:
    """Set it for litellm's own requests, for those of the OpenAI client, and for the client created by the import."""
    shared = transport.SharedTransport()
    litellm.sync_transport = shared
    litellm.client_session = _client(shared)
    litellm.module_level_client.client = _client(shared)


def _client(transport: httpx.BaseTransport) -> httpx.Client:
    no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    return httpx.Client(transport=transport, follow_redirects=False, trust_env=False, cookies=no_cookies)


def _silence(logger: logging.Logger) -> None:
    logger.handlers = [logging.NullHandler()]
    logger.propagate = False
    logger.setLevel(logging.CRITICAL + 1)


def _check_settings(endpoint: Endpoint) -> None:
    if endpoint.provider == CUSTOM and not endpoint.base_url:
        raise ModelFailure(
            FailureReason.HOST_UNREACHABLE,
            "This model has no address. Enter the base URL of its server in the model's settings.",
            healable=False,
        )
    if endpoint.api_key and not (endpoint.api_key.isascii() and endpoint.api_key.isprintable()):
        raise ModelFailure(
            FailureReason.KEY_REFUSED,
            "The key has characters that no key has, such as a line break. Enter it again in the model's settings.",
        )


def _arguments(endpoint: Endpoint, messages: Sequence[Message], max_tokens: int, seconds: float) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "model": prices.litellm_name(endpoint),
        "messages": [{"role": message.role, "content": message.content} for message in messages],
        "max_tokens": max_tokens,
        "timeout": float(seconds),
        "stream": True,
        "stream_options": {"include_usage": True},
        "num_retries": 0,
        "max_retries": 0,
        "drop_params": True,
    }
    if endpoint.provider == OLLAMA and endpoint.context_window:
        # Ollama silently truncates a prompt to a few thousand tokens unless it gets the window.
        arguments["num_ctx"] = endpoint.context_window
    if endpoint.base_url:
        arguments["api_base"] = endpoint.base_url.rstrip("/")
    if endpoint.api_key:
        arguments["api_key"] = endpoint.api_key
    elif endpoint.base_url:
        arguments["api_key"] = _NO_KEY
    return arguments


def _pieces(litellm: Any, call: _Call, connection: transport.Connection) -> Iterator[tuple[str, bool]]:
    """The pieces of text, each with whether it is reasoning. Exceptions of litellm become a ModelFailure."""
    seconds = call.timeout_seconds
    try:
        for chunk in litellm.completion(**_arguments(call.endpoint, call.messages, call.max_tokens, seconds)):
            _note_usage(chunk, call.reported_usage)
            for choice in chunk.choices[:1]:
                if thought := getattr(choice.delta, "reasoning_content", None):
                    yield str(thought), True
                if choice.delta.content:
                    yield choice.delta.content, False
    except Exception as raised:  # noqa: BLE001 - litellm raises its own, openai's, httpx's and plain ones
        # From None: the chain contains the provider's message, and the request with its key.
        raise outcome.failure(call.endpoint, connection, raised, seconds, call.idle_seconds) from None
    finally:
        connection.close()


def _note_usage(chunk: Any, usage: dict[str, int]) -> None:
    reported = getattr(chunk, "usage", None)
    for name in ("prompt_tokens", "completion_tokens"):
        number = getattr(reported, name, None)
        if isinstance(number, int) and number > 0:
            usage[name] = number

"""Models through litellm: the only file that imports it, and that when the first call needs it.

litellm translates between providers. What it smooths over is read from the wire instead: a success needs text and a
finish reason that the provider sent. Its own retries, telemetry, callbacks, downloads and logging are off.
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

from helix.llm import call_in_thread, checking, failures, outcome, prices, transport, usage
from helix.llm.interface import Check, Completion, Endpoint, Message, ModelFailure, OnRestart, OnText, Price, Window
from helix.llm.providers import CUSTOM, OLLAMA
from helix.llm.repetition import Looping
from helix.llm.stream_text import Speech
from helix.models.vocabulary import FailureReason
from helix.outgoing import load_certificates

# What a call without a key carries: litellm would otherwise send the key that it finds in the environment.
_NO_KEY = "no-key"
# Text is counted in stretches: the tokenizer is slow on a megabyte without a space.
_STRETCH = 20_000
# More letters per asked-for token than any language has.
_LETTERS_PER_TOKEN = 16
_LEAST_LETTERS = 200_000
_NEVER = 1_000_000_000


class LitellmMind:
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
        speech = Speech(endpoint.api_key, on_text, on_restart)
        private = endpoint.allow_private_addresses
        with transport.opened(seconds=timeout_seconds, idle_seconds=idle_seconds, allow_private=private) as line:

            def ended(finish_reason: str) -> Completion:
                used = self._used(call, line, speech)
                return Completion(
                    text=speech.text,
                    finish_reason=finish_reason,
                    input_tokens=used.input_tokens,
                    output_tokens=used.output_tokens,
                    cost_usd=prices.cost(litellm, endpoint, used.input_tokens, used.output_tokens),
                    model=endpoint.model_name,
                    duration_ms=_ms_since(call.started),
                    first_text_ms=call.first_text_ms,
                    thoughts=speech.thoughts,
                    estimated=used.estimated,
                )

            try:
                self._listen(call, line, speech)
                return ended(outcome.provider_finish(endpoint, line, speech.text))
            except call_in_thread.TooSlow:
                failure = failures.too_late(endpoint, timeout_seconds)
            except ModelFailure as raised:
                failure = raised
            # Of an answer that failed after it had begun, the provider takes what it used of it.
            if speech.text or speech.thoughts or line.plain.told_input or line.plain.told_output:
                failure.partial = ended("")
            raise failure from None

    def _listen(self, call: "_Call", line: transport.Wire, speech: Speech) -> None:
        """Hear the answer to its end. Raises ModelFailure or TooSlow."""
        litellm, endpoint = self._litellm(), call.endpoint
        letters, looping = 0, Looping()
        try:
            for piece, is_thought in call_in_thread.pieces(
                lambda: _pieces(litellm, call, line), seconds=call.timeout_seconds, hang_up=line.hang_up
            ):
                call.first_text_ms = call.first_text_ms or _ms_since(call.started)
                letters += len(piece)
                (speech.think if is_thought else speech.say)(piece)
                if looping.is_looping(piece):
                    raise failures.looping(endpoint)
                if letters > max(_LEAST_LETTERS, call.max_tokens * _LETTERS_PER_TOKEN):
                    raise failures.too_much(endpoint)
        except (ModelFailure, call_in_thread.TooSlow):
            speech.end()
            raise
        speech.end()

    def _used(self, call: "_Call", line: transport.Wire, speech: Speech) -> usage.Usage:
        """Never more than was sent and asked for, whatever the provider says."""
        told = call.usage
        size = sum(len(message.content.encode(errors="replace")) for message in call.messages)
        into, guessed_into = usage.input_tokens(
            told.get("prompt_tokens") if line.plain.told_input else None,
            size,
            lambda: self.count(call.endpoint, call.messages),
        )
        out, guessed_out = usage.output_tokens(
            told.get("completion_tokens") if line.plain.told_output else None,
            call.max_tokens,
            lambda: self._tokens(call.endpoint, speech.thoughts + speech.text),
        )
        return usage.Usage(into, out, guessed_into or guessed_out)

    def count(self, endpoint: Endpoint, messages: Sequence[Message]) -> int:
        # Each message costs some tokens for its frame, as in litellm's own sum.
        return 3 + sum(4 + self._tokens(endpoint, message.content) for message in messages)

    def price(self, endpoint: Endpoint) -> Price | None:
        return prices.price(self._litellm(), endpoint)

    def window(self, endpoint: Endpoint) -> Window:
        return prices.window(self._litellm(), endpoint)

    def check(self, endpoint: Endpoint, timeout_seconds: float = 15) -> Check:
        return checking.check(self, endpoint, timeout_seconds)

    def _tokens(self, endpoint: Endpoint, text: str) -> int:
        litellm = self._litellm()
        stretches = (text[at : at + _STRETCH] for at in range(0, len(text), _STRETCH))
        return sum(litellm.token_counter(model=endpoint.model_name, text=stretch) for stretch in stretches)

    def _litellm(self) -> Any:
        with self._lock:
            if self._module is None:
                self._module = _load()
            return self._module


@dataclass
class _Call:
    """What is asked, and what is noted of the answer beside its text."""

    endpoint: Endpoint
    messages: Sequence[Message]
    max_tokens: int
    timeout_seconds: float
    idle_seconds: float | None
    started: float = field(default_factory=time.monotonic)
    first_text_ms: int = 0
    usage: dict[str, int] = field(default_factory=dict)


def _load() -> Any:
    # Without it the import fetches a price list from the network, in a thread.
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    # Its own switches for: quiet; no threads for callbacks, of which there are none; no calls past our transport.
    os.environ["LITELLM_LOG"] = "CRITICAL"
    os.environ["LOGGING_EXECUTOR_MAX_PENDING_TASKS"] = "0"
    os.environ["LITELLM_RUST"] = "False"
    # It takes a hundred equal pieces for a loop, as a table's ruler or indentation have them. See helix.llm.looping.
    os.environ["REPEATED_STREAMING_CHUNK_LIMIT"] = str(_NEVER)
    # Its deprecation warnings are for its authors.
    warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"litellm(\.|$)")
    import litellm

    litellm.suppress_debug_info = True
    litellm.turn_off_message_logging = True
    litellm.disable_hf_tokenizer_download = True
    litellm.num_retries = 0
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
        _silence(logging.getLogger(name))
    # They log addresses, and an address may carry a key.
    for name in ("httpx", "httpcore", "openai"):
        logging.getLogger(name).setLevel(logging.WARNING)
    _lighten()
    _route_through_the_wire(litellm)
    _warm_up(litellm)
    return litellm


def _lighten() -> None:
    """Let go of the text of a tokenizer, which it keeps after the tokenizer was made from it: 9 MB."""
    from litellm import utils

    utils.__dict__.pop("json_data", None)


def _warm_up(litellm: Any) -> None:
    """One call to nowhere: it imports what litellm imports late (1 to 2 s), which no caller's time limit should pay."""
    answer = (
        b'data: {"id":"1","choices":[{"index":0,"delta":{"content":"OK"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    )
    nowhere = Endpoint(CUSTOM, "warm-up", base_url="http://warm-up.invalid/v1")
    with transport.canned(answer):
        for _ in litellm.completion(**_arguments(nowhere, [Message("user", "OK")], 1, 5)):
            pass


def _route_through_the_wire(litellm: Any) -> None:
    """Both of litellm's ways out, the OpenAI client's and its own, and the client that it made while being imported."""
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
            "The key holds letters that no key has, such as a line break. Enter it again in the model's settings.",
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
        # Ollama cuts a prompt silently to a few thousand tokens unless it is told the window.
        arguments["num_ctx"] = endpoint.context_window
    if endpoint.base_url:
        arguments["api_base"] = endpoint.base_url.rstrip("/")
    if endpoint.api_key:
        arguments["api_key"] = endpoint.api_key
    elif endpoint.base_url:
        arguments["api_key"] = _NO_KEY
    return arguments


def _pieces(litellm: Any, call: _Call, line: transport.Wire) -> Iterator[tuple[str, bool]]:
    """The pieces of text, each with whether it is a thought. What litellm raises becomes a ModelFailure."""
    seconds = call.timeout_seconds
    try:
        for chunk in litellm.completion(**_arguments(call.endpoint, call.messages, call.max_tokens, seconds)):
            _note_usage(chunk, call.usage)
            for choice in chunk.choices[:1]:
                if thought := getattr(choice.delta, "reasoning_content", None):
                    yield str(thought), True
                if choice.delta.content:
                    yield choice.delta.content, False
    except Exception as raised:  # noqa: BLE001 - litellm raises its own, openai's, httpx's and plain ones
        # From None: the chain holds what the provider wrote, and the request with its key.
        raise outcome.failure(call.endpoint, line, raised, seconds, call.idle_seconds) from None
    finally:
        line.close()


def _note_usage(chunk: Any, usage: dict[str, int]) -> None:
    told = getattr(chunk, "usage", None)
    for name in ("prompt_tokens", "completion_tokens"):
        number = getattr(told, name, None)
        if isinstance(number, int) and number > 0:
            usage[name] = number


def _ms_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)

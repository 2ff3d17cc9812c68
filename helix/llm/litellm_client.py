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
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from helix.llm import aside, checking, failures, outcome, prices, wire
from helix.llm.covering import Covering
from helix.llm.interface import Check, Completion, Endpoint, Message, ModelFailure, OnText, Price, Window
from helix.llm.providers import CUSTOM, OLLAMA
from helix.models.vocabulary import FailureReason
from helix.outgoing import load_certificates

# What a call without a key carries: litellm would otherwise send the key that it finds in the environment.
_NO_KEY = "no-key"
# Text is counted in stretches: the tokenizer is slow on a megabyte without a space.
_STRETCH = 20_000
# More letters per asked-for token than any language has.
_LETTERS_PER_TOKEN = 16
_LEAST_LETTERS = 200_000


class LitellmMind:
    """See Mind."""

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
        on_text: OnText | None = None,
    ) -> Completion:
        litellm = self._litellm()
        _check_settings(endpoint)
        started = time.monotonic()
        text: list[str] = []
        letters, first_text_ms = 0, 0
        usage: dict[str, int] = {}
        covering = Covering(endpoint.api_key)

        def say(piece: str) -> None:
            text.append(piece)
            if piece and on_text is not None:
                on_text(piece)

        with wire.opened(seconds=timeout_seconds, allow_private=endpoint.allow_private_addresses) as line:
            arguments = _arguments(endpoint, messages, max_tokens, timeout_seconds)

            def call() -> Iterator[str]:
                return _pieces(litellm, endpoint, line, arguments, usage, timeout_seconds)

            try:
                for piece in aside.pieces(call, seconds=timeout_seconds, hang_up=line.hang_up):
                    first_text_ms = first_text_ms or _ms_since(started)
                    letters += len(piece)
                    if letters > max(_LEAST_LETTERS, max_tokens * _LETTERS_PER_TOKEN):
                        raise failures.too_much(endpoint)
                    say(covering.take(piece))
                say(covering.rest())
            except aside.TooSlow:
                raise failures.too_late(endpoint, timeout_seconds) from None
        whole = "".join(text)
        finish_reason = outcome.provider_finish(endpoint, line, whole)
        spent_in = usage.get("prompt_tokens") or self.count(endpoint, messages)
        spent_out = usage.get("completion_tokens") or self._tokens(endpoint, whole)
        return Completion(
            text=whole,
            finish_reason=finish_reason,
            input_tokens=spent_in,
            output_tokens=spent_out,
            cost_usd=prices.cost(litellm, endpoint, spent_in, spent_out),
            model=endpoint.model_name,
            duration_ms=_ms_since(started),
            first_text_ms=first_text_ms,
        )

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


def _load() -> Any:
    # Without it the import fetches a price list from the network, in a thread.
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    # Its own switches for: quiet; no threads for callbacks, of which there are none; no calls past our transport.
    os.environ["LITELLM_LOG"] = "CRITICAL"
    os.environ["LOGGING_EXECUTOR_MAX_PENDING_TASKS"] = "0"
    os.environ["LITELLM_RUST"] = "False"
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
    """Let go of what it keeps after it has made something else of it: 20 MB of words of two tokenizers."""
    from litellm import utils
    from litellm.litellm_core_utils.default_encoding import encoding

    # Written out as text beside it, which is what the tokenizer is made from.
    utils.__dict__.pop("json_data", None)
    # The part that counts has a copy of its own; this one is for encodings that were made by hand and are pickled.
    encoding._mergeable_ranks = {}


def _warm_up(litellm: Any) -> None:
    """One call to nowhere: it imports what litellm imports late (1 to 2 s), which no caller's time limit should pay."""
    answer = (
        b'data: {"id":"1","choices":[{"index":0,"delta":{"content":"OK"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    )
    nowhere = Endpoint(CUSTOM, "warm-up", base_url="http://warm-up.invalid/v1")
    with wire.canned(answer):
        for _ in litellm.completion(**_arguments(nowhere, [Message("user", "OK")], 1, 5)):
            pass


def _route_through_the_wire(litellm: Any) -> None:
    """Both of litellm's ways out, the OpenAI client's and its own, and the client that it made while being imported."""
    transport = wire.SharedTransport()
    litellm.sync_transport = transport
    litellm.client_session = _client(transport)
    litellm.module_level_client.client = _client(transport)


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


def _pieces(
    litellm: Any, endpoint: Endpoint, line: wire.Wire, arguments: dict[str, Any], usage: dict[str, int], seconds: float
) -> Iterator[str]:
    """The pieces of text. What litellm raises becomes a ModelFailure."""
    try:
        for chunk in litellm.completion(**arguments):
            _note_usage(chunk, usage)
            for choice in chunk.choices[:1]:
                if choice.delta.content:
                    yield choice.delta.content
    except Exception as raised:  # noqa: BLE001 - litellm raises its own, openai's, httpx's and plain ones
        # From None: the chain holds what the provider wrote, and the request with its key.
        raise outcome.failure(endpoint, line, raised, seconds) from None
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

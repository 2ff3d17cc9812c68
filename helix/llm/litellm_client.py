"""Models through litellm. This is the only file that imports it, lazily, because the import is slow.

litellm translates between providers, but hides some failures. So finish reasons and errors are read from the raw
response: a success needs text and a finish reason that the provider sent. litellm's own retries, telemetry, callbacks,
downloads and logging are off.
"""

import logging
import os
import sys
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import ModuleType
from typing import Any

import httpx

from helix.llm import call_in_thread, chat_format, failures, outcome, prices, transport, web_search
from helix.llm.answer_message import AnswerMessage
from helix.llm.interface import (
    Check,
    Completion,
    Endpoint,
    Message,
    ModelFailure,
    OnRestart,
    OnText,
    Price,
    ToolDefinition,
    Window,
    check_endpoint,
    check_tools,
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
# Ten hits of a search take some kilobytes; Exa and Tavily send whole pages.
_MOST_BYTES_OF_A_SEARCH = 8_000_000


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
        tools: Sequence[ToolDefinition] = (),
    ) -> Completion:
        litellm = self._litellm()
        _check_settings(endpoint)
        call = _Call(endpoint, messages, tools, max_tokens, timeout_seconds, idle_seconds)
        answer, message = AnswerStream(endpoint.api_key, on_text, on_restart), AnswerMessage(endpoint.api_key)
        private, offered = endpoint.allow_private_addresses, bool(tools)
        with transport.open_connection(
            seconds=timeout_seconds, idle_seconds=idle_seconds, allow_private=private, tools=offered
        ) as connection:

            def completion(finish_reason: str) -> Completion:
                usage = self._usage(call, connection, answer, message)
                usable = bool(finish_reason)
                return Completion(
                    text=answer.text,
                    finish_reason=finish_reason,
                    input_tokens=usage.input_tokens,
                    output_tokens=usage.output_tokens,
                    cost_usd=prices.cost(litellm, endpoint, usage),
                    model=endpoint.model_name,
                    duration_ms=ms_since(call.started),
                    first_text_ms=call.first_text_ms,
                    thoughts=answer.thoughts,
                    estimated=usage.estimated,
                    tool_calls=message.calls if usable and offered else (),
                    body=message.body(
                        answer.text, with_calls=offered, reasoning_name=connection.normalizer.reasoning_name
                    )
                    if usable
                    else None,
                    cached_tokens=usage.cached_tokens,
                )

            try:
                self._receive(call, connection, answer, message)
                return completion(outcome.finish_reason(endpoint, connection, answer.text, message, tools=offered))
            except call_in_thread.CallTimedOut:
                failure = failures.timed_out(endpoint, timeout_seconds)
            except ModelFailure as raised:
                failure = raised
            # The provider bills an answer that failed after it had begun.
            if (
                answer.text
                or answer.thoughts
                or message.has_calls
                or connection.normalizer.has_input_tokens
                or connection.normalizer.has_output_tokens
            ):
                failure.partial = completion("")
            raise failure from None

    def _receive(
        self, call: "_Call", connection: transport.Connection, answer: AnswerStream, message: AnswerMessage
    ) -> None:
        """Read the answer to its end. Raises ModelFailure or CallTimedOut."""
        litellm, endpoint = self._litellm(), call.endpoint
        length, repetition = 0, RepetitionDetector()
        try:
            for delta in call_in_thread.iterate(
                lambda: _deltas(litellm, call, connection), seconds=call.timeout_seconds, hang_up=connection.hang_up
            ):
                thought, text = str(delta.get("reasoning_content") or ""), delta.get("content") or ""
                pieces = [piece for piece in (thought, text, message.add(delta)) if piece]
                if thought:
                    answer.add_thought(thought)
                if text:
                    answer.add_text(text)
                if pieces:
                    call.first_text_ms = call.first_text_ms or ms_since(call.started)
                length += sum(map(len, pieces))
                if any(repetition.is_repeating(piece) for piece in pieces):
                    raise failures.unusable(endpoint, failures.REPEATING)
                if length > max(_ALWAYS_ALLOWED_CHARACTERS, call.max_tokens * _CHARACTERS_PER_TOKEN):
                    raise failures.unusable(endpoint, failures.TOO_MUCH)
        except (ModelFailure, call_in_thread.CallTimedOut):
            answer.end()
            raise
        answer.end()
        message.end()

    def _usage(
        self, call: "_Call", connection: transport.Connection, answer: AnswerStream, message: AnswerMessage
    ) -> outcome.Usage:
        """Never more tokens than were sent and requested, whatever the provider reports."""
        reported = call.reported_usage
        size = sum(len(text.encode(errors="replace")) for text in chat_format.texts(call.messages, call.tools))
        input_tokens, input_estimated = outcome.input_tokens(
            reported.get("prompt_tokens") if connection.normalizer.has_input_tokens else None,
            size,
            lambda: self.count(call.endpoint, call.messages, call.tools),
        )
        output_tokens, output_estimated = outcome.output_tokens(
            reported.get("completion_tokens") if connection.normalizer.has_output_tokens else None,
            call.max_tokens,
            lambda: self._tokens(call.endpoint, answer.thoughts + answer.text + message.call_text),
        )
        cached_tokens = min(reported.get("cached_tokens", 0), input_tokens)
        written_tokens = min(reported.get("cache_creation_tokens", 0), input_tokens - cached_tokens)
        return outcome.Usage(
            input_tokens, output_tokens, cached_tokens, written_tokens, input_estimated or output_estimated
        )

    def count(self, endpoint: Endpoint, messages: Sequence[Message], tools: Sequence[ToolDefinition] = ()) -> int:
        # Messages, calls and definitions have some tokens of overhead, as in litellm's own count.
        overhead = 3 + 4 * (len(messages) + len(tools) + sum(len(message.tool_calls) for message in messages))
        return overhead + sum(self._tokens(endpoint, text) for text in chat_format.texts(messages, tools))

    def price(self, endpoint: Endpoint) -> Price | None:
        return prices.price(self._litellm(), endpoint)

    def window(self, endpoint: Endpoint) -> Window:
        return prices.window(self._litellm(), endpoint)

    def check(self, endpoint: Endpoint, timeout_seconds: float = 15) -> Check:
        return check_endpoint(self, endpoint, timeout_seconds)

    def check_tools(self, endpoint: Endpoint, timeout_seconds: float = 15) -> bool | None:
        return check_tools(self, endpoint, timeout_seconds)

    def search_web(
        self, engine: web_search.SearchEngine, query: str, timeout_seconds: float
    ) -> web_search.SearchResults:
        """See `llm.search_web`."""
        litellm = self._litellm()
        private = engine.allow_private_addresses
        with transport.open_connection(
            seconds=timeout_seconds, allow_private=private, most_bytes=_MOST_BYTES_OF_A_SEARCH
        ) as connection:
            answers = call_in_thread.iterate(
                lambda: _search_answers(litellm, engine, query, timeout_seconds, connection),
                seconds=timeout_seconds,
                hang_up=connection.hang_up,
            )
            try:
                (found,) = answers
            except call_in_thread.CallTimedOut:
                raise web_search.timed_out(engine) from None
            return found

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
    tools: Sequence[ToolDefinition]
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
    _leave_out_mcp_gateway()
    _use_shared_transport(litellm)
    _warm_up(litellm)
    return litellm


def _lighten() -> None:
    """Let go of the text of a tokenizer, which it keeps after the tokenizer was made from it: 9 MB."""
    from litellm import utils

    utils.__dict__.pop("json_data", None)


def _leave_out_mcp_gateway() -> None:
    """Put empty modules in place of litellm's MCP gateway, which it imports to ask whether a call with tools is for it.

    That imports the package mcp and parts of litellm's proxy: 22 MB, 1.2 s, and an exception if mcp is not installed.
    """

    class Gateway:
        @staticmethod
        def should_use_litellm_mcp_gateway(tools: object) -> bool:
            return False

    for name, attribute, value in (
        ("litellm_proxy_mcp_handler", "LiteLLM_Proxy_MCP_Handler", Gateway),
        ("chat_completions_handler", "acompletion_with_mcp", None),
    ):
        module = ModuleType(f"litellm.responses.mcp.{name}")
        setattr(module, attribute, value)
        sys.modules[module.__name__] = module


def _warm_up(litellm: Any) -> None:
    """One call without a network, which loads litellm's lazy imports (1 to 2 s) outside of any call's time limit."""
    answer = (
        b'data: {"id":"1","choices":[{"index":0,"delta":{"content":"OK"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    )
    endpoint = Endpoint(CUSTOM, "warm-up", base_url="http://warm-up.invalid/v1")
    call = _Call(endpoint, [Message("user", "OK")], [ToolDefinition("ok", "", {"type": "object"})], 1, 5, None)
    with transport.canned_response(answer):
        for _ in litellm.completion(**_arguments(call)):
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


def _arguments(call: _Call) -> dict[str, Any]:
    endpoint = call.endpoint
    arguments: dict[str, Any] = {
        "model": prices.litellm_name(endpoint),
        "messages": chat_format.messages(endpoint.provider, call.messages, caches=bool(call.tools)),
        "max_tokens": call.max_tokens,
        "timeout": float(call.timeout_seconds),
        "stream": True,
        "stream_options": {"include_usage": True},
        "num_retries": 0,
        "max_retries": 0,
        "drop_params": True,
    }
    if call.tools:
        arguments["tools"] = chat_format.tools(call.tools, endpoint.provider)
        # litellm does not know of many models that they can use tools, and would leave the tools out.
        arguments["allowed_openai_params"] = ["tools"]
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


def _deltas(litellm: Any, call: _Call, connection: transport.Connection) -> Iterator[dict[str, Any]]:
    """The fields of each part of the answer. Exceptions of litellm become a ModelFailure."""
    try:
        for chunk in litellm.completion(**_arguments(call)):
            _note_usage(chunk, call.reported_usage)
            for choice in chunk.choices[:1]:
                # Both at once: looking up a field that is missing takes 2 µs.
                yield vars(choice.delta) | (choice.delta.model_extra or {})
    except Exception as raised:  # noqa: BLE001 - litellm raises its own, openai's, httpx's and plain ones
        # From None: the chain contains the provider's message, and the request with its key.
        raise outcome.failure(call.endpoint, connection, raised, call.timeout_seconds, call.idle_seconds) from None
    finally:
        connection.close()


def _search_answers(
    litellm: Any, engine: web_search.SearchEngine, query: str, seconds: float, connection: transport.Connection
) -> Iterator[web_search.SearchResults]:
    """One item. Every exception of litellm becomes a SearchFailed."""
    try:
        response = litellm.search(
            query,
            search_provider=engine.provider,
            max_results=web_search.MOST_HITS,
            api_key=engine.api_key or None,
            api_base=engine.url,
            timeout=seconds,
            num_retries=0,
            max_retries=0,
        )
        yield web_search.results(engine, response)
    except Exception:  # noqa: BLE001 - litellm raises its own, httpx's and plain ones
        # From None: the chain contains the request with its key.
        raise web_search.failure(engine, connection) from None
    finally:
        connection.close()


def _note_usage(chunk: Any, usage: dict[str, int]) -> None:
    reported = getattr(chunk, "usage", None)
    details = getattr(reported, "prompt_tokens_details", None)
    for holder, name in (
        (reported, "prompt_tokens"),
        (reported, "completion_tokens"),
        (details, "cached_tokens"),
        (details, "cache_creation_tokens"),
    ):
        number = getattr(holder, name, None)
        if isinstance(number, int) and number > 0:
            usage[name] = number

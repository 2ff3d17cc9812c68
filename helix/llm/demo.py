"""The demo model: works offline, costs nothing, and says that it is a demo.

It behaves like a real one: it streams, counts tokens, obeys the time limit and can be cancelled. Its answers are
templates, filled with the title, description, tags and feedback from the prompt. Offered tools, it plays a scripted
agent (`demo_scripts`). Model names:

- `demo`: an answer within about 2 s (`HELIX_DEMO_DELAY_SECONDS` sets how long)
- `demo-slow`: ten times as long
- `demo-fail`: fails with `provider_error`, which is retried
- `demo-refuse`: fails with `content_refused`, which is not retried
"""

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from helix.llm import chat_format, demo_scripts
from helix.llm.interface import (
    Check,
    Completion,
    Endpoint,
    Message,
    ModelFailure,
    OnRestart,
    OnText,
    Price,
    ToolCall,
    ToolDefinition,
    Window,
    check_endpoint,
    ms_since,
)
from helix.models.vocabulary import FailureReason

# How long an answer takes. Set by `use` from HELIX_DEMO_DELAY_SECONDS.
delay_seconds = 2.0
SLOW_FACTOR = 10
WINDOW = Window(context=32_768, max_output=4_096)
# A token is about four bytes of English text.
BYTES_PER_TOKEN = 4


def use(*, seconds: float) -> None:
    """Set how long an answer takes. Called once when a process starts."""
    global delay_seconds
    delay_seconds = seconds


@contextmanager
def at_once() -> Iterator[None]:
    """Answers without delay, in this process."""
    usual = delay_seconds
    use(seconds=0)
    try:
        yield
    finally:
        use(seconds=usual)


class DemoClient:
    """See ModelClient."""

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
        _fail_if_requested(endpoint.model_name)
        started = time.monotonic()
        turn = demo_scripts.turn(messages, {tool.name: tool.parameters for tool in tools})
        pieces = list(_pieces(turn.text, max_tokens))
        pause = _delay(endpoint.model_name) / max(len(pieces), 1)
        first_text_ms = 0
        for number, piece in enumerate(pieces):
            if time.monotonic() - started + pause > timeout_seconds:
                raise ModelFailure(
                    FailureReason.TIMED_OUT, f"The demo model did not finish within {timeout_seconds:g} seconds."
                )
            if pause:
                time.sleep(pause)
            if number == 0:
                first_text_ms = ms_since(started)
            if on_text is not None:
                on_text(piece)
        text = "".join(pieces)
        is_cut = len(pieces) == max_tokens
        # A real model writes its calls after the text, so that a cut one has none.
        calls = () if is_cut else turn.calls
        return Completion(
            text=text,
            finish_reason="length" if is_cut else "tool_calls" if calls else "stop",
            input_tokens=self.count(endpoint, messages, tools),
            output_tokens=_tokens(text) + sum(_tokens(call.name + call.arguments) for call in calls),
            cost_usd=Decimal(0),
            model=endpoint.model_name,
            duration_ms=ms_since(started),
            first_text_ms=first_text_ms,
            tool_calls=calls,
            body={"role": "assistant", "content": text} | _calls_of_body(calls),
        )

    def count(self, endpoint: Endpoint, messages: Sequence[Message], tools: Sequence[ToolDefinition] = ()) -> int:
        return 4 * len(messages) + sum(_tokens(text) for text in chat_format.texts(messages, tools))

    def price(self, endpoint: Endpoint) -> Price | None:
        return Price(Decimal(0), Decimal(0))

    def window(self, endpoint: Endpoint) -> Window:
        return Window(
            context=endpoint.context_window or WINDOW.context,
            max_output=endpoint.max_output_tokens or WINDOW.max_output,
        )

    def check(self, endpoint: Endpoint, timeout_seconds: float = 15) -> Check:
        return check_endpoint(self, endpoint, timeout_seconds)

    def check_tools(self, endpoint: Endpoint, timeout_seconds: float = 15) -> bool | None:
        """True: see `demo_scripts`."""
        return True


def _calls_of_body(calls: Sequence[ToolCall]) -> dict[str, Any]:
    return {"tool_calls": [chat_format.call(one) for one in calls]} if calls else {}


def _fail_if_requested(model_name: str) -> None:
    if model_name == "demo-fail":
        raise ModelFailure(FailureReason.PROVIDER_ERROR, "The demo model demo-fail fails on purpose, every time.")
    if model_name == "demo-refuse":
        raise ModelFailure(FailureReason.CONTENT_REFUSED, "The demo model demo-refuse refuses on purpose, every time.")


def _delay(model_name: str) -> float:
    return delay_seconds * SLOW_FACTOR if model_name == "demo-slow" else delay_seconds


def _pieces(text: str, max_tokens: int) -> Iterator[str]:
    """Words with the space after them, at most max_tokens of them."""
    for number, word in enumerate(re.finditer(r"\S+\s*", text)):
        if number == max_tokens:
            return
        yield word[0]


def _tokens(text: str) -> int:
    return -(-len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN)

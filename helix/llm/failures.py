"""Classifies failed calls: from the provider's response or a network error to a ModelFailure.

The status, the headers and the error code of the response decide. litellm's exception is used only when there was no
response, because it names the same error differently for each provider. The provider's text is matched here and not
passed on, because it may contain keys or the prompt.
"""

import json
import re
import ssl
from typing import Any

import httpx

from helix.llm import retry_after
from helix.llm.interface import Endpoint, ModelFailure
from helix.llm.transport import Connection
from helix.models.vocabulary import FailureReason as Reason
from helix.outgoing import AddressRefused, GuardError, TimeIsUp, TooMuch

# What a model did whose answer cannot be used, for `unusable`.
REPEATING = (
    "repeated the same text over and over, and was stopped. "
    "Change the task or the agent's prompt, or use another model."
)
NOT_OFFERED = (
    "asked to call a tool, but it was offered none. "
    "Use another model, or change the agent's prompt so that it asks for text alone."
)
CUT_CALL = (
    "reached the limit of its output in the middle of a tool call, which was not made. "
    "Raise the agent's maximum output tokens, or ask for less at once."
)
TOO_MUCH = "sent far more text than it was asked for, and was stopped."

_CONTEXT = re.compile(
    r"context_length|context length|context window|context size|prompt is too long|input is too long|too many tokens"
    r"|maximum (number of )?tokens|input token count|reduce the length|string_above_max_length"
)
_CONTENT = re.compile(
    r"content_policy|content policy|content_filter|content filter|responsibleai|moderation|safety system"
    r"|usage polic|flagged"
)
_CREDIT = re.compile(r"insufficient_quota|insufficient_balance|credit balance|insufficient (credits|balance)|billing")
# LiteLLM's proxy: the budget of a key, a team or a user.
_BUDGET = re.compile(r"budget_exceeded|budget has been exceeded|exceeded ?budget|crossed budget|over budget")
_KEY = re.compile(
    r"invalid_api_key|api_key_invalid|api key not valid|invalid x-api-key|authentication[_ ]error|no api key passed in"
    r"|invalid proxy server token|token_not_found_in_db|invalid user key"
)
# The proxy's answer to any key but its master key, if it has no database.
_NO_DATABASE = re.compile(r"no connected db|no_db_connection")
_NOT_ALLOWED = re.compile(r"(not allowed to|can only) access models?|model_access_denied")
_MODEL = re.compile(
    r"model_not_found|model.{0,80}(does not exist|not found|not exist|unknown)|unknown model|invalid model( name)?"
)
_NO_DEPLOYMENT = re.compile(r"no deployments? available|no healthy deployments?")
# OpenAI, Ollama, OpenRouter, vLLM and llama.cpp, to a request with tools.
_NO_TOOLS = re.compile(
    r"(not|n't) support(ed)?( the)?( use of)? (tools|tool[ _]use|tool[ _]call|tool[ _]choice|function[ _]call)"
    r"|(tools?|tool use|tool calling|function calling)['\"`]? (is|are) not supported"
    r"|unsupported parameter: ['\"]?tools|no endpoints found that support tool use|enable-auto-tool-choice"
    r"|tools param requires --jinja"
)
_TRY_AGAIN_IN = re.compile(r"try again in (\d{1,6}(?:\.\d+)?) ?s")
_RATE = re.compile(r"rate_limit|rate limit|too many requests|resource_exhausted")


def of_status(endpoint: Endpoint, connection: Connection) -> ModelFailure:
    """For a response with a status of 400 or more."""
    return _classify(
        endpoint, connection.status or 0, _words(connection.error_body), retry_after.seconds(connection.headers)
    )


def of_stream_error(endpoint: Endpoint, error: dict[str, Any]) -> ModelFailure:
    """For an error object in a stream that began with a successful status."""
    code = error.get("code", error.get("status"))
    status = code if isinstance(code, int) and 400 <= code < 600 else 0
    return _classify(endpoint, status, json.dumps(error).lower(), None)


def _classify(endpoint: Endpoint, status: int, words: str, wait: float | None) -> ModelFailure:
    name, model = endpoint.provider_label, endpoint.model_name
    if status == 402 or (_CREDIT.search(words) and status in (0, 400, 403, 429)):
        return ModelFailure(
            Reason.KEY_REFUSED,
            f"The account at {name} has no credit left. Add credit there, or use another model.",
            provider_wide=True,
        )
    if _BUDGET.search(words) and status in (0, 400, 401, 403, 422, 429):
        return ModelFailure(
            Reason.KEY_REFUSED,
            f"The budget of this key at {name} is used up. Raise it there, or use another model.",
            provider_wide=True,
        )
    if _NO_DEPLOYMENT.search(words) and status in (0, 400, 404, 429, 500, 503):
        return ModelFailure(
            Reason.PROVIDER_ERROR,
            f"{name} has no server free for the model {model}: all failed or are at their limit. Try again later.",
            retry_after=wait or _wait_in_text(words),
            provider_wide=True,
        )
    if _NOT_ALLOWED.search(words) and status in (0, 400, 401, 403):
        return ModelFailure(
            Reason.KEY_REFUSED, f"This key may not use the model {model} at {name}. Allow it there, or use another key."
        )
    if _NO_DATABASE.search(words) and status in (0, 400, 401, 403, 500):
        return ModelFailure(
            Reason.KEY_REFUSED,
            f"{name} does not know this key. It is a proxy without a database, and accepts only its master key. "
            "Enter that one in the model's settings.",
        )
    if _NO_TOOLS.search(words) and status in (0, 400, 404, 422, 500, 501):
        return ModelFailure(
            Reason.PROVIDER_ERROR,
            f"The model {model} of {name} cannot use tools. Use another model for this agent, or take its tools away.",
            healable=False,
            no_tools=True,
        )
    if status == 413 or (status in (0, 400, 422, 500) and _CONTEXT.search(words)):
        return ModelFailure(
            Reason.CONTEXT_TOO_LONG,
            f"The prompt is longer than {model} can take. Shorten the task, or use a model with a larger window.",
        )
    if status in (0, 400, 403, 422) and _CONTENT.search(words):
        return ModelFailure(Reason.CONTENT_REFUSED, f"{name} refused to answer because of the prompt's content.")
    if status in (401, 403) or (status in (0, 400) and _KEY.search(words)):
        return ModelFailure(Reason.KEY_REFUSED, f"{name} refused the key. Enter a valid one in the model's settings.")
    if status == 404 or (status in (0, 400, 422) and _MODEL.search(words)):
        return ModelFailure(
            Reason.MODEL_UNKNOWN,
            f"{name} does not know the model {model}. Check its name and address in the model's settings.",
        )
    if status == 429 or (status == 0 and _RATE.search(words)):
        return ModelFailure(
            Reason.RATE_LIMITED,
            f"{name} allows no more calls for now: the limit of {model} is reached. Wait a little.",
            retry_after=wait,
            provider_wide=True,
        )
    if status == 408:
        return ModelFailure(Reason.TIMED_OUT, f"{name} gave up waiting. Try again.", retry_after=wait)
    if status >= 500 or status == 0:
        detail = f" (status {status})" if status else ""
        return ModelFailure(
            Reason.PROVIDER_ERROR,
            f"{name} reported an error of its own{detail}. Try again later.",
            retry_after=wait,
            provider_wide=True,
        )
    return ModelFailure(
        Reason.PROVIDER_ERROR,
        f"{name} rejected the request (status {status}). Check the model's settings.",
        healable=False,
    )


def of_network(
    endpoint: Endpoint, connection: Connection, failure: Exception, seconds: float, idle_seconds: float | None = None
) -> ModelFailure:
    """For a network error."""
    place = connection.host or endpoint.provider_label
    if isinstance(failure, httpx.ReadTimeout) and idle_seconds is not None:
        return idle(endpoint, idle_seconds)
    if isinstance(failure, TimeIsUp) or (
        isinstance(failure, httpx.TimeoutException) and not isinstance(failure, httpx.ConnectTimeout)
    ):
        return timed_out(endpoint, seconds)
    if isinstance(failure, AddressRefused):
        return ModelFailure(
            Reason.HOST_UNREACHABLE, f"{place} is not called. {failure} Check the model's address.", healable=False
        )
    if isinstance(failure, TooMuch):
        return unusable(endpoint, TOO_MUCH)
    if isinstance(failure, GuardError):
        return ModelFailure(Reason.HOST_UNREACHABLE, f"{place} cannot be used. {failure}", healable=False)
    if _is_certificate(failure):
        return ModelFailure(
            Reason.HOST_UNREACHABLE, f"The certificate of {place} is not valid. Check the model's address.",
            healable=False,
        )  # fmt: skip
    if isinstance(failure, httpx.ConnectError | httpx.ConnectTimeout):
        return ModelFailure(
            Reason.HOST_UNREACHABLE,
            f"{place} could not be reached. Check the model's address, and that it is up.",
            provider_wide=True,
        )
    if isinstance(failure, httpx.UnsupportedProtocol | httpx.InvalidURL):
        return ModelFailure(
            Reason.HOST_UNREACHABLE, "The model's address is no http or https address. Correct it.", healable=False
        )
    return ModelFailure(Reason.PROVIDER_ERROR, f"{place} ended the connection. Try again.")


def timed_out(endpoint: Endpoint, seconds: float) -> ModelFailure:
    return ModelFailure(Reason.TIMED_OUT, f"{endpoint.model_name} did not finish within {seconds:g} seconds.")


def idle(endpoint: Endpoint, seconds: float) -> ModelFailure:
    return ModelFailure(Reason.TIMED_OUT, f"{endpoint.model_name} sent nothing for {seconds:g} seconds.")


def unusable(endpoint: Endpoint, what_it_did: str) -> ModelFailure:
    """For an answer that another attempt would not improve: one of the texts at the top."""
    return ModelFailure(Reason.PROVIDER_ERROR, f"{endpoint.model_name} {what_it_did}", healable=False)


def unreadable_call(endpoint: Endpoint) -> ModelFailure:
    return ModelFailure(
        Reason.PROVIDER_ERROR, f"{endpoint.model_name} wrote a tool call that cannot be read. Try again."
    )


def _words(body: bytes) -> str:
    """The error in lower case; empty for an HTML page, whose text says nothing about the error."""
    text = body.decode("utf-8", "replace").strip().lower()
    return "" if text.startswith("<") else text


def _wait_in_text(words: str) -> float | None:
    match = _TRY_AGAIN_IN.search(words)
    return float(match[1]) if match else None


def _is_certificate(failure: BaseException | None) -> bool:
    while failure is not None:
        if isinstance(failure, ssl.SSLCertVerificationError):
            return True
        failure = failure.__cause__ or failure.__context__
    return False

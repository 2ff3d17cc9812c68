"""How a call ended: its failure, finish reason and usage, from the raw response rather than from litellm."""

from collections.abc import Callable
from typing import NamedTuple

import httpx

from helix.llm import failures
from helix.llm.answer_message import AnswerMessage
from helix.llm.finish_reason import BAD_CALL, LENGTH, OTHER, REFUSED, TOOL_CALLS
from helix.llm.interface import Endpoint, ModelFailure
from helix.llm.transport import Connection
from helix.models.vocabulary import FailureReason
from helix.text.cleaning import is_blank

# A reported number of input tokens is accepted up to _FACTOR times our count plus _MARGIN: tokenizers differ, and chat
# templates add some.
_FACTOR, _MARGIN = 2, 1_000
# Fewer bytes per token than any language has on average: up to this number, nothing needs to be counted.
_BYTES_PER_TOKEN = 3


def failure(
    endpoint: Endpoint, connection: Connection, raised: Exception, seconds: float, idle_seconds: float | None
) -> ModelFailure:
    if connection.failure is not None:
        return failures.of_network(endpoint, connection, connection.failure, seconds, idle_seconds)
    if connection.status is not None and connection.status >= 400:
        return failures.of_status(endpoint, connection)
    if connection.reader.error is not None:
        return failures.of_stream_error(endpoint, connection.reader.error)
    if connection.status is not None:
        return ModelFailure(
            FailureReason.PROVIDER_ERROR, f"{endpoint.provider_label} sent an answer that cannot be read. Try again."
        )
    return _never_sent(endpoint, raised)


def _never_sent(endpoint: Endpoint, raised: Exception) -> ModelFailure:
    """litellm did not send a request: something is missing or wrong in the model's settings."""
    if isinstance(raised, httpx.UnsupportedProtocol | httpx.InvalidURL) or isinstance(
        raised.__cause__, httpx.UnsupportedProtocol | httpx.InvalidURL
    ):
        message = "The model's address is no http or https address. Correct it in the model's settings."
        return ModelFailure(FailureReason.HOST_UNREACHABLE, message, healable=False)
    if getattr(raised, "status_code", None) in (401, 403) or not endpoint.api_key:
        message = f"{endpoint.provider_label} needs a key. Enter one in the model's settings."
        return ModelFailure(FailureReason.KEY_REFUSED, message)
    message = f"The model {endpoint.model_name} of {endpoint.provider_label} cannot be called. Check its settings."
    return ModelFailure(FailureReason.MODEL_UNKNOWN, message)


def finish_reason(endpoint: Endpoint, connection: Connection, text: str, message: AnswerMessage, *, tools: bool) -> str:
    """`stop`, `length` or `tool_calls`. Raises ModelFailure for an answer that is not usable.

    `tools`: the model was offered some.
    """
    reader = connection.reader
    if reader.error is not None:
        raise failures.of_stream_error(endpoint, reader.error)
    if reader.finish == REFUSED:
        raise ModelFailure(FailureReason.CONTENT_REFUSED, f"{endpoint.model_name} refused to answer this.")
    if reader.finish is None:
        begun = text or message.has_calls
        what = "ended the connection before the answer was complete" if begun else "sent no answer that can be read"
        raise ModelFailure(FailureReason.PROVIDER_ERROR, f"{endpoint.provider_label} {what}. Try again.")
    if not tools:
        wants_tools = connection.normalizer.requested_tools or message.has_calls
        if reader.finish in (TOOL_CALLS, BAD_CALL) or (wants_tools and is_blank(text)):
            raise failures.unusable(endpoint, failures.NOT_OFFERED)
    elif message.has_calls or reader.finish in (TOOL_CALLS, BAD_CALL):
        return _finish_of_calls(endpoint, reader.finish, message)
    if reader.finish == OTHER:
        raise ModelFailure(FailureReason.PROVIDER_ERROR, f"{endpoint.model_name} ended in an unknown way. Try again.")
    if is_blank(text):
        words = "used up its output on thinking" if reader.finish == LENGTH else "gave an empty answer"
        raise ModelFailure(FailureReason.PROVIDER_ERROR, f"{endpoint.model_name} {words}. Try again.")
    return reader.finish


def _finish_of_calls(endpoint: Endpoint, finish: str, message: AnswerMessage) -> str:
    """Many servers finish with `stop` after a call, too."""
    if finish == LENGTH and message.has_unfinished_call:
        raise failures.unusable(endpoint, failures.CUT_CALL)
    if finish in (BAD_CALL, OTHER) or message.has_nameless_call or not message.has_calls:
        raise failures.unreadable_call(endpoint)
    return LENGTH if finish == LENGTH else TOOL_CALLS


class Usage(NamedTuple):
    """`cached_tokens` were read from the provider's cache, `written_tokens` put into it: parts of `input_tokens`.

    `estimated`: at least one number is our own count, since the provider's was missing or implausible.
    """

    input_tokens: int
    output_tokens: int
    cached_tokens: int
    written_tokens: int
    estimated: bool


def input_tokens(reported: int | None, size: int, count: Callable[[], int]) -> tuple[int, bool]:
    """The tokens of a prompt of `size` bytes, and whether they are an estimate. `count` counts them, which is slow."""
    if reported is not None and reported <= size // _BYTES_PER_TOKEN:
        return reported, False
    counted = count()
    if reported is None or reported > counted * _FACTOR + _MARGIN:
        return counted, True
    return reported, False


def output_tokens(reported: int | None, limit: int, count: Callable[[], int]) -> tuple[int, bool]:
    """The tokens of an answer that was allowed `limit` of them, and whether they are an estimate."""
    if reported is None:
        return count(), True
    return (limit, True) if reported > limit else (reported, False)

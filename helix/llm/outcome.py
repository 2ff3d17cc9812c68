"""How a call ended: its failure, finish reason and usage, from the raw response rather than from litellm."""

from collections.abc import Callable
from typing import NamedTuple

import httpx

from helix.llm import failures
from helix.llm.finish_reason import LENGTH, OTHER, REFUSED
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


def finish_reason(endpoint: Endpoint, connection: Connection, text: str) -> str:
    """The provider's finish reason, `stop` or `length`. Raises ModelFailure for an answer that is not usable."""
    reader = connection.reader
    if reader.error is not None:
        raise failures.of_stream_error(endpoint, reader.error)
    if reader.finish == REFUSED:
        raise ModelFailure(FailureReason.CONTENT_REFUSED, f"{endpoint.model_name} refused to answer this.")
    if reader.finish is None:
        what = "ended the connection before the answer was complete" if text else "sent no answer that can be read"
        raise ModelFailure(FailureReason.PROVIDER_ERROR, f"{endpoint.provider_label} {what}. Try again.")
    if reader.requested_tools or (connection.normalizer.requested_tools and is_blank(text)):
        raise ModelFailure(
            FailureReason.PROVIDER_ERROR,
            f"{endpoint.model_name} asked to call a tool, but it was offered none. Use another model, or change the "
            "agent's prompt so that it asks for text alone.",
            healable=False,
        )
    if reader.finish == OTHER:
        raise ModelFailure(FailureReason.PROVIDER_ERROR, f"{endpoint.model_name} ended in an unknown way. Try again.")
    if is_blank(text):
        words = "used up its output on thinking" if reader.finish == LENGTH else "gave an empty answer"
        raise ModelFailure(FailureReason.PROVIDER_ERROR, f"{endpoint.model_name} {words}. Try again.")
    return reader.finish


class Usage(NamedTuple):
    """`estimated`: at least one number is our own count, since the provider's was missing or implausible."""

    input_tokens: int
    output_tokens: int
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

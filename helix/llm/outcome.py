"""How a call ended: what the wire saw, against what litellm made of it."""

import httpx

from helix.llm import failures, finish_reason
from helix.llm.interface import Endpoint, ModelFailure
from helix.llm.transport import Wire
from helix.models.vocabulary import FailureReason
from helix.text.cleaning import is_blank


def failure(
    endpoint: Endpoint, line: Wire, raised: Exception, seconds: float, idle_seconds: float | None
) -> ModelFailure:
    if line.failure is not None:
        return failures.of_network(endpoint, line, line.failure, seconds, idle_seconds)
    if line.status is not None and line.status >= 400:
        return failures.of_status(endpoint, line)
    if line.reader.error is not None:
        return failures.of_stream_error(endpoint, line.reader.error)
    if line.status is not None:
        return ModelFailure(
            FailureReason.PROVIDER_ERROR, f"{endpoint.spoken_provider} sent an answer that cannot be read. Try again."
        )
    return _never_sent(endpoint, raised)


def _never_sent(endpoint: Endpoint, raised: Exception) -> ModelFailure:
    """litellm did not get as far as calling: something is missing or wrong in the model's settings."""
    if isinstance(raised, httpx.UnsupportedProtocol | httpx.InvalidURL) or isinstance(
        raised.__cause__, httpx.UnsupportedProtocol | httpx.InvalidURL
    ):
        message = "The model's address is no http or https address. Correct it in the model's settings."
        return ModelFailure(FailureReason.HOST_UNREACHABLE, message, healable=False)
    if getattr(raised, "status_code", None) in (401, 403) or not endpoint.api_key:
        message = f"{endpoint.spoken_provider} needs a key. Enter one in the model's settings."
        return ModelFailure(FailureReason.KEY_REFUSED, message)
    message = f"The model {endpoint.model_name} of {endpoint.spoken_provider} cannot be called. Check its settings."
    return ModelFailure(FailureReason.MODEL_UNKNOWN, message)


def provider_finish(endpoint: Endpoint, line: Wire, text: str) -> str:
    """The provider's finish reason, `stop` or `length`. Raises for everything that only looks like a success."""
    reader = line.reader
    if reader.error is not None:
        raise failures.of_stream_error(endpoint, reader.error)
    if reader.finish == finish_reason.REFUSED:
        raise ModelFailure(FailureReason.CONTENT_REFUSED, f"{endpoint.model_name} refused to answer this.")
    if reader.finish is None:
        what = "broke off before the answer was finished" if text else "sent no answer that can be read"
        raise ModelFailure(FailureReason.PROVIDER_ERROR, f"{endpoint.spoken_provider} {what}. Try again.")
    if reader.asked_tools or (line.plain.asked_tools and is_blank(text)):
        raise ModelFailure(
            FailureReason.PROVIDER_ERROR,
            f"{endpoint.model_name} asked to call a tool, but it was offered none. Use another model, or change the "
            "agent's prompt so that it asks for text alone.",
            healable=False,
        )
    if reader.finish == finish_reason.OTHER:
        raise ModelFailure(FailureReason.PROVIDER_ERROR, f"{endpoint.model_name} ended in an unknown way. Try again.")
    if is_blank(text):
        words = "used up its output on thinking" if reader.finish == finish_reason.LENGTH else "gave an empty answer"
        raise ModelFailure(FailureReason.PROVIDER_ERROR, f"{endpoint.model_name} {words}. Try again.")
    return reader.finish

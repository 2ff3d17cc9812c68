from collections.abc import Callable, Iterator

import pytest

from helix import llm
from tests.support.model_server import ModelServer

KEY = "sk-canary-1234567890"
PROMPT = (llm.Message("system", "You are Sierra."), llm.Message("user", "Say hello."))


@pytest.fixture(scope="session")
def server() -> Iterator[ModelServer]:
    llm.preload()
    with ModelServer() as running:
        yield running


@pytest.fixture(params=["custom", "anthropic"])
def endpoint(request, server) -> Callable[..., llm.Endpoint]:
    """A model of the test server, by the name of its behaviour, in the shapes of both OpenAI and Anthropic."""
    base_url = {"custom": server.openai_url, "anthropic": server.url}[request.param]

    def of(model_name: str, **changes) -> llm.Endpoint:
        options = {"base_url": base_url, "api_key": KEY, "allow_private_addresses": True} | changes
        return llm.Endpoint(request.param, model_name, **options)

    return of


def ask(endpoint: llm.Endpoint, **options) -> llm.Completion:
    options = {"max_tokens": 100, "timeout_seconds": 10} | options
    return llm.for_endpoint(endpoint).complete(endpoint, PROMPT, **options)


def failure_of(endpoint: llm.Endpoint, **options) -> llm.ModelFailure:
    with pytest.raises(llm.ModelFailure) as caught:
        ask(endpoint, **options)
    return caught.value

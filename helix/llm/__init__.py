"""Clients for language models behind one small interface.

    client = llm.for_endpoint(endpoint)
    answer = client.complete(endpoint, messages, max_tokens=2000, timeout_seconds=300, on_text=publish)

`Endpoint` says which model to call and how, `Completion` is a complete answer with its tokens and cost, and every other
outcome raises `ModelFailure` with a `FailureReason`. There are two clients: `demo`, which needs no network, and
litellm, which supports every provider. `llm.search_web` asks a search engine, through litellm as well.

litellm takes seconds and hundreds of megabytes to import, so this package imports it with the first call, or in
`preload()`, which a worker calls once before it forks. The web process does neither.
"""

from helix.llm.clients import for_endpoint, preload, search_web
from helix.llm.interface import (
    Check,
    Completion,
    Endpoint,
    Message,
    ModelClient,
    ModelFailure,
    Price,
    ToolCall,
    ToolDefinition,
    Window,
)
from helix.llm.providers import DEMO, PROVIDERS, Provider
from helix.llm.web_search import (
    SEARCH_PROVIDERS,
    SEARXNG,
    SearchEngine,
    SearchFailed,
    SearchHit,
    SearchProvider,
    SearchResults,
)

__all__ = [
    "DEMO",
    "PROVIDERS",
    "SEARCH_PROVIDERS",
    "SEARXNG",
    "Check",
    "Completion",
    "Endpoint",
    "Message",
    "ModelClient",
    "ModelFailure",
    "Price",
    "Provider",
    "SearchEngine",
    "SearchFailed",
    "SearchHit",
    "SearchProvider",
    "SearchResults",
    "ToolCall",
    "ToolDefinition",
    "Window",
    "for_endpoint",
    "preload",
    "search_web",
]

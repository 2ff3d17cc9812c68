"""Which client serves an endpoint."""

from helix.llm.demo import DemoClient
from helix.llm.interface import Endpoint, ModelClient
from helix.llm.litellm_client import LitellmClient
from helix.llm.providers import DEMO
from helix.llm.web_search import SearchEngine, SearchResults

_demo = DemoClient()
_litellm = LitellmClient()


def for_endpoint(endpoint: Endpoint) -> ModelClient:
    return _demo if endpoint.provider == DEMO else _litellm


def search_web(engine: SearchEngine, query: str, *, timeout_seconds: float = 20) -> SearchResults:
    """Ask a search engine, once. Raises SearchFailed. In a worker only: it loads litellm."""
    return _litellm.search_web(engine, query, timeout_seconds)


def preload() -> None:
    """Import litellm now (2 to 3 s, 160 MB), so that forked processes share its memory."""
    _litellm.preload()

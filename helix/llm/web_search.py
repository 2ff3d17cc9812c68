"""Searching the web through a search engine: an engine and a query go in, hits or a SearchFailed come out."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import httpx

from helix.errors import HelixError
from helix.llm.stream_text import KeyRedactor
from helix.llm.transport import Connection
from helix.outgoing import AddressRefused, GuardError, TimeIsUp
from helix.text.cleaning import clean

MOST_HITS = 10
# Characters.
LONGEST_TITLE, LONGEST_ADDRESS, LONGEST_SNIPPET = 200, 2000, 600
SEARXNG = "searxng"
_SEARXNG_FORMATS = "A SearXNG server must list json under search.formats in its settings.yml."


@dataclass(frozen=True, slots=True)
class SearchProvider:
    """`name` is litellm's. Those that need a key are at addresses of their own."""

    name: str
    label: str
    needs_key: bool = True
    needs_url: bool = False


# Those of litellm that need nothing but one key or one address.
SEARCH_PROVIDERS = (
    SearchProvider(SEARXNG, "SearXNG, on a server of yours", needs_key=False, needs_url=True),
    SearchProvider("brave", "Brave Search"),
    SearchProvider("tavily", "Tavily"),
    SearchProvider("exa_ai", "Exa"),
    SearchProvider("perplexity", "Perplexity"),
    SearchProvider("serper", "Serper (Google)"),
    SearchProvider("linkup", "Linkup"),
    SearchProvider("parallel_ai", "Parallel"),
)
LABELS = {provider.name: provider.label.partition(",")[0] for provider in SEARCH_PROVIDERS}


@dataclass(frozen=True, slots=True)
class SearchEngine:
    """Where queries go. `url` is for SearXNG; the others have their own."""

    provider: str
    url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    allow_private_addresses: bool = False

    @property
    def label(self) -> str:
        return LABELS.get(self.provider, self.provider)


@dataclass(frozen=True, slots=True)
class SearchHit:
    """Each is one line, cleaned and cut. `url` is http or https."""

    title: str
    url: str
    snippet: str


@dataclass(frozen=True, slots=True)
class SearchResults:
    """At most MOST_HITS, best first. `cost_usd` is None when nobody knows the price."""

    hits: tuple[SearchHit, ...]
    cost_usd: Decimal | None


class SearchFailed(HelixError):
    """The message is a sentence for people and models, without keys and without the text of the search engine."""

    status = 502
    default = "The web could not be searched."


def results(engine: SearchEngine, response: Any) -> SearchResults:
    """litellm's SearchResponse as plain values: hits without a usable address are left out."""
    hits = [_hit(engine, result) for result in response.results]
    cost = response.hidden_params.get("response_cost")
    # Through str, because the float 0.008 is not exactly that decimal.
    return SearchResults(
        tuple(hit for hit in hits if hit is not None)[:MOST_HITS], None if cost is None else Decimal(str(cost))
    )


def failure(engine: SearchEngine, connection: Connection) -> SearchFailed:
    """Why a search failed: from the response or the network error, as litellm names them differently everywhere."""
    name, problem, status = engine.label, connection.failure, connection.status
    if isinstance(problem, AddressRefused):
        return SearchFailed(f"{connection.host} is not asked. {problem}")
    if isinstance(problem, TimeIsUp | httpx.TimeoutException):
        return timed_out(engine)
    if isinstance(problem, GuardError):
        return SearchFailed(f"{name} cannot be used. {problem}")
    if problem is not None:
        return SearchFailed(f"{name} could not be reached at {connection.host}.")
    if status in (401, 403):
        more = f" {_SEARXNG_FORMATS}" if engine.provider == SEARXNG else " Enter a valid key in the settings."
        return SearchFailed(f"{name} refused the search.{more}")
    if status == 402:
        return SearchFailed(f"The account at {name} has no credit left.")
    if status == 429:
        return SearchFailed(f"{name} allows no more searches for now. Try again later.")
    if status is not None and status >= 400:
        return SearchFailed(f"{name} could not search (status {status}).")
    if status is not None:
        more = f" {_SEARXNG_FORMATS}" if engine.provider == SEARXNG else ""
        return SearchFailed(f"{name} sent an answer that cannot be read.{more}")
    return SearchFailed(f"{name} cannot be asked. Check its address and its key in the settings.")


def timed_out(engine: SearchEngine) -> SearchFailed:
    return SearchFailed(f"{engine.label} did not answer in time.")


def _hit(engine: SearchEngine, result: Any) -> SearchHit | None:
    url = str(result.url or "")
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.netloc or len(url) > LONGEST_ADDRESS or url != clean(url):
        return None
    if any(letter.isspace() for letter in url):
        return None
    title, snippet = (_line(engine, text) for text in (result.title, result.snippet))
    return SearchHit(_cut(title, LONGEST_TITLE) or url, url, _cut(snippet, LONGEST_SNIPPET))


def _line(engine: SearchEngine, text: object) -> str:
    redactor = KeyRedactor(engine.api_key)
    line = " ".join(clean(str(text or "")).split())
    return redactor.feed(line) + redactor.flush()


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"

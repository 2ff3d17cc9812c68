"""web_fetch and web_search: pages of the public web, as text, and where they are.

The address of a page is judged in three places: `address_is_known` decides whether a person is asked first, `_judge`
checks scheme, port and host before each request, and helix/outgoing checks the address that is really connected to.
"""

import re
from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit

import httpx

from helix import __version__, llm
from helix.crypto.secrets import KeyMissing
from helix.db.transaction import end_reading
from helix.errors import Invalid
from helix.outgoing import GuardError, Limits, guarded_client
from helix.services import settings, url_validation
from helix.services import web_search as search_settings
from helix.services.tools.context import ToolContext, ToolFailed, ToolResult
from helix.text import web_page
from helix.text.encodings import decoded

LIMITS = Limits(seconds=15, bytes=1_000_000)
MAX_REDIRECTS = 3
SEARCH_SECONDS = 20
PORTS = frozenset({80, 443})
# Never private ones, whatever the installation allows for models and webhooks. Tests serve their pages on this machine.
ALLOW_PRIVATE = False
MARKUP = {"text/html", "application/xhtml+xml"}
TEXTS = {"text/plain", "text/markdown", "text/x-markdown", "application/json"}
HEADERS = {
    "User-Agent": f"HELIX-Mission-Control/{__version__}",
    "Accept": "text/html, text/markdown, text/plain, application/json",
}
_ADDRESS = re.compile(r"https?://[^\s<>\"'`\\|{}^]+", re.IGNORECASE)
# Of Python's other codecs, some are no encodings of pages, and some take quadratic time.
_CHARSET = re.compile(
    r"utf-?(?:8|16)|us-ascii|iso-8859-\d+|windows-\d+|shift_jis|euc-(?:jp|kr)|gbk|gb2312|gb18030|big5|koi8-[ru]", re.I
)
# Characters that end a sentence or a bracket around an address and are rarely part of it.
_CLOSING = ".,;:!?)]*_~"


def web_fetch(context: ToolContext, url: str) -> ToolResult:
    """Follows at most three redirects, each judged like the first address. 15 seconds and 1 MB in all."""
    try:
        with guarded_client(LIMITS, allow_private=ALLOW_PRIVATE, return_redirects=True, headers=HEADERS) as client:
            address = url
            for _step in range(MAX_REDIRECTS + 1):
                _judge(address, context.hosts)
                with client.stream("GET", address) as response:
                    if not response.has_redirect_location:
                        return ToolResult(_text(response, address), brings_untrusted=True)
                    address = urljoin(address, response.headers["Location"])
                # Each request is a stranger to the server: nothing is carried from one page to the next.
                client.cookies.clear()
    except GuardError as refused:
        raise ToolFailed(f"{url} cannot be read: {refused}") from refused
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:  # ValueError: no address can be made of it
        raise ToolFailed(f"{url} could not be read: {error or type(error).__name__}") from error
    raise ToolFailed(f"{url} redirects more than {MAX_REDIRECTS} times.")


def web_search(_context: ToolContext, query: str) -> ToolResult:
    """The query is not repeated in the result: an address in it must not count as known."""
    try:
        engine = search_settings.engine(settings.organization())
    except KeyMissing:
        raise ToolFailed("The key of the search engine cannot be opened. An admin has to enter it again.") from None
    # The call takes seconds, and no transaction may stay open for it.
    end_reading()
    if engine is None:
        raise ToolFailed("The web cannot be searched: no search engine is set up.")
    try:
        found = llm.search_web(engine, query, timeout_seconds=SEARCH_SECONDS)
    except llm.SearchFailed as failure:
        raise ToolFailed(failure.message) from failure
    hits = [f"{number}. {hit.title}\n{hit.url}\n{hit.snippet}".rstrip() for number, hit in enumerate(found.hits, 1)]
    text = "\n\n".join(hits) or "Nothing was found. Try other words."
    return ToolResult(text, brings_untrusted=True, cost_usd=found.cost_usd)


def address_is_known(url: str, texts: Iterable[str]) -> bool:
    """Whether this very address occurs in one of the texts, up to what follows a #.

    It has to occur as it is, with its path and query: an agent that was misled could put private data into an address
    of its own. So the texts must not be the agent's own either, see known_texts.py.
    """
    wanted = _comparable(url)
    return wanted is not None and any(
        wanted in (_comparable(found), _comparable(found.rstrip(_CLOSING)))
        for text in texts
        for found in _ADDRESS.findall(text)
    )


def host_of(url: str) -> str | None:
    """The host of an address, in lower case; None when there is none."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _comparable(url: str) -> tuple[str, str, str, str] | None:
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    return parts.scheme.lower(), parts.netloc.lower(), parts.path or "/", parts.query


def _judge(address: str, hosts: frozenset[str]) -> None:
    """Raises ToolFailed for an address that is not asked."""
    try:
        parts = url_validation.validate_url(
            address, "url", allow_private=ALLOW_PRIVATE, example="https://example.com/page"
        )
    except Invalid as error:
        raise ToolFailed(f"{address[:500]}: {error}") from error
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if port not in PORTS:
        raise ToolFailed(f"{address[:500]}: only the ports 80 and 443 are asked.")
    if hosts and (parts.hostname or "").lower() not in hosts:
        raise ToolFailed(f"{address[:500]}: this agent may not read pages of {parts.hostname}.")


def _text(response: httpx.Response, address: str) -> str:
    if not response.is_success:
        raise ToolFailed(f"{address[:500]} answered {response.status_code} {response.reason_phrase}.")
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind not in MARKUP | TEXTS:
        raise ToolFailed(f"{address[:500]} is {kind or 'of no named type'}, and only pages and texts can be read.")
    content = response.read()
    text = _decoded(content, response.charset_encoding)
    if text is None:
        raise ToolFailed(f"{address[:500]} is no text in an encoding that is known.")
    shown = web_page.extract(text, address) if kind in MARKUP else text
    if shown is None:
        raise ToolFailed(f"{address[:500]} is too complex to be read.")
    return f"{address}\n\n{shown}" if shown.strip() else f"{address}\n\n(The page has no text.)"


def _decoded(content: bytes, charset: str | None) -> str | None:
    if charset and _CHARSET.fullmatch(charset):
        try:
            return content.decode(charset)
        except (LookupError, UnicodeDecodeError):
            pass  # the server is wrong about it: detect the encoding
    return decoded(content)

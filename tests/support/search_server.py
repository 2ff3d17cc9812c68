"""A search engine on this machine: SearXNG, and the others of litellm in their own shapes, by the path asked for.

with SearchServer() as server:
    server.hits = [{"title": "Towels", "url": "https://example.com/towels", "content": "A shop"}]
    ... llm.SearchEngine("searxng", server.url) ...
    server.asked[-1].args["q"]
"""

import json
import re
import time
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

HITS = [
    {"title": f"Towels {number}", "url": f"https://example.com/towels/{number}", "content": f"Shop number {number}"}
    for number in range(1, 4)
]


class SearchServer:
    """`status` and `body`, if set, are answered in place of `hits`, after `delay` seconds.

    `asked` are the requests so far.
    """

    def __init__(self) -> None:
        self.hits: list[dict[str, Any]] = list(HITS)
        self.status = 200
        self.body: bytes | None = None
        self.headers: dict[str, str] = {}
        self.delay = 0.0
        self.asked: list[Request] = []
        self._http = HTTPServer(host="127.0.0.1")

    def __enter__(self) -> "SearchServer":
        self._http.start()
        self._http.expect_request(re.compile(".*")).respond_with_handler(self._answer)
        return self

    def __exit__(self, *_: object) -> None:
        self._http.stop()

    @property
    def url(self) -> str:
        return self._http.url_for("").rstrip("/")

    def _answer(self, request: Request) -> Response:
        request.get_data()
        self.asked.append(request)
        time.sleep(self.delay)
        if self.body is not None or self.status != 200:
            return Response(self.body or b"", status=self.status, headers=self.headers)
        return Response(json.dumps(self._shaped(request)), mimetype="application/json")

    def _shaped(self, request: Request) -> dict[str, Any]:
        """As Brave (a request with `count`) or as SearXNG and Tavily write their hits."""
        if "count" in request.args:
            return {"web": {"results": [hit | {"description": hit.get("content", "")} for hit in self.hits]}}
        return {"query": request.args.get("q", ""), "results": self.hits}

"""Filters the messages of servers before the package `mcp` reads them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import mcp_types as types
from mcp.shared.message import SessionMessage
from mcp_types.methods import validate_server_result
from pydantic import ValidationError

from helix.mcp import definitions
from helix.mcp.incident import Incident

# Requests of a server in one call, such as for a model's answer, which are refused.
_MAX_REQUESTS = 200


@asynccontextmanager
async def filtered(
    transport: Any, incident: Incident, version: Callable[[], str | None]
) -> AsyncIterator[tuple[Any, Any]]:
    """The streams of a transport, the incoming one filtered. `version` is of the protocol, once it is known."""
    async with transport as (incoming, outgoing):
        yield _Incoming(incoming, incident, version), outgoing


class _Incoming:
    """What comes from a server, without what nobody reads: each notification would become a task.

    `version` is of the protocol, once it is known.
    """

    def __init__(self, stream: Any, incident: Incident, version: Callable[[], str | None]) -> None:
        self._stream = stream
        self._incident = incident
        self._version = version

    async def receive(self) -> Any:
        while True:
            item = await self._stream.receive()
            if self._is_wanted(item):
                self._replace_broken_tools(item.message)
                return item

    def _is_wanted(self, item: Any) -> bool:
        if not isinstance(item, SessionMessage):
            return False
        message = item.message
        if isinstance(message, types.JSONRPCRequest):
            self._incident.requests += 1
            if self._incident.requests > _MAX_REQUESTS:
                self._incident.say(f"The server sent more than {_MAX_REQUESTS} requests of its own.")
                raise anyio.ClosedResourceError
        return not isinstance(message, types.JSONRPCNotification) or message.method == "notifications/cancelled"

    def _replace_broken_tools(self, message: Any) -> None:
        """One broken definition would make the whole list invalid."""
        version = self._version()
        if not isinstance(message, types.JSONRPCResponse) or version is None:
            return
        tools = message.result.get("tools")
        if isinstance(tools, list):
            message.result["tools"] = [
                tool if _is_valid(message.result | {"tools": [tool]}, version) else definitions.stand_in(tool)
                for tool in tools[: definitions.MAX_TOOLS + 1]
            ]

    def __aiter__(self) -> "_Incoming":
        return self

    async def __anext__(self) -> Any:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def __aenter__(self) -> "_Incoming":
        return self

    async def __aexit__(self, *_: Any) -> None:
        await self.aclose()


def _is_valid(page: dict[str, Any], version: str) -> bool:
    try:
        validate_server_result("tools/list", version, page)
        types.ListToolsResult.model_validate(page, by_name=False)
    except ValidationError:
        return False
    return True

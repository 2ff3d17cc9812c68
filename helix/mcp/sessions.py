"""What services call, from the main thread: it waits while the event loop works."""

from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any

from helix.mcp import event_loop
from helix.mcp.interface import CallResult, Elicitation, McpFailed, ProcessLimits, Server, ServerTool

if TYPE_CHECKING:
    from helix.mcp.client import Connection

# The limits of the work itself come first.
_GRACE_SECONDS = 12


def preload() -> None:
    """Import the package `mcp` now (1.2 s, 21 MB), so that forked processes share its memory. Starts no thread."""
    import helix.mcp.client  # noqa: F401
    from helix.outgoing import load_certificates

    load_certificates()


def list_tools(server: Server, *, processes: ProcessLimits = ProcessLimits()) -> list[ServerTool]:
    """Connect, read the definitions of all tools, close. Raises McpFailed."""
    with Sessions(processes) as sessions:
        connection = sessions.connection(server)
        return _wait(connection.list_tools, server)


class Sessions:
    """The sessions of one run with its servers. None is opened before its first call."""

    def __init__(self, processes: ProcessLimits = ProcessLimits()) -> None:
        self._processes = processes
        self._connections: dict[str, Connection] = {}

    def call(
        self,
        server: Server,
        tool: str,
        arguments: dict[str, Any],
        *,
        state: dict[str, Any] | None = None,
        answer: dict[str, Any] | None = None,
    ) -> CallResult | Elicitation:
        """Call a tool. `state` is that of an Elicitation before, and `answer` {"action", "content"} of a person.

        Raises McpFailed. An exception that a signal handler raises meanwhile cancels the call and goes on.
        """
        connection = self.connection(server)
        was_open = connection.is_open
        try:
            return _wait(partial(connection.call, tool, arguments, state, answer), server)
        except McpFailed:
            # A server forgets sessions, and refuses calls in them: it has not executed this one.
            if not (was_open and connection.has_lost_its_session):
                raise
        connection = self.connection(server)
        return _wait(partial(connection.call, tool, arguments, state, answer), server)

    def connection(self, server: Server) -> "Connection":
        """The open session with the server, or a new one."""
        from helix.mcp.client import Connection

        found = self._connections.get(server.slug)
        if found is not None:
            if found.is_usable and found.fits(server):
                return found
            self._close([found])
        connection = self._connections[server.slug] = Connection(server, self._processes)
        event_loop.spawn(connection.host)
        return connection

    def running(self) -> int:
        """How many programs of servers run now."""
        return sum(connection.is_running_a_program for connection in self._connections.values())

    def close(self) -> None:
        """End all sessions and programs. Idempotent."""
        connections, self._connections = list(self._connections.values()), {}
        self._close(connections)

    def _close(self, connections: "list[Connection]") -> None:
        if not connections:
            return
        from helix.mcp.client import close_all

        try:
            event_loop.run(partial(close_all, connections), seconds=_GRACE_SECONDS)
        except event_loop.Unresponsive:
            pass  # what matters comes now
        finally:
            for connection in connections:
                connection.kill()

    def __enter__(self) -> "Sessions":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _wait(function: Any, server: Server) -> Any:
    try:
        return event_loop.run(function, seconds=server.timeout_seconds + _GRACE_SECONDS)
    except event_loop.Unresponsive:
        words = f"The server did not answer within {server.timeout_seconds:g} seconds."
        raise McpFailed(words, is_uncertain=True) from None

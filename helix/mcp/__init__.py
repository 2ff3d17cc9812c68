"""A client of MCP servers, over HTTP and as programs of the host.

    helix.mcp.list_tools(server)                          # connects, reads the definitions, closes
    with helix.mcp.Sessions() as sessions:                # of one run
        sessions.call(server, "find_customer", {...})     # connects at the first call

The package `mcp` is imported by the functions that use it, and never in a web process: it costs 15 MB and its servers
are slow or hostile. What they return is untrusted text.
"""

from helix.mcp.interface import (
    AuthorizationRequired,
    CallResult,
    Elicitation,
    HttpServer,
    McpFailed,
    ProcessLimits,
    Server,
    ServerTool,
    StdioServer,
)
from helix.mcp.processes import why_no_sandbox
from helix.mcp.sessions import Sessions, list_tools, preload

__all__ = [
    "AuthorizationRequired",
    "CallResult",
    "Elicitation",
    "HttpServer",
    "McpFailed",
    "ProcessLimits",
    "Server",
    "ServerTool",
    "Sessions",
    "StdioServer",
    "list_tools",
    "preload",
    "why_no_sandbox",
]

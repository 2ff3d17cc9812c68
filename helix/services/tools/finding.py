"""find_tools: for a model that has more tools than it is offered."""

from collections import Counter

from helix.services.tools import grants
from helix.services.tools.context import ToolContext, ToolResult
from helix.services.tools.offered import find, listing


def find_tools(context: ToolContext, query: str) -> ToolResult:
    granted = grants.granted(context.agent_id)
    found = find(granted, query)
    if found:
        return ToolResult(f"From your next turn on you can call these:\n{listing(found)}")
    sources = Counter(tool.source.title for tool in granted)
    named = ", ".join(f"{title} ({count})" for title, count in sources.items())
    return ToolResult(f"No tool has any of these words. Your tools come from: {named}. Try other words.")

"""Tools of agents: the built-in ones, where others come from, what is granted to whom, and executing a call.

Whether a call is executed is decided by `helix.policies.tools`; the loop of a run is in `helix.services.runs`.
"""

from helix.services.tools import known_texts, sources
from helix.services.tools.arguments import check_arguments
from helix.services.tools.context import MAX_RESULT_BYTES, ToolContext, ToolResult
from helix.services.tools.execute import is_transactional, run_builtin, stored_content
from helix.services.tools.files import StoredContent, saved_as
from helix.services.tools.grants import (
    Grant,
    GrantedTool,
    Reach,
    ToolDefinition,
    definition,
    granted,
    of_agent,
    offered_name,
    reach,
    serialize_granted,
    serialize_reach,
    set_grants,
    shown_for,
)
from helix.services.tools.lookup import accept, get, serialize, tools
from helix.services.tools.registry import sync_builtin
from helix.services.tools.tasks import is_tainted
from helix.services.tools.web import address_is_known, host_of

__all__ = [
    "MAX_RESULT_BYTES",
    "Grant",
    "GrantedTool",
    "Reach",
    "StoredContent",
    "ToolContext",
    "ToolDefinition",
    "ToolResult",
    "accept",
    "address_is_known",
    "check_arguments",
    "definition",
    "get",
    "granted",
    "host_of",
    "is_tainted",
    "is_transactional",
    "known_texts",
    "of_agent",
    "offered_name",
    "reach",
    "run_builtin",
    "saved_as",
    "serialize",
    "serialize_granted",
    "serialize_reach",
    "set_grants",
    "shown_for",
    "sources",
    "stored_content",
    "sync_builtin",
    "tools",
]

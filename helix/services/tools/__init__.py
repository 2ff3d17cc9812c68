"""Tools of agents: the built-in ones, where others come from, what is granted to whom, and executing a call.

Whether a call is executed is decided by `helix.policies.tools`; the loop of a run is in `helix.services.runs`.
"""

from helix.services.tools import known_texts, sources
from helix.services.tools.arguments import check_arguments
from helix.services.tools.context import MAX_RESULT_BYTES, ToolContext, ToolFailed, ToolResult
from helix.services.tools.definitions import CREATE_SUBTASK, FIND_TOOLS, HAND_IN, REPORT_NOTHING
from helix.services.tools.execute import is_transactional, provide, run_builtin, stored_content
from helix.services.tools.files import StoredContent, saved_as
from helix.services.tools.grants import (
    Grant,
    GrantedTool,
    Reach,
    ToolDefinition,
    definition,
    granted,
    of_agent,
    of_call,
    offered_name,
    reach,
    serialize_granted,
    serialize_reach,
    set_grants,
    shown_for,
)
from helix.services.tools.lookup import (
    DEFINITION,
    FACTS,
    Acceptance,
    AgentGrant,
    accept,
    accept_many,
    get,
    grants_of,
    of_source,
    offered_hash,
    serialize,
    serialize_many,
    switch_off,
    tools,
)
from helix.services.tools.oauth import CALLBACK_PATH as OAUTH_CALLBACK_PATH
from helix.services.tools.oauth import connect, disconnect
from helix.services.tools.oauth import finish as finish_connecting
from helix.services.tools.offered import offered
from helix.services.tools.registry import sync_builtin
from helix.services.tools.server import of as server_of
from helix.services.tools.server import process_limits
from helix.services.tools.server import use as use_server
from helix.services.tools.server_definitions import JOB as REFRESH_JOB
from helix.services.tools.server_definitions import changed_count, enqueue_due, refresh, refresh_now, suggested_facts
from helix.services.tools.tasks import is_tainted
from helix.services.tools.tools_file import sync as sync_tools_file
from helix.services.tools.web import address_is_known, host_of

__all__ = [
    "CREATE_SUBTASK",
    "DEFINITION",
    "FACTS",
    "FIND_TOOLS",
    "HAND_IN",
    "MAX_RESULT_BYTES",
    "OAUTH_CALLBACK_PATH",
    "REFRESH_JOB",
    "REPORT_NOTHING",
    "Acceptance",
    "AgentGrant",
    "Grant",
    "GrantedTool",
    "Reach",
    "StoredContent",
    "ToolContext",
    "ToolDefinition",
    "ToolFailed",
    "ToolResult",
    "accept",
    "accept_many",
    "address_is_known",
    "changed_count",
    "check_arguments",
    "connect",
    "definition",
    "disconnect",
    "enqueue_due",
    "finish_connecting",
    "get",
    "granted",
    "grants_of",
    "host_of",
    "is_tainted",
    "is_transactional",
    "known_texts",
    "of_agent",
    "of_call",
    "of_source",
    "offered",
    "offered_hash",
    "offered_name",
    "process_limits",
    "provide",
    "reach",
    "refresh",
    "refresh_now",
    "run_builtin",
    "saved_as",
    "serialize",
    "serialize_granted",
    "serialize_many",
    "serialize_reach",
    "server_of",
    "set_grants",
    "shown_for",
    "sources",
    "stored_content",
    "suggested_facts",
    "switch_off",
    "sync_builtin",
    "sync_tools_file",
    "tools",
    "use_server",
]

from typing import Any

from helix.api.blueprint import actor, array_response, no_content, paginate, signed_in_blueprint
from helix.errors import HelixError, Invalid
from helix.models import Tool, ToolSource
from helix.schemas.common import Error, Paging
from helix.schemas.tool import (
    AcceptancesIn,
    AcceptedList,
    AcceptIn,
    ConnectIn,
    ConnectOut,
    RefreshOut,
    SourceIn,
    SourceList,
    SourceOut,
    SourcePatch,
    SourcePath,
    ToolList,
    ToolOut,
    ToolPath,
)
from helix.services import tools
from helix.services.tools import sources

blueprint = signed_in_blueprint("tools", "Tools", "/api/tools")
BLUEPRINTS = (blueprint,)


@blueprint.get("/", responses={200: ToolList})
def index(query: Paging) -> Any:
    """Every tool, the built-in ones first."""
    found = tools.tools()
    return array_response(tools.serialize_many(paginate(found, query)), len(found), query)


@blueprint.get("/<int:tool_id>", responses={200: ToolOut})
def show(path: ToolPath) -> Any:
    """One tool, with what its source says now if that has changed."""
    return _tool(tools.get(path.tool_id))


@blueprint.post("/<int:tool_id>/accept", responses={200: ToolOut})
def accept(path: ToolPath, body: AcceptIn) -> Any:
    """Confirm what a server says about a tool, and the facts about it. For admins."""
    return _tool(tools.accept(actor(), path.tool_id, definition=body.definition, **body.facts()))


@blueprint.post("/accept", responses={200: AcceptedList})
def accept_many(body: AcceptancesIn) -> Any:
    """Accept several. Each has an outcome of its own: one that is refused keeps no other from counting. For admins."""
    wanted = [tools.Acceptance(one.id, one.definition, one.facts()) for one in body.tools]
    return {"results": [_outcome(*one) for one in tools.accept_many(actor(), wanted)]}


@blueprint.post("/<int:tool_id>/off", responses={200: ToolOut})
def switch_off(path: ToolPath) -> Any:
    """Take a tool of a server away from all agents: its default becomes off, and its grants end. For admins."""
    return _tool(tools.switch_off(actor(), path.tool_id))


@blueprint.get("/sources/", responses={200: SourceList})
def index_of_sources(query: Paging) -> Any:
    """Where tools come from. For admins."""
    found = sources.sources(actor())
    return array_response(sources.serialize_many(paginate(found, query)), len(found), query)


@blueprint.post("/sources/", responses={201: SourceOut})
def create_source(body: SourceIn) -> Any:
    """Add an MCP server with an address. For admins, and not with an API token."""
    return _shown(sources.create(actor(), **body.model_dump())), 201


@blueprint.get("/sources/<int:source_id>", responses={200: SourceOut})
def show_source(path: SourcePath) -> Any:
    """One source, without its secret. For admins."""
    return _shown(sources.get(actor(), path.source_id))


@blueprint.patch("/sources/<int:source_id>", responses={200: SourceOut})
def edit_source(path: SourcePath, body: SourcePatch) -> Any:
    """Change the fields that are sent. An API token cannot change where a secret goes. For admins."""
    return _shown(sources.edit(actor(), path.source_id, body.changes()))


@blueprint.delete("/sources/<int:source_id>", responses={204: None})
def delete_source(path: SourcePath) -> Any:
    """Delete a server, its tools and what was granted of them. For admins."""
    sources.delete(actor(), path.source_id)
    return no_content()


@blueprint.post("/sources/<int:source_id>/refresh", responses={200: RefreshOut, 503: Error})
def refresh_source(path: SourcePath) -> Any:
    """Ask the server for its tools now. A server that cannot be used is no error: see `success`. For admins."""
    found = tools.refresh(actor(), path.source_id)
    return found | {"source": _shown(sources.get(actor(), path.source_id))}


@blueprint.post("/sources/<int:source_id>/connect", responses={200: ConnectOut})
def connect_source(path: SourcePath, body: ConnectIn) -> Any:
    """Begin to connect a server by OAuth: who begins it opens the address. For admins, and not with an API token."""
    begun = tools.connect(actor(), path.source_id, **body.changes())
    return {"address": begun.address}


@blueprint.delete("/sources/<int:source_id>/connect", responses={200: SourceOut})
def disconnect_source(path: SourcePath) -> Any:
    """Forget the tokens of a server. For admins."""
    return _shown(tools.disconnect(actor(), path.source_id))


def _shown(source: ToolSource) -> dict[str, Any]:
    return sources.serialize_many([source])[0]


def _tool(found: tuple[Tool, ToolSource]) -> dict[str, Any]:
    return tools.serialize_many([found])[0]


def _outcome(tool_id: int, error: HelixError | None) -> dict[str, Any]:
    return {
        "id": tool_id,
        "status": error.status if error else 200,
        "detail": error.problems if isinstance(error, Invalid) else error.message if error else None,
        "tool": None if error else _tool(tools.get(tool_id)),
    }

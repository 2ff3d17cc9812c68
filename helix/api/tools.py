from typing import Any

from helix.api.blueprint import actor, array_response, no_content, paginate, signed_in_blueprint
from helix.models import ToolSource
from helix.schemas.common import Paging
from helix.schemas.tool import (
    AcceptIn,
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
    return array_response([tools.serialize(*one) for one in paginate(found, query)], len(found), query)


@blueprint.get("/<int:tool_id>", responses={200: ToolOut})
def show(path: ToolPath) -> Any:
    """One tool, with what its source says now if that has changed."""
    return tools.serialize(*tools.get(path.tool_id))


@blueprint.post("/<int:tool_id>/accept", responses={200: ToolOut})
def accept(path: ToolPath, body: AcceptIn) -> Any:
    """Confirm what a server says about a tool, and the facts about it. For admins."""
    return tools.serialize(*tools.accept(actor(), path.tool_id, definition=body.definition, **body.facts()))


@blueprint.get("/sources/", responses={200: SourceList})
def index_of_sources(query: Paging) -> Any:
    """Where tools come from. For admins."""
    found = sources.sources(actor())
    counts = sources.tool_counts(found)
    shown = [sources.serialize(source, counts.get(source.id, 0)) for source in paginate(found, query)]
    return array_response(shown, len(found), query)


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


def _shown(source: ToolSource) -> dict[str, Any]:
    return sources.serialize(source, sources.tool_counts([source]).get(source.id, 0))

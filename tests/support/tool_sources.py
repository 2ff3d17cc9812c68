"""Sources of tools for tests, made as an admin makes them."""

from typing import Any

from helix.models import ToolSource, User
from helix.schemas.tool import SourceIn
from helix.services.tools import sources
from tests.support.people import as_actor


def add_source(admin: User, **fields: Any) -> ToolSource:
    wanted = {"slug": "crm", "title": "CRM", "url": "https://mcp.example.com/mcp"} | fields
    return sources.create(as_actor(admin), **SourceIn.model_validate(wanted).model_dump())

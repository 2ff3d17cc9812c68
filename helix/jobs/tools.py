"""Jobs of quick workers about sources of tools."""

from typing import Any

from helix.jobs.context import in_app
from helix.services import tools


@in_app
def refresh(source_id: int) -> dict[str, Any]:
    """Ask a server for its tools and store what it says. Returns `success`, `message`, and names by what happened."""
    return tools.refresh_now(source_id)

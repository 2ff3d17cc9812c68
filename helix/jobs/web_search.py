"""Jobs of quick workers about the web search."""

from typing import Any

from helix.jobs.context import in_app
from helix.services import settings, web_search


@in_app
def check() -> dict[str, Any]:
    """Search the web once with the engine of the settings. Returns `success`, `message` and `latency_ms`."""
    return web_search.check(settings.organization())

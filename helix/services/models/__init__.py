"""AI models: their configuration, API keys and connection tests."""

from helix.services.models.check import check, test
from helix.services.models.lookup import (
    agents_by_model,
    default_model,
    endpoint_of,
    get,
    models,
    serialize,
    supports_tools,
)
from helix.services.models.write import create, delete, edit, replace_demo_default, set_default

__all__ = [
    "agents_by_model",
    "check",
    "create",
    "default_model",
    "delete",
    "edit",
    "endpoint_of",
    "get",
    "models",
    "replace_demo_default",
    "serialize",
    "set_default",
    "supports_tools",
    "test",
]

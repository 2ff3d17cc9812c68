"""AI models: their configuration, API keys and connection tests."""

from helix.services.models.check import check, test
from helix.services.models.lookup import agents_by_model, endpoint_of, get, models, serialize
from helix.services.models.write import create, delete, edit, set_default

__all__ = [
    "agents_by_model",
    "check",
    "create",
    "delete",
    "edit",
    "endpoint_of",
    "get",
    "models",
    "serialize",
    "set_default",
    "test",
]

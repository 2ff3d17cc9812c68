"""Jobs of quick workers about AI models."""

from typing import Any

from helix.jobs.context import in_app
from helix.services import models


@in_app
def check(model_id: int) -> dict[str, Any]:
    """Test a model with two short calls. Returns `success`, `message` and `latency_ms`."""
    return models.check(model_id)

"""What the web process asks of a quick worker about AI models."""

from typing import Any

from helix.jobs.context import in_app
from helix.services import models


@in_app
def check(model_id: int) -> dict[str, Any]:
    """One tiny call to the model: `success`, `message`, `latency_ms`."""
    return models.check(model_id)

from typing import Any

from helix.api.blueprint import public_blueprint
from helix.schemas.gateway import HealthOut
from helix.services import monitoring

blueprint = public_blueprint("health", "Health", "/api/health")
BLUEPRINTS = (blueprint,)


@blueprint.get("/", responses={200: HealthOut, 503: HealthOut})
def health() -> Any:
    """Whether the installation works. Needs no authentication."""
    state = monitoring.health()
    return state, 200 if state["database"] == "ok" else 503

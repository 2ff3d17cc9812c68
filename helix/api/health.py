from typing import Any

from helix.api.blueprint import public_section
from helix.schemas.gateway import HealthOut
from helix.services import gateway

door = public_section("health", "Health", "/api/health")
DOORS = (door,)


@door.get("/", responses={200: HealthOut, 503: HealthOut})
def health() -> Any:
    """Whether the installation works. Needs no sign-in."""
    state = gateway.health()
    return state, 200 if state["database"] == "ok" else 503

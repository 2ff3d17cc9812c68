from typing import Literal

from helix.schemas.common import Out


class GatewayOut(Out):
    connected: bool
    pending_tasks: int
    agent_count: int
    workers: int
    oldest_queued_seconds: int | None


class HealthOut(Out):
    status: Literal["ok", "degraded"]
    database: Literal["ok", "away"]
    queue: Literal["ok", "away"]
    workers: int
    workers_starting: int
    version: str

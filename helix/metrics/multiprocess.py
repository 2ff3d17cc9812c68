"""The directory in which the web processes of one server share their metrics."""

import os
from pathlib import Path

ENV_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def directory_for(data_dir: Path, port: int) -> Path:
    """The directory for a server. One per port, so that servers with the same data directory stay separate."""
    return data_dir / "metrics" / str(port)


def prepare_directory(place: Path) -> None:
    """Create or empty the directory. Call it before prometheus_client is imported."""
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in place.glob("*.db"):
        left.unlink(missing_ok=True)
    os.environ[ENV_VARIABLE] = str(place)


def mark_process_dead(pid: int) -> None:
    """Remove the gauges of an ended process; its counters stay."""
    if ENV_VARIABLE in os.environ:
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(pid)

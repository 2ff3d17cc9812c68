"""The folder in which the web processes of one server keep their counts."""

import os
from pathlib import Path

ENV_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def directory_for(data_dir: Path, port: int) -> Path:
    """One for each server: two that share a data folder must not count each other's answers."""
    return data_dir / "metrics" / str(port)


def prepare_directory(place: Path) -> None:
    """Make it, empty: the counts of an earlier start are over. To be called before prometheus_client is imported."""
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in place.glob("*.db"):
        left.unlink(missing_ok=True)
    os.environ[ENV_VARIABLE] = str(place)


def mark_process_dead(pid: int) -> None:
    """A process is gone, and with it what it had open; what it has counted stays."""
    if ENV_VARIABLE in os.environ:
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(pid)

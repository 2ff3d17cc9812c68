from pathlib import Path

import pytest

from tests.supervisor.installation import Installation


@pytest.fixture
def start(tmp_path):
    """Start an installation: `start(parts={"name": "python text"}, EMBEDDED_REDIS="system")`."""
    started: list[Installation] = []

    def _start(folder: Path | None = None, **more) -> Installation:
        log = tmp_path / f"log-{len(started)}.txt"
        started.append(Installation(folder or tmp_path / "data", log, **more))
        return started[-1]

    yield _start
    for installation in started:
        installation.end()

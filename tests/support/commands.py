"""Runs the `helix` command as a separate process."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess

ROOT = Path(__file__).parents[2]


def helix(environment: Mapping[str, str], *arguments: str, given: str | None = None) -> CompletedProcess[str]:
    """Waits until it ends; `environment` replaces the whole environment."""
    return subprocess.run(
        [sys.executable, "-m", "helix", *arguments],
        cwd=ROOT,
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=120,
        input=given,
        check=False,
    )

"""The `helix` command as a process of its own: with nothing loaded but what it loads by itself."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess

ROOT = Path(__file__).parents[2]


def helix(environment: Mapping[str, str], *arguments: str, given: str | None = None) -> CompletedProcess[str]:
    """Run it to its end, in exactly this environment."""
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

"""Real servers of tools: packages of PyPI and npm, installed once into a folder for all checkouts of this user.

The packages of PyPI need an older `mcp` than HELIX, so they have a virtual environment of their own.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PYTHON = (
    "mcp-server-time==2026.10.10",
    "mcp-server-fetch==2026.10.10",
    "mcp-server-git==2026.10.10",
    "mcp-server-sqlite==2025.4.25",
    "mcp==1.30.0",
)
NODE = (
    "@modelcontextprotocol/server-everything@2026.8.31",
    "@modelcontextprotocol/server-filesystem@2026.8.31",
    "@modelcontextprotocol/server-memory@2026.8.31",
)
NPM_INSTALL = ("npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")


class NotInstalled(Exception):
    """The message is the last line of what the installer said."""


@dataclass(frozen=True)
class Servers:
    """Where the servers are. Programs must be able to read `folder`."""

    folder: Path

    def python(self, name: str) -> str:
        return str(self.folder / "python" / "bin" / name)

    def node(self, name: str) -> str:
        return str(self.folder / "node" / "node_modules" / ".bin" / name)


def installed() -> Servers:
    """The servers, which the first caller installs. Raises NotInstalled."""
    versions = hashlib.sha256(repr((PYTHON, NODE, NPM_INSTALL, sys.version_info[:2])).encode()).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "helix-tests" / f"mcp-servers-{versions}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # parallel workers of pytest-xdist, and other checkouts
        for part, install in (("python", _python), ("node", _node)):
            if not (folder / f"{part}-installed").exists():
                shutil.rmtree(folder / part, ignore_errors=True)
                install(folder / part)
                (folder / f"{part}-installed").touch()
    return Servers(folder)


def _python(folder: Path) -> None:
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.exists() else shutil.which("uv")
    python = str(folder / "bin" / "python")
    _run([sys.executable, "-m", "venv", *(["--without-pip"] if uv else []), str(folder)])
    installer = [uv, "pip", "install", "--python", python] if uv else [python, "-m", "pip", "install"]
    _run([*installer, "--quiet", *PYTHON])
    # mcp-server-fetch would install these in its first call: slowly, and by halves when the call is cut off.
    for readability in folder.glob("lib/python*/site-packages/readabilipy/javascript"):
        _run([*NPM_INSTALL, "--prefix", str(readability)])


def _node(folder: Path) -> None:
    folder.mkdir()
    _run([*NPM_INSTALL, "--prefix", str(folder), *NODE])


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalled(str(error)) from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["nothing"]
        raise NotInstalled(f"{command[0]}: {said[-1]}")

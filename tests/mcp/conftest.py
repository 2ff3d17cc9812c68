"""Servers of tools that misbehave, over stdio and HTTP, and sessions with them."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from helix import mcp
from tests.support import mcp_servers, nasty_mcp_server
from tests.support.nasty_mcp_server import NEW, OLD, NastyHttpServer

ROOT = Path(__file__).parents[2]
SCRIPT = str(Path(nasty_mcp_server.__file__))


@pytest.fixture(scope="session")
def real() -> mcp_servers.Servers:
    """Servers from PyPI and npm. Skips where they cannot be installed, but never in CI."""
    try:
        return mcp_servers.installed()
    except mcp_servers.NotInstalled as reason:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"the tool servers cannot be installed: {reason}")


@pytest.fixture
def limits(tmp_path: Path) -> mcp.ProcessLimits:
    return mcp.ProcessLimits(folder=tmp_path / "programs")


@pytest.fixture
def sessions(limits: mcp.ProcessLimits) -> Iterator[mcp.Sessions]:
    with mcp.Sessions(limits) as sessions:
        yield sessions


def program(*options: str, **others) -> mcp.StdioServer:
    """The nasty server as a program."""
    arguments = ("-S", SCRIPT, *options)
    # Interpreter and script may be in a folder that programs do not see.
    folders = (str(ROOT), *others.pop("folders", ()))
    return mcp.StdioServer("nasty", sys.executable, arguments, folders=folders, **{"timeout_seconds": 30} | others)


@pytest.fixture
def nasty_http() -> Iterator[Callable[..., NastyHttpServer]]:
    """Start nasty servers with an address: `nasty_http(protocol=NEW)`."""
    running = []

    def start(**options) -> NastyHttpServer:
        running.append(NastyHttpServer(**options).__enter__())
        return running[-1]

    yield start
    for server in running:
        server.__exit__()


def at(server: NastyHttpServer, **others) -> mcp.HttpServer:
    return mcp.HttpServer("nasty", server.url, **{"allow_private": True, "timeout_seconds": 30} | others)


@pytest.fixture(params=[f"{way}-{protocol}" for way in ("stdio", "http") for protocol in (OLD, NEW)])
def nasty(request, nasty_http) -> Callable[..., mcp.Server]:
    """The nasty server in each way and protocol: `nasty()`, `nasty(timeout_seconds=1)`."""
    way, _, protocol = request.param.partition("-")

    def make(**options) -> mcp.Server:
        server_options = {name: options.pop(name) for name in ("start", "tools") if name in options}
        if way == "http":
            return at(nasty_http(protocol=protocol, **server_options), **options)
        words = [word for name, value in server_options.items() for word in (f"--{name}", value)]
        return program("--protocol", protocol, *words, **options)

    make.way, make.protocol = way, protocol  # type: ignore[attr-defined]
    return make

"""Importing the package of the client does not import `mcp`: web processes do, through the services."""

import subprocess
import sys

from helix import mcp

FOREIGN = {"mcp", "mcp_types", "httpx2", "httpcore2", "starlette", "uvicorn"}


def test_importing_the_package_and_making_sessions_does_not_import_mcp():
    program = "import sys; from helix import mcp; mcp.Sessions().close(); mcp.ProcessLimits(); print(*sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )

    assert {name.partition(".")[0] for name in done.stdout.split()}.isdisjoint(FOREIGN)


def test_secrets_do_not_show_in_the_text_of_a_server():
    servers = [
        mcp.HttpServer("a", "https://example.com", {"Authorization": "canary"}),
        mcp.StdioServer("b", "program", environment={"TOKEN": "canary"}),
    ]

    assert "canary" not in repr(servers) + str(servers)

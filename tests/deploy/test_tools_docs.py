"""Runs the shell blocks of docs/tools.md that add MCP servers, with the paths of a temporary folder."""

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.commands import ROOT
from tests.support.installation import EMAIL, PASSWORD, Installation
from tests.support.waiting import free_port, wait_for

pytestmark = pytest.mark.any_database

PAGE = (ROOT / "docs" / "tools.md").read_text()
SECTION = PAGE[PAGE.index("## Adding MCP servers") : PAGE.index("## Waiting for people")]
PROGRAMS, ADDRESSES = re.findall(r"^```bash\n(.*?)^```", SECTION, re.M | re.S)
(WEATHER,) = re.findall(r"^```python\n(.*?)^```", SECTION, re.M | re.S)


@pytest.fixture(scope="module")
def host(pytestconfig):
    """A folder that replaces /opt and /etc, with the commands of the page in `bin`.

    In pytest's cache: programs of tool servers do not see /tmp, and what was installed once need not be again.
    """
    folder = Path(pytestconfig.cache.mkdir("tools_docs"))
    (folder / "bin").mkdir(exist_ok=True)
    for name, command in (("python", ""), ("helix", "-m helix")):
        path = folder / "bin" / name
        path.write_text(f'#!/bin/sh\nexec {sys.executable} {command} "$@"\n')
        path.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def installation(host, tmp_path_factory):
    """The first two commands are executed; the third one is what an Installation does with the same TOOLS_FILE."""
    install, write, run = _here(PROGRAMS, host).strip().splitlines()
    try:
        _shell(install, host)
    except AssertionError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"mcp-server-time could not be installed: {str(error).strip().splitlines()[-1]}")
    _shell(write, host)
    variable, value = run.split()[0].split("=")
    assert run.endswith("helix run")
    with Installation(tmp_path_factory.mktemp("data"), SEED_DEMO="0", RUN_WORKERS="1", **{variable: value}) as found:
        found.start("web", "worker")
        yield found


def _here(block, host):
    return block.replace("/opt/", f"{host}/").replace("/etc/", f"{host}/")


def _shell(commands, host, **environment):
    done = subprocess.run(
        ["bash", "-euc", commands],
        cwd=host,
        env=os.environ | {"PATH": f"{host}/bin:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_program_of_the_host_is_there_after_the_commands(installation):
    with installation.client() as admin:
        (source,) = [one for one in admin.get("/tools/sources/").json() if one["kind"] == "mcp_stdio"]
        found = admin.post(f"/tools/sources/{source['id']}/refresh", timeout=60).json()

    assert found["success"], found["message"]
    assert sorted(found["new"]) == ["time__convert_time", "time__get_current_time"]


def test_a_server_with_an_address_is_there_after_the_commands(installation, host):
    port = free_port()
    (host / "weather.py").write_text(WEATHER.replace("8090", str(port)))
    start, add, refresh = ADDRESSES.replace("8090", str(port)).strip().splitlines()
    signed_in = httpx.post(f"{installation.address}/api/auth/login", data={"username": EMAIL, "password": PASSWORD})
    token = signed_in.json()["access_token"]
    with subprocess.Popen(
        ["bash", "-c", start.removesuffix(" &")],
        cwd=host,
        env=os.environ | {"PATH": f"{host}/bin:{os.environ['PATH']}"},
    ) as server:
        try:
            wait_for(lambda: httpx.get(f"http://127.0.0.1:{port}/mcp"), 60, what="weather.py")
            said = _shell(f"{add}\n{refresh}", host, HELIX=installation.address, TOKEN=token)
        finally:
            server.kill()

    assert '"weather__forecast"' in said
    assert '"success":true' in said.replace(" ", "")

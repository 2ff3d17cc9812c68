"""Runs the shell blocks of docs/operations.md, with the paths of a temporary folder.

What needs root or systemd is stood in for: users are not made, owners are not set, and units are started as processes.
"""

import os
import re
import shutil
import subprocess

import httpx
import psutil
import pytest

from tests.support import backing_services
from tests.support.commands import ROOT
from tests.support.waiting import free_port, wait_for

BLOCK = re.compile(r"^```bash\n(.*?)^```", re.M | re.S)
# Without the owner and the group, which only root can give.
INSTALL = """\
given=
while [ $# -gt 0 ]; do
    case "$1" in -o | -g) shift 2 ;; *) given="$given $1"; shift ;; esac
done
exec REAL_INSTALL $given
"""
SYSTEMCTL = """\
[ "$1" = enable ] || exit 0
shift 2
for unit in "$@"; do
    command=$(sed -n 's/^ExecStart=.* -m helix //p' UNITS/"$unit".service)
    BIN/helix $command >>LOG 2>&1 &
    echo $! >>PIDS
done
"""


class Machine:
    """A folder that replaces the machine's root, and the servers that the page requires."""

    def __init__(self, folder, production, drill):
        self.folder = folder
        self.port = free_port()
        self._servers = {"helix": production, "helix_drill": drill}
        for name in ("bin", "etc", "units", "var"):
            (folder / name).mkdir()
        self._stand_in("useradd", "exit 0\n")
        self._stand_in("install", INSTALL.replace("REAL_INSTALL", shutil.which("install")))
        places = {"UNITS": "units", "BIN": "bin", "LOG": "log", "PIDS": "pids"}
        self._stand_in("systemctl", re.sub("|".join(places), lambda found: str(folder / places[found[0]]), SYSTEMCTL))

    def _stand_in(self, name, script):
        path = self.folder / "bin" / name
        path.write_text(f"#!/bin/sh\nset -e\n{script}")
        path.chmod(0o755)

    def here(self, block):
        """The block with this machine's paths and servers."""
        places = {
            "/etc/systemd/system": self.folder / "units",
            "/usr/local/bin": self.folder / "bin",
            "/opt/helix/scripts/install": "true",
            "/opt/helix": ROOT,
            "/var/lib": self.folder / "var",
            "/backups": self.folder / "backups",
            "/etc": self.folder / "etc",
        }
        block = re.sub(r"(?:(?<=file://)|(?<![\w:/]))/[\w.-][\w./-]*", lambda found: _moved(found[0], places), block)
        servers = self._servers["helix_drill" if "helix_drill" in block else "helix"]
        for name in ("DATABASE_URL", "REDIS_URL"):
            block = re.sub(rf"^{name}=.*$", f"{name}={servers.get(name, '')}", block, flags=re.M)
        # Whether this machine's packages and address are as the page wants them is not what this is about.
        return block.replace("helix doctor", "helix doctor || true")

    def type(self, block):
        environment = {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "HELIX_CODE": str(ROOT),
            "HELIX_USER": subprocess.run(["id", "-un"], capture_output=True, text=True).stdout.strip(),
            "HELIX_ENV_FILE": str(self.folder / "etc/helix.env"),
            "PORT": str(self.port),
            "WEB_PROCESSES": "1",
        }
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self.here(block)],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=180,
        )
        assert done.returncode == 0, f"{self.here(block)}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def wait_for_the_services(self):
        health = f"http://127.0.0.1:{self.port}/api/health"
        wait_for(lambda: httpx.get(health).json()["workers"] > 0, 120, what="the services")

    def stop(self):
        pids = (self.folder / "pids").read_text().split() if (self.folder / "pids").exists() else []
        running = [psutil.Process(int(pid)) for pid in pids if psutil.pid_exists(int(pid))]
        for process in running:
            process.terminate()
        psutil.wait_procs(running, timeout=15)


def _moved(path, places):
    """No path of the page may reach the real machine: one that is not known here fails the test."""
    if path in ("/dev/null", "/usr/sbin/nologin"):
        return path
    for start, there in places.items():
        if path == start or path.startswith((f"{start}/", f"{start}-")):
            return f"{there}{path.removeprefix(start)}"
    raise AssertionError(f"docs/operations.md names {path}, which has no place in this test")


@pytest.fixture
def installation(tmp_path):
    (tmp_path / "production").mkdir()
    (tmp_path / "drill").mkdir()
    first, second = backing_services.servers(tmp_path / "production"), backing_services.servers(tmp_path / "drill")
    with first as production, second as drill:
        machine = Machine(tmp_path, production.environment, drill.environment)
        yield machine
        machine.stop()


def test_the_page_leads_from_an_empty_machine_to_a_restored_backup(installation):
    blocks = BLOCK.findall((ROOT / "docs" / "operations.md").read_text())
    said = {}

    for block in blocks:
        said[block] = installation.type(block)
        if "systemctl enable" in block:
            installation.wait_for_the_services()

    (account,) = (words for block, words in said.items() if "helix seed" in block)
    (doctor,) = (words for block, words in said.items() if "helix doctor" in block)
    (drill,) = (words for block, words in said.items() if "helix restore" in block)
    assert re.search(r"^password: \S+$", account, re.M)
    assert "The database has the shape that this code expects" in doctor
    assert re.search(r"^Restored \d+ rows", drill, re.M)
    assert [path.suffix for path in (installation.folder / "backups").iterdir()] == [".helix"]
    # Everything of the services lies in their folders.
    assert {path.name for path in (installation.folder / "var").iterdir()} == {"helix", "helix-drill"}

"""A complete installation in separate processes.

with Installation(folder) as installation:
    installation.start("web"); installation.start("worker"); installation.start("scheduler")
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.support import backing_services
from tests.support.process_server import ForkedProcess, process_server
from tests.support.waiting import free_port, wait_for

ROOT = Path(__file__).parents[2]
EMAIL, PASSWORD = "ada@example.com", "correct horse battery"
PARTS = {
    "web": ["web"],
    "second web": ["web"],
    "worker": ["worker", "all"],
    "second worker": ["worker", "runs"],
    "worker and scheduler": ["worker", "all", "--with-scheduler"],
    "scheduler": ["scheduler"],
    "second scheduler": ["scheduler"],
}


class Installation:
    """On SQLite and a private Redis, or on the servers of TEST_DATABASE_URL and TEST_REDIS_URL."""

    def __init__(self, folder: Path, *, first: Sequence[str] = ("seed", "--migrate"), **environment: str) -> None:
        """`first`: the command that creates the installation, or none."""
        self._first = first
        self.folder = folder
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.second_port = free_port()
        self.second_address = f"http://127.0.0.1:{self.second_port}"
        self._stack = ExitStack()
        self._more = environment
        self.processes: dict[str, subprocess.Popen[bytes] | ForkedProcess] = {}
        self.log = folder / "installation.log"

    def __enter__(self) -> "Installation":
        servers = self._stack.enter_context(backing_services.servers(self.folder, durable=True))
        self.environment = os.environ | servers.environment | {"PORT": str(self.port), "HELIX_FAST_PASSWORDS": "1"}
        self.environment |= {"ADMIN_EMAIL": EMAIL, "ADMIN_PASSWORD": PASSWORD} | self._more
        if self._first:
            self.run(*self._first)
        return self

    def __exit__(self, *_error: object) -> None:
        for name in list(self.processes):
            self.stop(name, patience=10)
        self._stack.close()

    def run(self, *command: str) -> str:
        """What the command writes to standard output. It must succeed."""
        with tempfile.TemporaryDirectory() as folder:
            out, err = Path(folder, "out"), Path(folder, "err")
            code = process_server().start(*command, env=self.environment, out=out, err=err).wait()
            assert code == 0, out.read_text() + err.read_text()
            return out.read_text()

    def begin(self, *command: str) -> subprocess.Popen[bytes]:
        """Starts a command in an interpreter of its own, without waiting for it."""
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "helix", *command], cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )

    def start(self, *names: str) -> None:
        for name in names:
            environment = self.environment | ({"PORT": str(self.second_port)} if name == "second web" else {})
            self.processes[name] = process_server().start(*PARTS[name], env=environment, out=self.log)
        addresses = {"web": self.address, "second web": self.second_address}
        for name in addresses.keys() & set(names):
            wait_for(lambda at=addresses[name]: httpx.get(f"{at}/api/health").status_code < 600, 180, what=name)
        if {"worker", "worker and scheduler"} & set(names):
            wait_for(lambda: self.health()["workers"] > 0, 180, what="a worker")

    def stop(self, name: str, patience: float = 10) -> None:
        process = self.processes.pop(name)
        tree = self.tree(process.pid)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for left in tree:
            try:
                left.kill()
            except psutil.NoSuchProcess:
                continue

    @staticmethod
    def tree(pid: int) -> list[psutil.Process]:
        try:
            return psutil.Process(pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def busy_workers(self) -> list[psutil.Process]:
        """The worker processes that execute a run now, recognized by their process title."""
        parents = {process.pid for name, process in self.processes.items() if "worker" in name}
        found = []
        for process in [process for pid in parents for process in self.tree(pid)]:
            try:
                if ": run " in " ".join(process.cmdline()):
                    found.append(process)
            except psutil.NoSuchProcess:
                continue
        return found

    @property
    def database_url(self) -> str:
        return self.environment.get("DATABASE_URL") or f"sqlite:///{self.environment['DATA_DIR']}/helix.db"

    def health(self) -> dict[str, Any]:
        return httpx.get(f"{self.address}/api/health").json()

    def client(self) -> httpx.Client:
        """A client of the API, signed in as the admin Ada."""
        reply = httpx.post(f"{self.address}/api/auth/login", data={"username": EMAIL, "password": PASSWORD})
        assert reply.status_code == 200, reply.text
        token = reply.json()["access_token"]
        return httpx.Client(base_url=f"{self.address}/api", headers={"Authorization": f"Bearer {token}"}, timeout=30)

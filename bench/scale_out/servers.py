"""The shared servers, and the processes of each host."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
from cryptography.fernet import Fernet
from psycopg.rows import dict_row

from bench import world
from bench.fill import fill
from bench.scale_out.network import NET, SERVERS, Host, Network, NotPossible
from bench.server import ROOT, Server
from tests.support.postgres import Postgres, programs
from tests.support.s3_server import S3Server
from tests.support.waiting import wait_for

PORT = 8000
TASKS = 20_000
PARTS = {"web": ["web"], "worker": ["worker", "runs"], "quick": ["worker", "quick"], "scheduler": ["scheduler"]}


@dataclass
class Installation:
    """`hosts` by name; what was started on them is stopped in the end."""

    folder: Path
    hosts: dict[str, Host]
    environment: dict[str, str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, part: str, **more: str) -> None:
        """A part of HELIX on a host. A web host is waited for."""
        host = self.hosts[name]
        folder = self.folder / name
        folder.mkdir(mode=0o700, exist_ok=True)
        environment = self.environment | {"HOST": host.address, "DATA_DIR": str(folder)} | more
        self.processes[name] = host.start(
            [sys.executable, "-m", "helix", *PARTS[part]], environment=environment, folder=ROOT, log=self.log(name)
        )
        if part == "web":
            wait_for(lambda: answers(self.address(name)), 120)

    def stop(self, name: str, seconds: float = 15) -> None:
        process = self.processes.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def said(self, name: str, words: str) -> int:
        """How many lines of a host's log have these words."""
        return self.log(name).read_text(errors="replace").count(words)

    def address(self, name: str) -> str:
        return f"http://{self.hosts[name].address}:{PORT}"

    def started_server(self, name: str) -> Server:
        """A web host as the other parts of the bench know one."""
        return Server(self.address(name), psutil.Process(self.processes[name].pid), self.environment)

    def ask(self, query: str, **values: Any) -> list[dict[str, Any]]:
        """What the database says."""
        with psycopg.connect(self.environment["DATABASE_URL"], row_factory=dict_row) as connection:
            return connection.execute(query, values).fetchall()  # type: ignore[arg-type]

    def connections(self) -> dict[str, int]:
        """How many each host has to PostgreSQL just now."""
        names = {host.address: name for name, host in self.hosts.items()}
        found = self.ask("SELECT host(client_addr) AS address, count(*) FROM pg_stat_activity GROUP BY 1")
        return {names[row["address"]]: row["count"] for row in found if row["address"] in names}

    def client(self, name: str) -> httpx.Client:
        return self.started_server(name).client(world.ADMIN)


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/api/health", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


@contextmanager
def installation(*names: str, logs: Path | None = None) -> Iterator[Installation]:
    """Hosts of these names, and behind them PostgreSQL, Redis and a bucket, at the address of the bridge."""
    if programs() is None:
        raise NotPossible("PostgreSQL's server programs are missing: apt install postgresql.")
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="helix-hosts-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o755)  # PostgreSQL runs under its own account
        hosts = stack.enter_context(Network(names))
        database = Postgres(folder / "postgresql", listen=f"127.0.0.1,{SERVERS}", trusted=f"{NET}.0/24")
        database.start()
        stack.callback(database.stop)
        redis = stack.enter_context(_redis(folder))
        bucket = stack.enter_context(S3Server(address=SERVERS))
        shared = {
            "DATABASE_URL": f"postgresql://postgres@{SERVERS}:{database.port}/postgres",
            "REDIS_URL": redis,
            "FILES_URL": "s3://files/helix",
            "PORT": str(PORT),
            "WEB_PROCESSES": "2",
            "RUN_WORKERS": "4",
            "SECRET_KEY": secrets.token_urlsafe(48),
            "JWT_SECRET_KEY": secrets.token_urlsafe(48),
            "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "HELIX_DEMO_DELAY_SECONDS": "2",
        }
        environment = os.environ | shared | bucket.environment
        made = Installation(folder, hosts, environment)
        subprocess.run(
            [sys.executable, "-m", "helix", "migrate"],
            cwd=ROOT, env=environment | {"DATA_DIR": str(folder / "here")}, check=True, capture_output=True,
        )  # fmt: skip
        fill(database.url, TASKS)
        try:
            yield made
        finally:
            for name in list(made.processes):
                made.stop(name)
            if logs:
                logs.mkdir(parents=True, exist_ok=True)
                for log in folder.glob("*.log"):
                    shutil.copy(log, logs)


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    from helix.supervisor.redis_server import find

    password, own = secrets.token_hex(8), folder / "redis"
    own.mkdir()
    server = subprocess.Popen(
        [find("auto"), "--bind", SERVERS, "--port", "6379", "--requirepass", password, "--dir", str(own),
         "--appendonly", "yes", "--save", "", "--logfile", str(own / "log")],
    )  # fmt: skip
    try:
        wait_for(lambda: (own / "log").exists() and "Ready to accept" in (own / "log").read_text())
        yield f"redis://:{password}@{SERVERS}:6379/0"
    finally:
        server.terminate()
        server.wait()

"""A filled installation and its web server, in separate processes."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from bench import world
from bench.fill import fill
from tests.support.backing_services import private_redis
from tests.support.waiting import free_port, wait_for

ROOT = Path(__file__).parents[1]


@dataclass
class Server:
    """`web` is the server's first process; its children answer."""

    address: str
    web: psutil.Process
    environment: dict[str, str]
    highest: dict[int, int] = field(default_factory=dict)

    def client(self, email: str) -> httpx.Client:
        """The API, with the token of a person."""
        reply = httpx.post(
            f"{self.address}/api/auth/login", data={"username": email, "password": world.PASSWORD}, timeout=30
        )
        reply.raise_for_status()
        bearer = {"Authorization": f"Bearer {reply.json()['access_token']}"}
        return httpx.Client(base_url=self.address, headers=bearer, timeout=60)

    def cookie(self, email: str) -> str:
        """The pages: the Cookie header of a browser that is signed in."""
        with httpx.Client(base_url=self.address, timeout=30) as browser:
            form = browser.get("/sign-in").text
            csrf = form.split('name="csrf_token"', 1)[1].split('value="', 1)[1].split('"', 1)[0]
            sent = {"email": email, "password": world.PASSWORD, "csrf_token": csrf}
            reply = browser.post("/sign-in", data=sent, headers={"Referer": self.address})
            assert reply.status_code == 303, reply.text
            # With its first page the session gets what the tokens of forms are made from.
            browser.get("/boards").raise_for_status()
            return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())

    def resident(self) -> list[int]:
        """Bytes of each process that answers, and of the one above them."""
        return [process.memory_info().rss for process in (self.web, *self.web.children())]

    def processor(self) -> float:
        """Seconds of processor time spent by them so far."""
        times = [process.cpu_times() for process in (self.web, *self.web.children())]
        return sum(one.user + one.system for one in times)


@contextmanager
def database(kind: str, server: str, tasks: int, keep: Path | None) -> Iterator[str]:
    """The address of a filled database. With `keep` it is filled once, and later runs begin with a copy of it."""
    if kind == "sqlite":
        with _sqlite(tasks, keep) as url:
            yield url
    else:
        with _postgresql(server, tasks, keep) as url:
            yield url


@contextmanager
def _sqlite(tasks: int, keep: Path | None) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="helix-bench-") as folder:
        own = Path(folder) / "helix.db"
        kept = keep / f"filled-{tasks}.db" if keep else None
        if kept and kept.exists():
            _migrate(f"sqlite:///{kept}")
            shutil.copy(kept, own)
        else:
            _migrate_and_fill(f"sqlite:///{own}", tasks)
            if kept:
                shutil.copy(own, kept)
        yield f"sqlite:///{own}"


@contextmanager
def _postgresql(server: str, tasks: int, keep: Path | None) -> Iterator[str]:
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    own, kept = f"helix_bench_{os.getpid()}", f"helix_bench_filled_{tasks}"
    url = make_url(server)

    def run(command: str) -> None:
        with admin.connect() as connection:
            connection.execute(sa.text(command))

    def address(name: str) -> str:
        return url.set(database=name).render_as_string(hide_password=False)

    with admin.connect() as connection:
        there = connection.scalar(sa.text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": kept})
    if keep and there:
        _migrate(address(kept))
    elif keep:
        run(f"CREATE DATABASE {kept}")
        _migrate_and_fill(address(kept), tasks)
    run(f"CREATE DATABASE {own}" + (f" TEMPLATE {kept}" if keep else ""))
    try:
        if not keep:
            _migrate_and_fill(address(own), tasks)
        yield address(own)
    finally:
        run(f"DROP DATABASE IF EXISTS {own} WITH (FORCE)")
        admin.dispose()


def _migrate(url: str) -> None:
    with tempfile.TemporaryDirectory(prefix="helix-bench-") as folder:
        environment = os.environ | {"DATABASE_URL": url, "DATA_DIR": folder}
        subprocess.run([sys.executable, "-m", "helix", "migrate"], cwd=ROOT, env=environment, check=True)


def _migrate_and_fill(url: str, tasks: int) -> None:
    _migrate(url)
    seconds = fill(url, tasks)
    print(f"  filled {tasks:,} tasks in {seconds:.0f} s", flush=True)


@contextmanager
def started_server(database_url: str, *, processes: int = 2, **more: str) -> Iterator[Server]:
    """The web server as gunicorn.conf.py has it, and a Redis of its own."""
    with tempfile.TemporaryDirectory(prefix="hb") as folder, private_redis(Path(folder)) as redis_url:
        port = free_port()
        environment = os.environ | {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "DATA_DIR": folder,
            "PORT": str(port),
            "WEB_PROCESSES": str(processes),
            **more,
        }
        log = Path(folder) / "web.log"
        with log.open("wb") as out:
            server = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "bench.wsgi:app"], cwd=ROOT, env=environment, stdout=out, stderr=out
            )
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(lambda: _answers(address), 240)
            yield Server(address, psutil.Process(server.pid), environment)
        finally:
            server.send_signal(signal.SIGTERM)
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                server.kill()
            complaints = log.read_text(errors="replace")
            if complaints.strip():
                print("  the server said:", complaints[-1500:], flush=True)


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/api/health").status_code == 200
    except httpx.HTTPError:
        return False

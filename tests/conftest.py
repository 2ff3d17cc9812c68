"""Fixtures of all tests: a migrated database, a real Redis, people, and clients of the API and the pages.

By default SQLite in a temporary folder and a private Redis of our own; with TEST_DATABASE_URL and
TEST_REDIS_URL the same tests run on PostgreSQL and a real Redis. Every parallel worker has its own of both.
"""

import fcntl
import gc
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache

from helix.crypto import passwords
from tests.support import backing_services


def pytest_configure(config: pytest.Config) -> None:
    os.environ.setdefault("HELIX_DEMO_DELAY_SECONDS", "0")
    # The duration of an example depends mostly on the machine.
    slow = [hypothesis.HealthCheck.too_slow]
    hypothesis.settings.register_profile("no-deadline", deadline=None, suppress_health_check=slow)
    hypothesis.settings.load_profile("no-deadline")
    # Passwords are hashed with minimal cost; tests/crypto tests the real parameters.
    os.environ.setdefault("HELIX_FAST_PASSWORDS", "1")
    passwords.use(fast=True)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """Collected tests live as long as the process: looking for garbage among them costs each process seconds."""
    gc.disable()
    result = yield
    gc.freeze()
    gc.enable()
    return result


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With TEST_DATABASE_URL, run only tests that use the database or Redis: others behave the same everywhere."""
    if not os.environ.get("TEST_DATABASE_URL"):
        return
    with_services = [
        item
        for item in items
        if {"servers", "clean_app", "installation"} & set(getattr(item, "fixturenames", ()))
        and not item.get_closest_marker("any_database")
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(with_services)])
    items[:] = with_services


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[backing_services.Servers]:
    """This worker's database and Redis; created for it and removed afterwards."""
    with backing_services.servers(tmp_path_factory.mktemp("installation")) as found:
        yield found
        _end_the_listener()


def _end_the_listener() -> None:
    """Stops the live update listener before its Redis stops."""
    from helix import shutdown

    shutdown.begin()
    for thread in threading.enumerate():
        if thread.name == "live-listener":
            thread.join(timeout=5)


@pytest.fixture(scope="session")
def app(servers: backing_services.Servers, pytestconfig: pytest.Config) -> Flask:
    """The application on a migrated, empty database. Created once per worker: tests must leave it unchanged."""
    from helix.app import create_app
    from helix.settings import Settings

    app = create_app(Settings.from_environment(servers.environment))
    app.testing = True
    # Compiled templates are cached across workers and test runs.
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(pytestconfig.cache.mkdir("templates")))
    backing_services.migrate(app)
    return app


@pytest.fixture
def clean_app(app: Flask) -> Iterator[Flask]:
    """An application context with an empty Redis, and a database that contains only the organization."""
    with app.app_context():
        backing_services.create_organization()
        yield app
        backing_services.clear(app)


@pytest.fixture
def people(clean_app: Flask):
    """Test users: Ada is an admin, Mia and Noah are members, Zoe's account is closed. Created on first use."""
    from tests.support.people import People

    return People()


@pytest.fixture
def ada(people):
    return people.ada


@pytest.fixture
def mia(people):
    return people.mia


@pytest.fixture
def noah(people):
    return people.noah


@pytest.fixture
def make(people):
    """A factory for test data: `make.board()`, `make.agent(name="Sierra")`, `make.task(by=mia)`."""
    from tests.support.factories import Factory

    return Factory(people)


@pytest.fixture
def api(clean_app: Flask):
    """A client of the JSON API: `api.as_(mia).get("/api/tasks/")`, `api.get(...)` without a token."""
    from tests.support.clients import Api

    return Api(clean_app)


@pytest.fixture
def pages(clean_app: Flask):
    """A client of the pages, without a browser: `pages.as_(mia).get("/boards")`."""
    from tests.support.clients import Pages

    return Pages(clean_app)


@pytest.fixture(scope="session")
def root() -> Path:
    return Path(__file__).parents[1]


@pytest.fixture
def statements(clean_app: Flask):
    """Records SQL statements: `with statements() as found: ...; assert len(found) <= 4`."""
    from tests.support.statements import statements

    return statements


@pytest.fixture(scope="session")
def node_modules(pytestconfig: pytest.Config) -> Path:
    """The packages of package-lock.json: those of the working copy, or installed into pytest's cache.

    Skips without npm, but never in CI.
    """
    if shutil.which("npm") is None and os.environ.get("CI") != "true":
        pytest.skip("no npm on PATH: install Node 20 or newer")
    root = pytestconfig.rootpath
    lock = root / "package-lock.json"
    stamp = root / "node_modules" / ".installed"
    if stamp.is_file() and stamp.stat().st_mtime >= lock.stat().st_mtime:
        return stamp.parent
    folder = Path(pytestconfig.cache.mkdir("node"))
    with (folder / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # parallel workers of pytest-xdist share the cache
        done = folder / "done"
        if not done.exists() or done.read_bytes() != lock.read_bytes():
            for name in ("package.json", "package-lock.json"):
                shutil.copy(root / name, folder)
            install = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            result = subprocess.run(install, cwd=folder, capture_output=True, text=True, timeout=300)
            assert result.returncode == 0, result.stdout + result.stderr
            done.write_bytes(lock.read_bytes())
    return folder / "node_modules"

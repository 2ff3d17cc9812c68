"""Fixtures of all tests: a migrated database, a real Redis, people, and clients of the API and the pages.

By default SQLite in a temporary folder and a private Redis of our own; with TEST_DATABASE_URL and
TEST_REDIS_URL the same tests run on PostgreSQL and a real Redis. Every parallel worker has its own of both.
"""

import os
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
    # How long an example takes says more about the machine than about us.
    slow = [hypothesis.HealthCheck.too_slow]
    hypothesis.settings.register_profile("unhurried", deadline=None, suppress_health_check=slow)
    hypothesis.settings.load_profile("unhurried")
    # A password is hashed in microseconds here: its strength is tested where it belongs.
    os.environ.setdefault("HELIX_FAST_PASSWORDS", "1")
    passwords.use(fast=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On servers of its own the suite is what touches them: what is pure says the same everywhere."""
    if not os.environ.get("TEST_DATABASE_URL"):
        return
    touching = [
        item
        for item in items
        if {"servers", "clean_app", "installation"} & set(getattr(item, "fixturenames", ()))
        and not item.get_closest_marker("any_database")
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(touching)])
    items[:] = touching


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[backing_services.Servers]:
    """Where this worker's database and Redis are; made for it and thrown away after it."""
    with backing_services.servers(tmp_path_factory.mktemp("installation")) as found:
        yield found
        _end_the_listener()


def _end_the_listener() -> None:
    """Pages were served by this process: what listens for them ends before its Redis does."""
    from helix import shutdown

    shutdown.begin()
    for thread in threading.enumerate():
        if thread.name == "live-listener":
            thread.join(timeout=5)


@pytest.fixture(scope="session")
def app(servers: backing_services.Servers, pytestconfig: pytest.Config) -> Flask:
    """The application on a migrated, empty database. Made once: tests leave it as they found it."""
    from helix.app import create_app
    from helix.settings import Settings

    app = create_app(Settings.from_environment(servers.environment))
    app.testing = True
    # Templates are compiled once for all workers and runs, and again when they change.
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(pytestconfig.cache.mkdir("templates")))
    backing_services.migrate(app)
    return app


@pytest.fixture
def clean_app(app: Flask) -> Iterator[Flask]:
    """An application context over an empty database and Redis with the organization in it."""
    with app.app_context():
        backing_services.create_organization()
        yield app
        backing_services.clear(app)


@pytest.fixture
def people(clean_app: Flask):
    """The cast: Ada is an admin, Mia and Noah are members, Zoe's account is closed. Made when first named."""
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
    """Things to test with: `make.board()`, `make.agent(name="Sierra")`, `make.task(by=mia)`."""
    from tests.support.factories import Factory

    return Factory(people)


@pytest.fixture
def api(clean_app: Flask):
    """The JSON door: `api.as_(mia).get("/api/tasks/")`, `api.get(...)` for nobody."""
    from tests.support.clients import Api

    return Api(clean_app)


@pytest.fixture
def pages(clean_app: Flask):
    """The HTML door without a browser: `pages.as_(mia).get("/boards")`."""
    from tests.support.clients import Pages

    return Pages(clean_app)


@pytest.fixture(scope="session")
def root() -> Path:
    return Path(__file__).parents[1]


@pytest.fixture
def statements(clean_app: Flask):
    """Count what is asked of the database: `with statements() as found: ...; assert len(found) <= 4`."""
    from tests.support.statements import statements

    return statements

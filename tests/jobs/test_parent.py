"""The parent process of workers and scheduler, as started by `make run`."""

import signal
from contextlib import suppress

import psutil
import pytest
import sqlalchemy as sa

from helix.settings import urls
from tests.support.installation import Installation
from tests.support.waiting import wait_for

pytestmark = pytest.mark.any_database


PARENT = "worker and scheduler"


@pytest.fixture(scope="module")
def running_web(tmp_path_factory):
    with Installation(tmp_path_factory.mktemp("parent"), RUN_WORKERS="1", SEED_DEMO="0") as installation:
        installation.start("web")
        yield installation


@pytest.fixture
def installation(running_web):
    """With the parent of an earlier test if that left it running: starting one loads litellm."""
    if PARENT in running_web.processes and running_web.processes[PARENT].poll() is not None:
        running_web.stop(PARENT)
    if PARENT not in running_web.processes:
        running_web.start(PARENT)
    return running_web


def titled(installation, title):
    """The one child that says so in its title."""

    def look():
        for process in installation.tree(installation.processes[PARENT].pid):
            with suppress(psutil.Error):  # it may end while it is looked at
                if " ".join(process.cmdline()).strip() == title:
                    return process
        return None

    return wait_for(look, 90, title)


def holder(installation):
    """Who looks after things; None when nobody does."""
    engine = sa.create_engine(urls.database_url(installation.environment.get("DATABASE_URL"), installation.folder))
    with engine.connect() as connection:
        found = connection.scalar(sa.text("SELECT holder FROM leases WHERE name = 'scheduler'"))
    engine.dispose()
    return found


def test_the_parent_says_of_its_workers_alone_that_they_are_alive(installation):
    titled(installation, "helix scheduler")

    # On a Redis that others used, too, those of an earlier test are known for a while.
    wait_for(lambda: installation.health()["workers"] == 2, 30)


def test_told_to_stop_it_leaves_its_lease_to_others_and_nobody_behind(installation):
    wait_for(lambda: holder(installation), 30)
    parent = installation.processes[PARENT]
    below = installation.tree(parent.pid)

    parent.send_signal(signal.SIGTERM)

    assert parent.wait(10) == 0
    assert not any(process.is_running() for process in below)
    assert holder(installation) is None


def test_with_its_parent_killed_the_scheduler_ends_and_leaves_its_lease(installation):
    wait_for(lambda: holder(installation), 30)
    scheduler = titled(installation, "helix scheduler")

    installation.processes[PARENT].kill()

    psutil.wait_procs([scheduler], timeout=20)
    assert not scheduler.is_running()
    assert holder(installation) is None


# The last: a scheduler that is killed keeps its lease for a while.
def test_a_scheduler_that_is_killed_is_forked_again(installation):
    killed = titled(installation, "helix scheduler")

    killed.kill()

    wait_for(lambda: titled(installation, "helix scheduler").pid != killed.pid, 30)
    assert "A scheduler ended; starting it again" in installation.log.read_text()

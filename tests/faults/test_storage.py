"""A full disk, a missing file, a database of another version: a clear message, and no partial data."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.support.installation import ROOT
from tests.support.waiting import free_port

pytestmark = pytest.mark.faults

MEGABYTE = 1024 * 1024


@pytest.fixture
def full_disk(installation):
    """No process of the web may write further than six megabytes into any file: as on a full disk, but for it alone."""
    web = psutil.Process(installation.processes["web"].pid)
    processes = [web, *web.children(recursive=True)]
    before = web.rlimit(psutil.RLIMIT_FSIZE)
    for process in processes:
        process.rlimit(psutil.RLIMIT_FSIZE, (6 * MEGABYTE, before[1]))
    yield
    for process in processes:
        process.rlimit(psutil.RLIMIT_FSIZE, before)


def files_of(installation):
    return [path for path in Path(installation.environment["DATA_DIR"], "files").rglob("*") if path.is_file()]


def upload(api, task, size):
    return api.post(f"/tasks/{task}/attachments/", files={"file": ("notes.txt", b"word " * (size // 5))})


def test_a_full_disk_is_said_and_leaves_nothing_behind(installation, api, work, request):
    task = work.task()
    before = files_of(installation)
    request.getfixturevalue("full_disk")

    refused = upload(api, task, 8 * MEGABYTE)
    small = upload(api, task, MEGABYTE)

    assert refused.status_code == 503
    assert "disk of the server is full" in refused.json()["detail"]
    assert small.status_code == 201
    assert len(files_of(installation)) == len(before) + 1
    assert api.get(f"/tasks/{task}").json()["attachment_count"] == 1


def test_a_file_that_vanished_from_the_store_is_said_and_everything_else_works(installation, api, work):
    task = work.task()
    before = set(files_of(installation))
    attachment = upload(api, task, 1000).json()
    for path in set(files_of(installation)) - before:
        path.unlink()

    gone = api.get(f"/task-attachments/{attachment['id']}/download")
    work.execute(task)
    work.wait()

    assert gone.status_code == 404
    assert "no longer in the file store" in gone.json()["detail"]
    assert work.runs(task)[0]["status"] == "succeeded"
    assert api.delete(f"/task-attachments/{attachment['id']}").status_code == 204


AHEAD = "db.session.execute(db.text(\"UPDATE alembic_version SET version_num = '9999'\")); db.session.commit()"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("flask_migrate.downgrade('migrations')", "python -m helix migrate"),
        (AHEAD, "is ahead of this code. Start the newer code, or restore a back-up."),
    ],
    ids=["behind", "ahead"],
)
def test_a_database_of_another_version_is_refused_with_what_to_do(tmp_path_factory, change, says):
    folder = tmp_path_factory.mktemp("another")
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    environment |= {"DATA_DIR": str(folder), "PORT": str(free_port())}
    step = (
        "import flask_migrate; from helix.app import create_app; from helix.cli.application import upgrade\n"
        "from helix.extensions import db\n"
    )
    migrated = f"{step}with create_app().app_context(): upgrade(); {change}"
    subprocess.run([sys.executable, "-c", migrated], cwd=ROOT, env=environment, check=True, capture_output=True)

    started = [
        subprocess.Popen(
            [sys.executable, "-m", *part],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for part in (
            ("helix", "web"),
            ("helix", "worker"),
            ("helix", "scheduler"),
            ("gunicorn", "--bind=127.0.0.1:0", "wsgi:app"),
        )
    ]

    for part in started:
        said, _ = part.communicate(timeout=150)
        assert part.returncode != 0
        assert says in said

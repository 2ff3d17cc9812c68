import io

import pytest

from helix import backups
from helix.db.transaction import end_reading
from helix.extensions import db
from helix.services import attachments, secrets, stored_files
from tests.support import backing_services
from tests.support.backups import answers
from tests.support.people import as_actor

KEY = "sk-a-key-that-must-stay-where-it-is"


@pytest.fixture
def settings(clean_app):
    return clean_app.config["HELIX"]


@pytest.fixture
def task(make, ada):
    """With a file, on a board, beside a model with a key."""
    make.model(api_key_encrypted=secrets.encrypt(KEY))
    task = make.task("Keep me", by=ada)
    attachments.add(as_actor(ada), task.id, name="report.txt", stream=io.BytesIO(b"every word of it " * 1000))
    return task


@pytest.fixture
def backup(settings, tmp_path, task):
    def _backup(name="first.helix", **options):
        end_reading()
        return backups.backup(settings, tmp_path / name, **options), tmp_path / name

    return _backup


@pytest.fixture
def restore(clean_app, settings):
    def _restore(path, **options):
        db.session.remove()
        return backups.restore(settings, path, upgrade=lambda: backing_services.migrate(clean_app), **options)

    return _restore


@pytest.fixture
def other_installation(api, ada, make, task, backup):
    """A backup, and what the installation answers that stands in its place now: other tasks, another file."""
    _, path = backup()
    (attachment,) = attachments.of_task(as_actor(ada), task.id)
    attachments.delete(as_actor(ada), attachment.id)
    later = make.task("After the backup", by=ada)
    attachments.add(as_actor(ada), later.id, name="mine.txt", stream=io.BytesIO(b"mine " * 100))

    def answered():
        store = stored_files.store()
        return answers(api, ada, later), {key: store.open(key).read() for key in store.keys()}  # noqa: SIM118

    return path, answered

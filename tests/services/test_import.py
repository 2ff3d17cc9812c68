"""An export imported into an empty installation answers as before."""

import io
import json
import zipfile

import pytest

from helix.db.transaction import end_reading, transaction
from helix.errors import BadRequest, Conflict
from helix.extensions import db
from helix.models import Organization, Task, User
from helix.policies.actor import SYSTEM
from helix.services import accounts, attachments, comments, export, runs, tools
from helix.services.stored_files import store
from tests.support import backing_services
from tests.support.people import as_actor


@pytest.fixture
def kept(tmp_path, make, ada, mia):
    """An export of a task with two comments, a mention among them, a run and a file."""
    make.model()
    board, agent = make.board(name="Linen", key="LIN"), make.agent(name="Sage")
    task = make.task("Count the towels", by=mia, board=board, agent=agent, assigned_user_id=ada.id)
    comments.add(as_actor(mia), task.id, "Forty? ✓")
    comments.add(as_actor(ada), task.id, "@Mia yes")
    attachments.add(as_actor(mia), task.id, name="count.txt", stream=io.BytesIO(b"12 towels"))
    runs.start(as_actor(ada), task.id)
    path = tmp_path / "all.zip"
    path.write_bytes(b"".join(export.export_archive(SYSTEM)))
    end_reading()
    return path, task.id


def answers(client, task_id):
    paths = (f"/api/tasks/{task_id}", f"/api/tasks/{task_id}/comments/", f"/api/tasks/{task_id}/runs", "/api/agents/")
    return [
        client.get(path).json
        for path in (*paths, f"/api/tasks/{task_id}/attachments/", "/api/tasks/search?q=towels", "/api/notifications/")
    ]


def changed(path, name, content):
    copy = path.with_suffix(".changed.zip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
        for entry in old.namelist():
            if entry != name:
                new.writestr(entry, old.read(entry))
            elif content is not None:
                new.writestr(entry, content)
    return copy


def test_an_import_restores_everything_and_work_continues(clean_app, api, ada, mia, make, kept):
    path, task_id = kept
    before = answers(api.as_(mia), task_id)
    backing_services.clear(clean_app)

    found = export.import_archive(path)

    again = db.session.query(User).filter_by(email=mia.email).one()
    assert answers(api.as_(again), task_id) == before
    assert (found.files, found.rows["tasks"], found.rows["comments"]) == (1, 1, 2)
    (key,) = store().keys()
    assert store().open(key).read() == b"12 towels"
    assert again.password_hash is None
    assert not accounts.ensure_admin(email=ada.email, name="Ada", password="a long password")
    later = make.task("One more", by=db.session.query(User).filter_by(email=ada.email).one())
    assert later.id > task_id


def test_boards_of_an_export_without_keys_get_theirs(clean_app, api, mia, make, kept):
    path, task_id, email = *kept, mia.email
    with zipfile.ZipFile(path) as archive:
        boards = [json.loads(line) for line in archive.read("data/boards.jsonl").splitlines()]
    for board in boards:
        del board["key"]
    older = changed(path, "data/boards.jsonl", "".join(json.dumps(board) + "\n" for board in boards))
    backing_services.clear(clean_app)

    export.import_archive(older)

    again = db.session.query(User).filter_by(email=email).one()
    assert api.as_(again).get(f"/api/tasks/{task_id}").json["key"] == f"LINEN-{task_id}"


def test_an_import_leaves_out_public_url_and_bot(clean_app, ada, tmp_path):
    with transaction():
        organization = db.session.get_one(Organization, 1)
        organization.name, organization.public_url, organization.telegram_enabled = "Ours", "https://old.example", True
    path = tmp_path / "all.zip"
    path.write_bytes(b"".join(export.export_archive(as_actor(ada))))
    backing_services.clear(clean_app)

    export.import_archive(path)

    found = db.session.get_one(Organization, 1, populate_existing=True)
    assert (found.name, found.public_url, found.telegram_enabled) == ("Ours", None, False)


def test_an_export_of_a_version_without_tools_gets_those_of_this_one(clean_app, kept):
    path, _task_id = kept
    for table in ("tools", "tool_sources"):
        path = changed(path, f"data/{table}.jsonl", None)
    backing_services.clear(clean_app)

    export.import_archive(path)

    assert "save_file" in {tool.name for tool, _source in tools.tools()}


def test_an_import_into_an_installation_with_users_changes_nothing(kept):
    path, task_id = kept

    with pytest.raises(Conflict, match="not empty"):
        export.import_archive(path)

    assert db.session.get(Task, task_id).title == "Count the towels"
    assert list(store().keys()) != []


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("export.json", None, "truncated"),
        ("data/tasks.jsonl", b"", "tasks has 0 lines instead of 1"),
        ("data/tasks.jsonl", b"{no json", "damaged"),
        ("data/tasks.jsonl", b'{"invented": 1}\n', "does not know"),
        ("export.json", json.dumps({"format": 99, "version": "9.0"}).encode(), "newer HELIX"),
    ],
)
def test_a_damaged_export_imports_nothing(clean_app, kept, name, content, words):
    path, _ = kept
    backing_services.clear(clean_app)

    with pytest.raises(BadRequest, match=words):
        export.import_archive(changed(path, name, content))

    assert db.session.query(Task).count() == 0
    assert list(store().keys()) == []


def test_a_file_that_is_no_zip_is_rejected(clean_app, tmp_path):
    path = tmp_path / "notes.zip"
    path.write_text("hello")

    with pytest.raises(BadRequest, match="not an export"):
        export.import_archive(path)

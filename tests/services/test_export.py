"""The export of an organization is complete and contains no credentials."""

import gc
import io
import json
import sys
import zipfile

import pytest
from sqlalchemy import func, select

from helix.db.transaction import end_reading
from helix.errors import Forbidden
from helix.extensions import db
from helix.models import Task
from helix.services import comments, export, settings
from helix.services.stored_files import store
from tests.support.people import as_actor

SAFE = {
    "old_secret_until",
    "password_min_length",
    "token_version",
    "max_output_tokens",
    "input_tokens",
    "output_tokens",
    "prompt_tokens",
    "token_count",
    "definition_hash",
}


def archive(reply) -> zipfile.ZipFile:
    found = zipfile.ZipFile(io.BytesIO(reply.data))
    assert found.testzip() is None
    return found


def lines(found: zipfile.ZipFile, noun: str) -> list[dict]:
    return [json.loads(line) for line in found.read(f"data/{noun}.jsonl").decode().splitlines()]


def attached(client, task, content=b"12 towels") -> dict:
    reply = client.post(
        f"/api/tasks/{task.id}/attachments/",
        data={"file": (io.BytesIO(content), "count.txt")},
        content_type="multipart/form-data",
    )
    assert reply.status_code == 201, reply.json
    return reply.json


def test_an_export_contains_all_rows_and_files_but_no_secrets(api, ada, mia, make):
    make.model(display_name="Ours", api_key_encrypted="sealed-key-canary", key_hint="cret")
    task = make.task("Zähl die Handtücher", by=mia)
    comments.add(as_actor(mia), task.id, "Vierzig? ✓")
    attached(api.as_(mia), task)
    settings.edit(as_actor(ada), {"telegram_bot_token": "123456:canary-of-a-bot"})

    reply = api.as_(ada).get("/api/org/export")

    found = archive(reply)
    assert reply.mimetype == "application/zip"
    assert [one["title"] for one in lines(found, "tasks")] == ["Zähl die Handtücher"]
    assert [one["content"] for one in lines(found, "comments")] == ["Vierzig? ✓"]
    (file,) = lines(found, "task_attachments")
    assert found.read(f"files/{file['file_key']}") == b"12 towels"
    about = json.loads(found.read("export.json"))
    assert about["format"] == export.FORMAT
    assert about["lines"]["users"] == len(lines(found, "users")) >= 2
    text = b"".join(found.read(name) for name in found.namelist()).decode(errors="replace")
    assert "canary" not in text
    assert not any("password" in one or "key_hint" in one for one in lines(found, "users") + lines(found, "ai_models"))
    assert "settings.exported" in {entry["action"] for entry in api.as_(ada).get("/api/activity/").json["items"]}


def test_an_export_is_of_one_moment_while_others_work(clean_app, ada, make, monkeypatch):
    make.task("Before")
    read = export.archive.json_lines

    def while_others_work(connection, table):
        yield from read(connection, table)
        if table.name == "users":
            make.task("Meanwhile")

    monkeypatch.setattr(export.archive, "json_lines", while_others_work)

    content = b"".join(export.export_archive(as_actor(ada)))

    found = zipfile.ZipFile(io.BytesIO(content))
    assert [one["title"] for one in lines(found, "tasks")] == ["Before"]
    end_reading()
    assert db.session.scalar(select(func.count(Task.id))) == 2


def test_a_file_missing_from_the_store_is_reported_and_the_export_continues(pages, api, ada, mia, make):
    task = make.task(by=mia)
    attached(api.as_(mia), task)
    key = db.session.execute(db.text("SELECT file_key FROM task_attachments")).scalar_one()
    store().delete(key)

    reply = pages.as_(ada).get("/settings/export.zip")

    assert json.loads(archive(reply).read("export.json"))["missing_files"] == [key]


def test_only_admins_export(clean_app, mia):
    with pytest.raises(Forbidden):
        export.export_archive(as_actor(mia))


def test_no_column_that_sounds_like_a_secret_is_written():
    written = {
        f"{table.name}.{column.name}" for table in export.exported_tables() for column in export.exported_columns(table)
    }

    suspicious = {
        name
        for name in written
        if any(word in name for word in ("secret", "password", "token", "hash", "encrypted", "api_key"))
        and name.partition(".")[2] not in SAFE
    }

    assert suspicious == set()


@pytest.mark.parametrize("path", ["/api/org/export", "/settings/export.zip"])
def test_an_export_that_nobody_reads_to_the_end_is_closed_without_errors(app, api, pages, ada, monkeypatch, path):
    complaints = []
    monkeypatch.setattr(sys, "unraisablehook", complaints.append)
    reply = (api if path.startswith("/api") else pages).as_(ada).get(path, buffered=False)
    pieces = reply.iter_encoded()
    assert next(pieces).startswith(b"PK")

    with app.test_request_context("/api/auth/me"):
        del reply, pieces
        gc.collect()

    assert complaints == []

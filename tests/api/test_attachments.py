"""Attachments of a task: upload, list, download, delete."""

import errno
import sys
from datetime import timedelta
from io import BytesIO

import pytest
from docx import Document
from PIL import Image

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.files.store import new_key
from helix.models import TaskAttachment
from helix.models.vocabulary import BoardLevel
from helix.queue import jobs
from helix.queue.connection import redis
from helix.services import attachments
from helix.services.attachments import extraction
from helix.services.stored_files import store
from tests.support.hostile_files import HOSTILE
from tests.support.photos import photo_with_location

NO_PICTURE = b"\x89PNG\r\n\x1a\n" + b"\0" * 100


def upload(client, task_id, content=b"Hello there", name="note.txt", **more):
    return client.post(f"/api/tasks/{task_id}/attachments", data={"file": (BytesIO(content), name), **more})


@pytest.fixture
def mine(api, mia, make):
    """Mia's door, and a task of hers."""
    return api.as_(mia), make.task(by=mia).id


def kept(attachment_id):
    db.session.rollback()
    return db.session.get(TaskAttachment, attachment_id)


def test_a_file_is_attached_listed_and_comes_back_as_it_was(mine):
    client, task_id = mine

    added = upload(client, task_id, description="What they said")
    listed = client.get(f"/api/tasks/{task_id}/attachments/")
    down = client.get(f"/api/task-attachments/{added.json['id']}/download")

    assert added.status_code == 201, added.json
    assert {**added.json, "created_at": None, "uploaded_by_user_id": None} == {
        "id": added.json["id"],
        "task_id": task_id,
        "name": "note.txt",
        "content_type": "text/plain",
        "size": 11,
        "description": "What they said",
        "note": "",
        "uploaded_by_user_id": None,
        "made_by_run_id": None,
        "version": 1,
        "url": f"/api/task-attachments/{added.json['id']}/download",
        "created_at": None,
    }
    assert listed.json == [added.json]
    assert listed.headers["X-Total-Count"] == "1"
    assert down.data == b"Hello there"
    assert down.headers["X-Content-Type-Options"] == "nosniff"
    assert down.headers["Content-Disposition"] == "attachment; filename=note.txt"
    assert client.get(f"/api/tasks/{task_id}").json["attachment_count"] == 1
    assert kept(added.json["id"]).extracted_text == "Hello there"


def test_a_name_is_never_a_path_and_keeps_its_letters(mine):
    client, task_id = mine

    added = upload(client, task_id, name="../../etc/Überblick 日本.txt")
    down = client.get(added.json["url"])

    assert added.json["name"] == "Überblick 日本.txt"
    assert "filename*=UTF-8''%C3%9Cberblick%20%E6%97%A5%E6%9C%AC.txt" in down.headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (photo_with_location(), "picture.txt", "image/jpeg"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "a.png", "application/octet-stream"),
        (b"<!doctype html><script>alert(1)</script>", "a.txt", "application/octet-stream"),
    ],
)
def test_the_kind_is_told_from_the_content(mine, content, name, kind):
    client, task_id = mine

    added = upload(client, task_id, content, name)
    down = client.get(added.json["url"])

    assert added.json["content_type"] == kind
    assert down.headers["Content-Type"] == kind
    assert down.headers["Content-Disposition"].startswith("attachment")
    assert added.json["note"]
    assert kept(added.json["id"]).extracted_text is None


def test_a_photograph_does_not_tell_where_it_was_taken(mine):
    client, task_id = mine
    content = photo_with_location()
    assert b"somebody's kitchen" in content

    added = upload(client, task_id, content, "kitchen.jpg")
    down = client.get(added.json["url"]).data

    assert Image.open(BytesIO(down)).size == (40, 20)
    assert b"somebody's kitchen" not in down
    assert b"A camera" not in down
    assert added.json["size"] == len(down)


def test_a_picture_that_cannot_be_encoded_anew_is_refused_with_what_to_do(mine):
    client, task_id = mine
    files_before = set(store().keys())

    reply = upload(client, task_id, NO_PICTURE, "picture.png")

    assert reply.status_code == 422, reply.json
    assert reply.json["detail"][0]["loc"][-1] == "file"
    assert "put it into a .zip" in reply.json["detail"][0]["msg"]
    assert set(store().keys()) == files_before


def test_a_word_document_is_read_by_a_worker(mine, clean_app):
    client, task_id = mine
    document, file = Document(), BytesIO()
    document.add_paragraph("The plan is to wait")
    document.save(file)

    added = upload(client, task_id, file.getvalue(), "plan.docx")
    before = kept(added.json["id"]).extracted_text
    attachments.extract(added.json["id"])

    assert (before, added.json["note"]) == (None, "It is being read.")
    assert kept(added.json["id"]).extracted_text == "The plan is to wait"
    assert client.get(f"/api/tasks/{task_id}/attachments").json[0]["note"] == ""


def waiting_file(task_id, waited, *, by=None):
    """One that a worker should have read long ago."""
    file = TaskAttachment(
        task_id=task_id,
        file_key=new_key(),
        name="plan.docx",
        content_type="application/pdf",
        size=1,
        extract_note="It is being read.",
        uploaded_by_user_id=by and by.id,
        created_at=clock.now() - waited,
    )
    with transaction():
        db.session.add(file)
    return file.id


def woken_for():
    """The files that workers are asked to read now."""
    files = jobs.queue(jobs.FILES)
    files.empty()
    attachments.enqueue_overdue()
    return [job.args[0] for job in files.jobs]


def test_files_that_nobody_can_read_hold_up_no_others(mine):
    _door, task_id = mine
    hopeless = [waiting_file(task_id, timedelta(minutes=30 + number)) for number in range(20)]
    another = waiting_file(task_id, timedelta(minutes=5))

    rounds = [woken_for() for _ in range(3)]

    assert rounds == [hopeless, [another], []]
    # Each is asked for again when it has waited twice as long.
    pauses = [redis().ttl(f"helix:apart:helix.jobs.attachments.read_words:{one}") // 60 for one in hopeless]
    assert pauses == pytest.approx(list(range(30, 50)), abs=1)


def test_a_file_that_could_not_be_read_for_a_day_says_so(mine):
    client, task_id = mine
    waiting_file(task_id, timedelta(hours=25))

    assert woken_for() == []
    assert client.get(f"/api/tasks/{task_id}/attachments").json[0]["note"] == "It could not be read."


def order_of_reading(monkeypatch, turns):
    """The files that a worker reads, wake-up by wake-up."""
    order = []

    def read(attachment_id):
        order.append(attachment_id)
        with transaction():
            db.session.get(TaskAttachment, attachment_id).extract_note = ""

    monkeypatch.setattr(extraction, "extract", read)
    for _ in range(turns):
        attachments.extract_next()
    return order


def test_one_members_sixty_files_delay_anothers_one_by_a_single_file(mine, mia, noah, monkeypatch):
    _door, task_id = mine
    many = [waiting_file(task_id, timedelta(minutes=1), by=mia) for _ in range(60)]
    one = waiting_file(task_id, timedelta(), by=noah)

    order = order_of_reading(monkeypatch, 61)

    assert order.index(one) == 1
    assert sorted(order) == sorted([*many, one])


def test_who_comes_later_has_a_turn_before_the_rest_of_those_who_came_first(mine, mia, noah, monkeypatch):
    _door, task_id = mine
    many = [waiting_file(task_id, timedelta(minutes=1), by=mia) for _ in range(5)]
    first = order_of_reading(monkeypatch, 2)
    later = [waiting_file(task_id, timedelta(), by=noah) for _ in range(2)]

    order = order_of_reading(monkeypatch, 4)

    assert first == many[:2]
    assert order == [later[0], many[2], later[1], many[3]]


def test_a_file_that_killed_its_reader_does_not_stay_at_the_head_of_the_line(mine, mia, monkeypatch):
    _door, task_id = mine
    deadly, next_one = (waiting_file(task_id, timedelta(minutes=1), by=mia) for _ in range(2))

    def die(_attachment_id):
        raise SystemExit

    monkeypatch.setattr(extraction, "extract", die)
    with pytest.raises(SystemExit):
        attachments.extract_next()

    assert order_of_reading(monkeypatch, 3) == [next_one]
    redis().delete(f"helix:files:begun:{deadly}")
    assert order_of_reading(monkeypatch, 1) == [deadly]


def test_a_hostile_document_gets_a_note_and_is_not_tried_again(mine):
    client, task_id = mine
    content, _kind, _said = HOSTILE["four million empty paragraphs"]()
    added = upload(client, task_id, content, "plan.docx")

    attachments.extract_next()

    assert "too complex to read" in client.get(f"/api/tasks/{task_id}/attachments").json[0]["note"]
    assert kept(added.json["id"]).extracted_text is None
    assert woken_for() == []


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-le", "mac_roman"])
def test_a_table_that_excel_saved_is_read_as_one(mine, encoding):
    client, task_id = mine
    table = "Name;Umsatz\nMüller;12,5\nGröße;3"

    added = upload(client, task_id, table.encode(encoding), "umsatz.csv")

    assert (added.json["content_type"], added.json["note"]) == ("text/csv", "")
    assert kept(added.json["id"]).extracted_text == table
    assert client.get(added.json["url"]).data == table.encode(encoding), "the file itself stays as it came"


def test_too_large_a_file_is_refused_and_leaves_nothing(mine):
    client, task_id = mine
    files_before = set(store().keys())

    reply = upload(client, task_id, b"x" * (10 * 1024 * 1024 + 1))

    assert reply.status_code == 413, reply.json
    assert "10 MB" in reply.json["detail"]
    assert set(store().keys()) == files_before
    assert client.get(f"/api/tasks/{task_id}/attachments").json == []


def test_all_files_of_a_task_have_a_limit_together(mine, monkeypatch):
    client, task_id = mine
    monkeypatch.setattr(sys.modules["helix.services.attachments.files"], "MAX_TOTAL_BYTES", 20)

    replies = [upload(client, task_id).status_code for _ in range(2)]

    assert replies == [201, 413]
    assert client.get(f"/api/tasks/{task_id}").json["attachment_count"] == 1


def test_deleting_takes_the_file_out_of_the_store(mine):
    client, task_id = mine
    added = upload(client, task_id).json
    key = kept(added["id"]).file_key

    replies = [client.delete(f"/api/task-attachments/{added['id']}").status_code for _ in range(2)]

    assert replies == [204, 404]
    assert not store().exists(key)
    assert client.get(f"/api/tasks/{task_id}").json["attachment_count"] == 0
    assert client.get(added["url"]).status_code == 404


def test_a_file_that_vanished_is_a_404_that_says_so(mine):
    client, task_id = mine
    added = upload(client, task_id).json
    store().delete(kept(added["id"]).file_key)

    reply = client.get(added["url"])

    assert reply.status_code == 404
    assert "file store" in reply.json["detail"]


def test_a_full_disk_is_said_and_nothing_is_noted(mine, monkeypatch):
    client, task_id = mine

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("helix.files.local.Path.replace", full)
        reply = upload(client, task_id)

    assert reply.status_code == 503
    assert "disk" in reply.json["detail"]
    assert client.get(f"/api/tasks/{task_id}/attachments").json == []


def test_who_may_not_see_or_edit_the_task_may_not_touch_its_files(api, mia, noah, make):
    board = make.board()
    board_id_task = make.task(by=mia, board=board).id
    client, other, nobody = api.as_(mia), api.as_(noah), api
    added = upload(client, board_id_task).json

    seen = [
        other.get(added["url"]).status_code,
        upload(other, board_id_task).status_code,
        other.delete(f"/api/task-attachments/{added['id']}").status_code,
    ]
    make.grant(noah, board, BoardLevel.NONE)
    unseen = [
        other.get(added["url"]).status_code,
        other.get(f"/api/tasks/{board_id_task}/attachments").status_code,
        upload(other, board_id_task).status_code,
        other.delete(f"/api/task-attachments/{added['id']}").status_code,
    ]

    assert seen == [200, 403, 403]
    assert unseen == [404] * 4
    assert nobody.get(added["url"]).status_code == 401
    assert upload(nobody, board_id_task).status_code == 401


def test_what_is_no_file_is_refused(mine):
    client, task_id = mine
    path = f"/api/tasks/{task_id}/attachments"

    assert client.post(path, json={"file": "x"}).status_code == 415
    assert client.post(path, data={"description": "x"}, content_type="multipart/form-data").status_code == 422
    assert upload(client, task_id, description="x" * 2001).status_code == 422
    assert upload(client, 999999).status_code == 404

from io import BytesIO

import pytest

from helix.extensions import db
from helix.files.store import new_key
from helix.models import Activity, SkillAttachment
from helix.services import stored_files
from helix.services.skills import files
from tests.support.photos import PLACE, photo_with_location

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


@pytest.fixture
def path(api, ada):
    return f"/api/skills/{api.as_(ada).post('/api/skills', json={'name': 'Voice'}).json['id']}"


def upload(api, user, skill, content=PDF, name="guide.pdf", **fields):
    return api.as_(user).post(f"{skill}/attachments", data={"file": (BytesIO(content), name)} | fields)


def stored():
    return set(stored_files.store().keys())


def test_a_file_is_uploaded_listed_and_downloaded_as_the_reference_shows(api, ada, mia, path):
    made = upload(api, ada, path, description="Brand guidelines PDF")

    assert made.status_code == 201
    assert made.json == {
        "id": made.json["id"],
        "skill_id": int(path.rpartition("/")[2]),
        "name": "guide.pdf",
        "path": "guide.pdf",
        "description": "Brand guidelines PDF",
        "content_type": "application/pdf",
        "size": len(PDF),
        "note": "It is being read.",
        "download_url": f"/api/skill-attachments/{made.json['id']}/download",
        "uploaded_by_user_id": ada.id,
        "created_at": made.json["created_at"],
    }
    assert api.as_(mia).get(f"{path}/attachments").json == [made.json]
    assert api.as_(mia).get(path).json["attachments"] == [made.json]
    file = api.as_(mia).get(made.json["download_url"])
    assert (file.status_code, file.data) == (200, PDF)
    assert file.headers["Content-Type"] == "application/pdf"
    assert file.headers["Content-Disposition"] == "attachment; filename=guide.pdf"
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert file.headers["Content-Length"] == str(len(PDF))


def test_a_photograph_does_not_tell_where_it_was_taken(api, ada, path):
    made = upload(api, ada, path, photo_with_location(), name="kitchen.jpg").json
    refused = upload(api, ada, path, photo_with_location()[:200], name="half.jpg")

    down = api.as_(ada).get(made["download_url"]).data

    assert PLACE in photo_with_location()
    assert PLACE not in down
    assert (made["content_type"], made["size"]) == ("image/jpeg", len(down))
    assert refused.status_code == 422
    assert len(stored()) == 1


def test_a_name_is_never_a_path_and_keeps_its_letters(api, ada, path):
    made = upload(api, ada, path, name="../../Ausführung „neu“.pdf").json

    file = api.as_(ada).get(made["download_url"])

    assert made["name"] == "Ausführung „neu“.pdf"
    disposition = file.headers["Content-Disposition"]
    assert disposition.startswith("attachment; filename=")
    assert "filename*=UTF-8''Ausf%C3%BChrung%20%E2%80%9Eneu%E2%80%9C.pdf" in disposition


def test_a_file_may_be_given_a_path_below_the_folder_of_the_skill(api, ada, path):
    made = upload(api, ada, path, name="x.pdf", path="references/2026/cafe\u0301 guide.pdf").json

    down = api.as_(ada).get(made["download_url"])

    assert (made["path"], made["name"]) == ("references/2026/café guide.pdf", "café guide.pdf")
    assert "filename*=UTF-8''caf%C3%A9%20guide.pdf" in down.headers["Content-Disposition"]


@pytest.mark.parametrize(
    "wanted",
    [
        "../up.md",
        "a/../../up.md",
        "/etc/passwd",
        "C:/x.md",
        "c:x.md",
        "..\\up.md",
        "a/",
        "a\nb.md",
        "x" * 301,
        "a/" * 12 + "x.md",
        "Skill.md",
        "a/ /b.md",
    ],
)
def test_a_path_that_leads_out_or_is_no_path_is_refused(api, ada, path, wanted):
    reply = upload(api, ada, path, path=wanted)

    assert (reply.status_code, reply.json["detail"][0]["loc"]) == (422, ["path"]), reply.json
    assert stored() == set()


def test_a_path_is_unique_in_its_skill_and_a_name_alone_gives_way(api, ada, path):
    first = upload(api, ada, path, path="references/a.md")
    again = upload(api, ada, path, path="references\\a.md")
    plain = [upload(api, ada, path, name="b.md").json["path"] for _ in range(3)]

    assert (first.status_code, again.status_code) == (201, 409)
    assert 'already has a file "references/a.md"' in again.json["detail"]
    assert plain == ["b.md", "b (2).md", "b (3).md"]
    assert len(stored()) == 4


@pytest.mark.parametrize("description", ["1.10", "null", '{"a": 1}', '"quoted"', " ä\r\nb "])
def test_a_description_is_kept_to_the_letter(api, ada, path, description):
    assert upload(api, ada, path, description=description).json["description"] == description


@pytest.mark.parametrize(
    "content",
    [b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", b"<!doctype html><script>alert(1)</script>"],
)
def test_the_kind_is_told_from_the_content(api, ada, path, content):
    made = upload(api, ada, path, content, name="picture.png").json

    file = api.as_(ada).get(made["download_url"])

    assert made["content_type"] == "application/octet-stream"
    assert file.headers["Content-Type"] == "application/octet-stream"
    assert file.headers["Content-Disposition"].startswith("attachment")


def test_files_are_deleted_in_both_ways_after_the_change_is_saved(api, ada, path):
    first, second = (upload(api, ada, path).json["id"] for _ in range(2))

    deleted = api.as_(ada).delete(f"/api/skill-attachments/{first}")
    left = stored()
    patched = api.as_(ada).patch(path, json={"remove_attachment_ids": [second]})

    assert (deleted.status_code, len(left)) == (204, 1)
    assert (patched.status_code, patched.json["attachments"], stored()) == (200, [], set())
    assert api.as_(ada).get(f"/api/skill-attachments/{second}/download").status_code == 404
    assert db.session.query(Activity).filter_by(action="skill.updated").count() == 4


def test_only_files_of_the_skill_itself_can_be_removed(api, ada, path):
    other = f"/api/skills/{api.as_(ada).post('/api/skills', json={'name': 'Other'}).json['id']}"
    mine, theirs = upload(api, ada, path).json["id"], upload(api, ada, other).json["id"]

    reply = api.as_(ada).patch(path, json={"remove_attachment_ids": [mine, theirs], "name": "New"})

    assert (reply.status_code, reply.json["detail"][0]["loc"]) == (422, ["remove_attachment_ids"])
    assert len(stored()) == db.session.query(SkillAttachment).count() == 2
    assert api.as_(ada).get(path).json["name"] == "Voice"


def test_deleting_a_skill_deletes_its_files(api, ada, path):
    upload(api, ada, path)
    api.as_(ada).delete(path)

    assert stored() == set()
    assert db.session.query(SkillAttachment).count() == 0


def test_a_file_is_at_most_10_mb(api, ada, path):
    limit = 10 * 1024 * 1024

    fits = upload(api, ada, path, b"x" * limit)
    beyond = upload(api, ada, path, b"x" * (limit + 1))
    far_beyond = upload(api, ada, path, b"x" * (limit + 200_000))

    assert fits.status_code == 201
    assert beyond.status_code == far_beyond.status_code == 413
    assert "10 MB" in beyond.json["detail"]
    assert len(stored()) == 1


def test_all_files_of_a_skill_have_a_limit(api, ada, path, monkeypatch):
    monkeypatch.setattr(files, "MAX_TOTAL_BYTES", 2 * len(PDF))
    upload(api, ada, path)
    upload(api, ada, path)

    reply = upload(api, ada, path, b"x")

    assert (reply.status_code, len(stored())) == (413, 2)
    assert "in total" in reply.json["detail"]


def test_a_transaction_that_fails_leaves_no_file_behind(api, ada, path, monkeypatch):
    monkeypatch.setattr(files, "record_change", lambda *_args, **_details: 1 / 0)

    reply = upload(api, ada, path)

    assert reply.status_code == 500
    assert stored() == set()
    assert db.session.query(SkillAttachment).count() == 0


def test_a_file_that_vanished_from_the_store_says_so(api, ada, path):
    made = upload(api, ada, path).json
    stored_files.store().delete(stored().pop())

    reply = api.as_(ada).get(made["download_url"])

    assert (reply.status_code, "no longer in the file store" in reply.json["detail"]) == (404, True)
    assert api.as_(ada).delete(f"/api/skill-attachments/{made['id']}").status_code == 204


def test_what_is_no_upload_is_refused(api, ada, path):
    where = f"{path}/attachments"

    assert upload(api, ada, path, b"").status_code == 422
    assert api.as_(ada).post(where, json={"file": "x"}).status_code == 415
    assert api.as_(ada).post(where, data={"description": "x"}, content_type="multipart/form-data").status_code == 422
    assert api.as_(ada).post(where, data={"file": "x"}, content_type="multipart/form-data").status_code == 422
    assert upload(api, ada, path, other="x").status_code == 422
    assert upload(api, ada, path, description="a\x00b").status_code == 422
    assert upload(api, ada, "/api/skills/999").status_code == 404
    assert stored() == set()


def test_members_read_files_and_write_none(api, ada, mia, path):
    made = upload(api, ada, path).json

    assert upload(api, mia, path).status_code == 403
    assert api.as_(mia).delete(f"/api/skill-attachments/{made['id']}").status_code == 403
    assert api.as_(mia).get(made["download_url"]).status_code == 200
    assert api.get(made["download_url"]).status_code == 401
    assert len(stored()) == 1


def test_a_key_that_was_never_given_out_opens_nothing(api, ada, path):
    made = upload(api, ada, path).json
    attachment = db.session.get_one(SkillAttachment, made["id"])
    attachment.file_key = f"../{new_key()}"
    db.session.commit()

    assert api.as_(ada).get(made["download_url"]).status_code == 404

"""Invalid and malicious skill files are refused."""

import io
import os
import stat
import zipfile

import pytest

from helix.extensions import db
from helix.models import Skill
from helix.services.skills import importing
from tests.support.skill_files import FILE, packed, send, stored

pytestmark = pytest.mark.any_database


@pytest.mark.parametrize(
    "content",
    [
        "",
        " \n",
        b"\xff\xfe\x00bad",
        "---\n- a list\n---\n",
        "---\nname: x\n",
        "---\nname: [a]\n---\n",
        f"---\nname: {'x' * 121}\n---\n",
        '---\nname: "a\\0b"\n---\n',
        '---\nname: "a\\ud800b"\n---\n',
        "a\x00b",
        '---\nname: x\nother: "a\\0b"\n---\n',
        "---\nname: x\nversion: newest\n---\n",
        "---\nname: x\nactivation: {mode: sometimes}\n---\n",
        f"---\nname: x\nother: {'y' * 20_000}\n---\n",
        "---\nname: x\na: &a [1]\nb: *a\n---\n",
        "x" * 400_001,
        packed({"README.md": "no skill"}),
        packed({}),
        b"PK\x03\x04 no archive",
    ],
    # An archive carries the time: as a name it would differ from worker to worker.
    ids=lambda content: "an archive" if content[:2] == b"PK" else repr(content[:30]),
)
def test_what_is_no_skill_is_refused_in_words(api, ada, content):
    for choice in ({}, {"dry_run": "true"}):
        reply = send(api, ada, content, **choice)

        assert (reply.status_code, reply.json["detail"][0]["loc"]) == (422, ["file"])
    assert db.session.query(Skill).count() == 0


def test_a_name_made_from_a_long_heading_is_cut(api, ada):
    assert send(api, ada, "# " + "Long " * 40).json["name"] == ("Long " * 24).strip()


def _link():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("SKILL.md", FILE)
        link = zipfile.ZipInfo("secret")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    return out.getvalue()


@pytest.mark.parametrize(
    ("archive", "status"),
    [
        (lambda: packed({"SKILL.md": FILE, "../up.txt": "x"}), 422),
        (lambda: packed({"SKILL.md": FILE, "/etc/cron.d/x": "x"}), 422),
        (lambda: packed({"SKILL.md": FILE, "..\\up.txt": "x"}), 422),
        (_link, 422),
        (lambda: packed({"SKILL.md": FILE, "bomb.bin": b"\0" * 9_000_000}), 422),
        (lambda: packed({"SKILL.md": FILE, "large.bin": os.urandom(11_000_000)}), 413),
        (lambda: packed({"SKILL.md": FILE} | {f"{n}.txt": "x" for n in range(400)}), 422),
    ],
    ids=["upward", "absolute", "backslash", "link", "bomb", "large", "many"],
)
def test_archives_that_could_do_harm_are_refused(api, ada, archive, status):
    reply = send(api, ada, archive(), name="skill.zip")

    assert reply.status_code == status
    assert (db.session.query(Skill).count(), stored()) == (0, set())


def test_an_import_that_fails_leaves_no_files_behind(api, ada, monkeypatch):
    monkeypatch.setattr(importing, "record_change", lambda *_args, **_details: 1 / 0)

    reply = send(api, ada, packed({"SKILL.md": FILE, "a.txt": "a", "b.txt": "b"}))

    assert reply.status_code == 500
    assert (db.session.query(Skill).count(), stored()) == (0, set())


def test_what_is_no_upload_is_refused(api, ada):
    post = api.as_(ada).post

    assert post("/api/skills/import", json={"file": "x"}).status_code == 415
    assert post("/api/skills/import", data={}, content_type="multipart/form-data").status_code == 422
    assert send(api, ada, FILE, on_conflict="overwrite").status_code == 422
    assert send(api, ada, FILE, activate="perhaps").status_code == 422
    assert send(api, ada, FILE, more="x").status_code == 422


def test_members_do_not_import(api, mia):
    assert send(api, mia, FILE).status_code == 403
    assert send(api, mia, FILE, dry_run="true").status_code == 403
    assert api.post("/api/skills/import").status_code == 401

"""Importing a skill from a file, and exporting it."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from helix.extensions import db
from helix.models import Activity, Skill, SkillAttachment
from helix.text.cleaning import is_blank
from tests.support.photos import PLACE, photo_with_location
from tests.support.skill_files import FILE, packed, send, stored

SAID = (
    "name",
    "slug",
    "description",
    "version",
    "category",
    "tags",
    "content",
    "activation_mode",
    "activation_board_ids",
    "activation_tags",
)


def test_a_markdown_file_is_imported_as_the_reference_shows_and_waits_for_an_admin(api, ada):
    reply = send(api, ada, FILE)

    assert reply.status_code == 201
    assert {name: reply.json[name] for name in ("name", "description", "version", "content", "is_active", "notes")} == {
        "name": "Brand voice",
        "description": "How we write",
        "version": "1.2.0",
        "content": "# Voice\n",
        "is_active": False,
        "notes": [],
    }
    assert api.as_(ada).get(f"/api/skills/{reply.json['id']}").json == {
        name: value for name, value in reply.json.items() if name != "notes"
    }
    assert db.session.query(Activity).filter_by(action="skill.imported", entity_id=reply.json["id"]).count() == 1


@pytest.mark.parametrize(("query", "fields"), [("?activate=true", {}), ("", {"activate": "true"})])
def test_activate_may_stand_in_the_address_or_in_the_form(api, ada, query, fields):
    assert send(api, ada, FILE, query=query, **fields).json["is_active"] is True


def test_an_export_is_a_markdown_file_to_download(api, ada, mia):
    made = send(api, ada, FILE, activate="true").json

    reply = api.as_(mia).get(f"/api/skills/{made['id']}/export")

    assert reply.status_code == 200
    assert reply.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert reply.headers["Content-Disposition"] == "attachment; filename=brand-voice.md"
    assert reply.text == (
        "---\nname: Brand voice\ndescription: How we write\nversion: 1.2.0\ncategory: ''\ntags: []\n"
        "activation:\n  mode: always\n  boards: []\n  tags: []\n---\n\n# Voice\n"
    )


text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


visible = text.filter(lambda name: not is_blank(name))
tags = st.lists(visible.filter(lambda tag: len(tag.lower()) < 40), max_size=3)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=visible, description=text, category=text, content=text, tags=tags)
@example(
    name='A: "b" #c', description="x: y\n---\n", category="- a", content="---\na: b\n---\r\n\r\n# T\r\n", tags=["no"]
)
@example(name="1.10", description="\r\n\ttab ", category="null", content="\ufeff\n\n", tags=["1", "true", "ä, b"])
@example(name="日本語 😀", description="'", category="~", content="line\u2028\x85end", tags=["[x]"])
def test_importing_what_was_exported_gives_the_same_skill_back(api, ada, name, description, category, content, tags):
    fields = {"name": name, "description": description, "category": category, "content": content, "tags": tags}
    made = api.as_(ada).post("/api/skills", json=fields | {"version": "2.0.0-rc.1", "activation_tags": tags})
    assert made.status_code == 201, made.json
    exported = api.as_(ada).get(f"/api/skills/{made.json['id']}/export").data
    api.as_(ada).delete(f"/api/skills/{made.json['id']}")

    back = send(api, ada, exported)

    api.as_(ada).delete(f"/api/skills/{back.json['id']}")
    assert {field: back.json[field] for field in SAID} == {field: made.json[field] for field in SAID}


def test_boards_come_back_by_their_names(api, ada, make):
    boards = [make.board("Blog").id, make.board("Ideas").id, make.board("Ideas").id]
    fields = {"name": "Voice", "activation_mode": "board", "activation_board_ids": boards}
    made = api.as_(ada).post("/api/skills", json=fields).json
    exported = api.as_(ada).get(f"/api/skills/{made['id']}/export").text

    back = send(api, ada, exported, on_conflict="rename").json

    assert "- Blog\n" in exported
    assert (back["activation_mode"], back["activation_board_ids"], back["notes"]) == ("board", boards, [])


def test_a_board_that_is_not_here_is_named_in_a_note(api, ada, make):
    make.board("Ideas"), make.board("Ideas")
    head = "---\nname: Voice\nactivation: {mode: board, boards: [Blog, Ideas, 999]}\n---\n"

    reply = send(api, ada, head)

    assert (reply.status_code, reply.json["activation_board_ids"]) == (201, [])
    assert [note.split('"')[1] for note in reply.json["notes"]] == ["Blog", "Ideas", "999"]


def test_a_skill_of_the_ecosystem_keeps_its_other_keys(api, ada):
    made = send(api, ada, "---\nname: pdf\ndescription: Forms\nlicense: MIT\nmetadata:\n  a: 1\n---\n# PDF\n").json

    exported = api.as_(ada).get(f"/api/skills/{made['id']}/export").text

    assert "license: MIT\nmetadata:\n  a: 1\n" in exported


def test_a_folder_in_an_archive_brings_its_files(api, ada):
    archive = packed({"voice/SKILL.md": FILE, "voice/scripts/run.py": "print()", "voice/empty.txt": "", "README": "x"})

    reply = send(api, ada, archive, name="voice.zip")

    assert reply.status_code == 201
    assert [(file["name"], file["content_type"], file["size"]) for file in reply.json["attachments"]] == [
        ("run.py", "text/plain", 7),
        ("empty.txt", "text/plain", 0),
    ]
    assert api.as_(ada).get(reply.json["attachments"][0]["download_url"]).data == b"print()"
    assert [file["path"] for file in reply.json["attachments"]] == ["scripts/run.py", "empty.txt"]
    assert reply.json["notes"] == ['"README" is outside of the folder of the skill and was left out.']


def test_a_name_that_exists_is_a_conflict_unless_one_says_what_to_do(api, ada):
    first = send(api, ada, FILE, activate="true").json
    again = FILE.replace("# Voice", "# New").replace("Brand voice", "BRAND voice")

    refused = send(api, ada, packed({"SKILL.md": again, "a.txt": "a"}))
    renamed = send(api, ada, again, on_conflict="rename")
    version = send(api, ada, again, query="?on_conflict=new_version")

    assert (refused.status_code, refused.json["skill_id"]) == (409, first["id"])
    assert (renamed.status_code, renamed.json["name"]) == (201, "BRAND voice (2)")
    assert (version.status_code, version.json["id"], version.json["name"]) == (201, first["id"], "BRAND voice")
    assert (version.json["content"], version.json["version"], version.json["is_active"]) == ("# New\n", "1.2.1", False)
    assert len(api.as_(ada).get(f"/api/skills/{first['id']}/versions").json) == 2
    assert stored() == set()


def test_a_new_version_keeps_what_its_file_does_not_speak_of(api, ada, make):
    board = make.board().id
    fields = {"description": "Tone", "category": "Marketing", "tags": ["brand"], "content": "Old", "version": "1.0.0"}
    activation = {"activation_mode": "board", "activation_board_ids": [board]}
    api.as_(ada).post("/api/skills", json={"name": "Voice"} | fields | activation)

    plain = send(api, ada, "# Voice\nNew", on_conflict="new_version").json
    headed = send(api, ada, "---\nname: Voice\ntags: []\nversion: 3.0.0\n---\nNew", on_conflict="new_version").json

    kept = fields | activation
    assert {name: plain[name] for name in kept} == kept | {"content": "# Voice\nNew", "version": "1.0.1"}
    assert {name: headed[name] for name in kept} == kept | {"content": "New", "version": "3.0.0", "tags": []}


def test_files_of_the_same_name_are_replaced_by_a_new_version(api, ada):
    made = send(api, ada, packed({"SKILL.md": FILE, "a.txt": "old", "b.txt": "kept"})).json

    reply = send(api, ada, packed({"SKILL.md": FILE, "A.txt": "new"}), on_conflict="new_version").json

    assert reply["id"] == made["id"]
    contents = [api.as_(ada).get(file["download_url"]).data for file in reply["attachments"]]
    assert contents == [b"kept", b"new"]
    assert len(stored()) == 2


def test_a_dry_run_says_what_would_happen_and_saves_nothing(api, ada):
    archive = packed({"voice/SKILL.md": FILE, "voice/a.csv": "a,b\n1,2\n"})

    create = send(api, ada, archive, dry_run="true")
    made = send(api, ada, FILE).json
    replies = [send(api, ada, archive, query="?dry_run=true", **choice) for choice in CHOICES]

    assert (create.status_code, create.json["action"], create.json["existing_skill_id"]) == (200, "create", None)
    assert create.json["skill"]["name"] == "Brand voice"
    file = {"name": "a.csv", "path": "a.csv", "content_type": "text/csv", "size": 8}
    assert create.json["attachments"] == [file]
    assert [reply.json["action"] for reply in replies] == ["conflict", "rename", "new_version"]
    assert {reply.json["existing_skill_id"] for reply in replies} == {made["id"]}
    assert replies[1].json["skill"]["name"] == "Brand voice (2)"
    assert db.session.query(Skill).count() == 1
    assert (db.session.query(SkillAttachment).count(), stored()) == (0, set())


CHOICES = ({}, {"on_conflict": "rename"}, {"on_conflict": "new_version"})


def test_pictures_in_a_folder_do_not_tell_where_they_were_taken(api, ada):
    folder = {"SKILL.md": FILE, "kitchen.jpg": photo_with_location(), "half.jpg": photo_with_location()[:200]}

    made = send(api, ada, packed(folder), name="voice.zip").json
    (attachment,) = made["attachments"]
    down = api.as_(ada).get(attachment["download_url"]).data

    assert PLACE not in down
    assert (attachment["name"], attachment["size"]) == ("kitchen.jpg", len(down))
    assert len(made["notes"]) == 1
    assert '"half.jpg" was left out: This picture is damaged' in made["notes"][0]

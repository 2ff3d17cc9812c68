"""Exporting a skill with its files as a zip, and importing it unchanged."""

import io
import struct
import unicodedata
import zipfile
import zlib

import pytest

from tests.support.photos import PLACE, photo_with_location
from tests.support.skill_files import FILE, packed, send

pytestmark = pytest.mark.any_database

HEAD = (
    "\ufeff---\n# a comment\nname:   brand-voice\ndescription: Use when: somebody writes\n"
    "metadata:\n    version: 1.10\n    model-version: 2.50   # kept\nlicense: 'MIT'\nscale: 1.0e+2\n"
    'z: "\\ud83d\\ude80"\n'
    "a: [1,2]\n---\n\n\n# Voice\r\nText.\n"
)
FILES = {
    "references/a.md": b"# A\r\n",
    "references/deep/a.md": b"# Another\n",
    "scripts/__init__.py": b"",
    "scripts/run.py": b"print()\n",
    "assets/data.bin": bytes(range(256)),
    ".hidden/x.yml": b"a: 1\n",
    "résumé (1).txt": "é".encode(),
}


def exported(api, user, skill_id):
    reply = api.as_(user).get(f"/api/skills/{skill_id}/export?format=zip")
    assert reply.status_code == 200
    assert reply.headers["Content-Type"] == "application/zip"
    return reply.data


def contents(archive):
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {info.filename.partition("/")[2]: opened.read(info) for info in opened.infolist()}


def test_a_skill_comes_out_as_it_came_in_byte_for_byte(api, ada):
    folder = {f"voice/{path}": content for path, content in FILES.items()} | {"voice/SKILL.md": HEAD}

    made = send(api, ada, packed(folder), name="voice.zip").json
    archive = exported(api, ada, made["id"])
    api.as_(ada).delete(f"/api/skills/{made['id']}")
    back = send(api, ada, archive, name="brand-voice.zip").json

    assert contents(archive) == FILES | {"SKILL.md": HEAD.encode()}
    assert exported(api, ada, back["id"]) == archive
    same = ("name", "description", "version", "category", "tags", "content", "activation_mode")
    assert {field: back[field] for field in same} == {field: made[field] for field in same}
    assert made["description"] == "Use when: somebody writes"
    assert [file["path"] for file in made["attachments"]] == list(FILES)


def test_after_a_change_the_front_matter_says_it_and_keeps_the_other_keys_to_the_letter(api, ada):
    made = send(api, ada, HEAD).json
    api.as_(ada).patch(f"/api/skills/{made['id']}", json={"description": "New"})

    texts = [contents(exported(api, ada, made["id"]))["SKILL.md"].decode()]
    texts.append(api.as_(ada).get(f"/api/skills/{made['id']}/export").data.decode())

    for text in texts:
        assert "description: New\nversion: 1.0.0\n" in text
        assert (
            "metadata:\n    version: 1.10\n    model-version: 2.50   # kept\nlicense: 'MIT'\nscale: 1.0e+2\n"
            'z: "\\ud83d\\ude80"\na: [1,2]\n---\n'
        ) in text


def test_the_plain_export_is_the_markdown_file_of_the_reference(api, ada):
    made = send(api, ada, packed({"SKILL.md": FILE, "a.txt": "a"})).json

    plain = api.as_(ada).get(f"/api/skills/{made['id']}/export")
    named = api.as_(ada).get(f"/api/skills/{made['id']}/export?format=md")

    assert plain.headers["Content-Type"] == named.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert plain.data == named.data
    assert api.as_(ada).get(f"/api/skills/{made['id']}/export?format=pdf").status_code == 422


def test_a_new_version_replaces_the_files_of_the_same_paths_and_keeps_the_rest(api, ada):
    send(api, ada, packed({"SKILL.md": FILE, "a/x.md": "old", "b/x.md": "kept"}))

    reply = send(api, ada, packed({"SKILL.md": FILE, "a/x.md": "new"}), on_conflict="new_version").json

    files = {file["path"]: api.as_(ada).get(file["download_url"]).data for file in reply["attachments"]}
    assert files == {"b/x.md": b"kept", "a/x.md": b"new"}


def zipped(names, *, utf8=False, extra=None):
    """An archive whose names are these very bytes, with the flag for UTF-8 or without."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number, (name, content) in enumerate(names.items()):
            info = zipfile.ZipInfo(_placeholder(number, name))
            info.create_system = 3
            info.extra = extra(name) if extra else b""
            archive.writestr(info, content)
    data = out.getvalue()
    for number, name in enumerate(names):
        data = data.replace(_placeholder(number, name).encode(), name)
    return data


def _placeholder(number, name):
    return chr(ord("A") + number) + "~" * (len(name) - 1)


def test_names_without_the_flag_for_utf_8_are_read_as_finder_writes_them(api, ada):
    decomposed = unicodedata.normalize("NFD", "voice/café.txt").encode()
    archive = zipped({b"voice/SKILL.md": FILE, decomposed: "x", "voice/日本/メモ.md".encode(): "y"})

    made = send(api, ada, archive, name="voice.zip").json

    assert [file["path"] for file in made["attachments"]] == ["café.txt", "日本/メモ.md"]


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("cp437", ["Größe.txt", "Übung/naïve.md"]),
        ("cp850", ["Ærø.txt", "größe.md"]),
        ("cp932", ["手順書/データ.csv", "表.md"]),
        ("cp1252", ["Müller.txt", "Größe.md"]),
    ],
)
def test_names_in_the_code_page_of_a_country_are_read_sensibly(api, ada, page, names):
    archive = zipped({b"SKILL.md": FILE} | {name.encode(page): "x" for name in names})

    made = send(api, ada, archive, name="voice.zip").json

    assert [file["path"] for file in made["attachments"]] == names


def test_the_extra_field_with_the_name_in_utf_8_counts_for_that_name_alone(api, ada):
    def field(name):
        text = b"\x01" + struct.pack("<I", zlib.crc32(name)) + "Ω.txt".encode()
        return struct.pack("<HH", 0x7075, len(text)) + text if name != b"SKILL.md" else b""

    made = send(api, ada, zipped({b"SKILL.md": FILE, b"\xea.txt": "x"}, extra=field), name="a.zip").json

    assert [file["path"] for file in made["attachments"]] == ["Ω.txt"]


def test_what_systems_leave_behind_stays_out_and_hidden_files_are_named(api, ada):
    clutter = [
        "__MACOSX/voice/._SKILL.md",
        "voice/._note.txt",
        "voice/.DS_Store",
        "voice/a/Thumbs.db",
        "voice/DESKTOP.ini",
    ]
    folder = dict.fromkeys(clutter, "x") | {
        "voice/SKILL.md": FILE,
        "voice/note.txt": "n",
        "voice/.env": "A=1",
        "voice/.github/x.yml": "a: 1",
        "voice/.git/config": "[core]",
    }

    made = send(api, ada, packed(folder), name="voice.zip").json

    assert [file["path"] for file in made["attachments"]] == ["note.txt", ".env", ".github/x.yml"]
    assert made["notes"] == [
        'The folder ".git" was left out.',
        "Hidden files came along: .env, .github/x.yml. Delete those that agents should not read.",
    ]


def test_backslashes_of_windows_separate_folders(api, ada):
    archive = zipped({rb"My Skill\SKILL.md": FILE, rb"My Skill\references\a.md": "a", b"My Skill\\scripts\\": ""})

    made = send(api, ada, archive, name="My Skill.zip").json

    assert [file["path"] for file in made["attachments"]] == ["references/a.md"]


def test_names_that_are_the_same_once_composed_do_not_collide(api, ada):
    composed, apart = "é.txt".encode(), "e\u0301.txt".encode()

    made = send(api, ada, zipped({b"SKILL.md": FILE, composed: "1", apart: "2"}), name="a.zip").json

    files = {file["path"]: api.as_(ada).get(file["download_url"]).data for file in made["attachments"]}
    assert files == {"é.txt": b"1", "é (2).txt": b"2"}
    assert "Two files were called" in made["notes"][0]


def test_pictures_come_back_byte_for_byte_once_they_were_cleaned(api, ada):
    made = send(api, ada, packed({"SKILL.md": FILE, "kitchen.jpg": photo_with_location()}), name="a.zip").json
    archive = exported(api, ada, made["id"])
    api.as_(ada).delete(f"/api/skills/{made['id']}")

    back = send(api, ada, archive, name="a.zip").json

    assert PLACE not in archive
    assert exported(api, ada, back["id"]) == archive

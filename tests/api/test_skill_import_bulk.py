"""Importing several skills at once, from an archive or several files."""

import io
import stat
import zipfile

import pytest

from helix.extensions import db
from helix.models import Skill
from tests.support.skill_files import FILE, packed, send, stored


def skill(name, text="Text."):
    return f"---\nname: {name}\ndescription: About {name}\n---\n{text}\n"


REPOSITORY = {
    "repo-main/README.md": "# About",
    "repo-main/skills/pdf/SKILL.md": skill("pdf"),
    "repo-main/skills/pdf/references/a.md": "# A",
    "repo-main/skills/docx/SKILL.md": skill("docx"),
    "repo-main/skills/docx/nested/SKILL.md": skill("inner"),
    "repo-main/broken/SKILL.md": "---\nname: [a]\n---\n",
    "repo-main/LICENSE": "MIT",
}


def report(reply):
    assert reply.status_code == 200, reply.json
    return {line["source"]: (line["name"], line["action"]) for line in reply.json["skills"]}


def names():
    db.session.expire_all()
    return sorted(name for (name,) in db.session.query(Skill.name))


def test_every_folder_with_a_skill_is_imported_on_its_own_with_a_report(api, ada):
    reply = send(api, ada, packed(REPOSITORY), name="repo.zip")

    assert report(reply) == {
        "repo.zip/repo-main/broken": ("", "refused"),
        "repo.zip/repo-main/skills/docx": ("docx", "create"),
        "repo.zip/repo-main/skills/pdf": ("pdf", "create"),
    }
    lines = {line["name"]: line for line in reply.json["skills"]}
    assert "name in the front matter must be a single text" in lines[""]["problem"]
    assert (lines["pdf"]["files"], lines["docx"]["files"]) == (1, 1)
    assert names() == ["docx", "pdf"]
    shown = api.as_(ada).get(f"/api/skills/{lines['pdf']['skill_id']}").json
    assert (shown["is_active"], [file["path"] for file in shown["attachments"]]) == (False, ["references/a.md"])
    assert "README.md" in reply.json["notes"][0]


def test_some_of_them_can_be_chosen_after_a_dry_run(api, ada):
    dry = send(api, ada, packed(REPOSITORY), name="repo.zip", dry_run="true")
    chosen = next(line["source"] for line in dry.json["skills"] if line["name"] == "pdf")
    left = names()

    reply = send(api, ada, packed(REPOSITORY), name="repo.zip", only=[chosen])

    assert (dry.json["dry_run"], len(dry.json["skills"]), left) == (True, 3, [])
    assert report(reply) == {chosen: ("pdf", "create")}
    assert names() == ["pdf"]


@pytest.mark.parametrize(
    ("choice", "action", "after"),
    [
        ({}, "conflict", ["docx", "pdf"]),
        ({"on_conflict": "rename"}, "rename", ["docx", "pdf", "pdf (2)"]),
        ({"on_conflict": "new_version"}, "new_version", ["docx", "pdf"]),
    ],
)
def test_a_name_that_exists_concerns_that_skill_alone(api, ada, choice, action, after):
    there = send(api, ada, skill("PDF" if action == "conflict" else "pdf", "Old.")).json

    reply = send(api, ada, packed(REPOSITORY), name="repo.zip", **choice)

    line = next(line for line in reply.json["skills"] if line["name"].startswith("pdf"))
    assert (line["action"], line["existing_skill_id"]) == (action, there["id"])
    assert [name.casefold() for name in names()] == after or sorted(map(str.casefold, names())) == after
    assert api.as_(ada).get(f"/api/skills/{there['id']}").json["content"] == (
        "Text.\n" if action == "new_version" else "Old.\n"
    )


def test_several_files_come_in_one_request(api, ada):
    files = [
        (io.BytesIO(content), name)
        for content, name in (
            (FILE.encode(), "voice.md"),
            (packed({"a/SKILL.md": skill("a"), "b/SKILL.md": skill("A")}), "two.zip"),
            (b"PK\x03\x04 damaged", "bad.zip"),
            (b"", "empty.md"),
        )
    ]

    reply = api.as_(ada).post("/api/skills/import", data={"file": files[:2], "files": files[2:]})

    assert report(reply) == {
        "voice.md": ("Brand voice", "create"),
        "two.zip/a": ("a", "create"),
        "two.zip/b": ("A", "conflict"),
        "bad.zip": ("", "refused"),
        "empty.md": ("", "refused"),
    }
    assert names() == ["Brand voice", "a"]


def test_a_skill_that_could_do_harm_keeps_only_itself_back(api, ada):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("good/SKILL.md", skill("good"))
        archive.writestr("bomb/SKILL.md", skill("bomb"))
        archive.writestr("bomb/zeros", b"\0" * 9_000_000)
        archive.writestr("link/SKILL.md", skill("link"))
        link = zipfile.ZipInfo("link/secret")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("many/SKILL.md", skill("many"))
        for number in range(300):
            archive.writestr(f"many/{number}", "")

    reply = send(api, ada, out.getvalue(), name="x.zip")

    assert {source: action for source, (_name, action) in report(reply).items()} == {
        "x.zip/bomb": "refused",
        "x.zip/good": "create",
        "x.zip/link": "refused",
        "x.zip/many": "refused",
    }
    assert (names(), stored()) == (["good"], set())


def test_one_skill_below_folders_is_answered_as_the_reference_shows(api, ada):
    reply = send(api, ada, packed({"repo-main/skills/pdf/SKILL.md": skill("pdf"), "repo-main/README.md": "x"}))

    assert (reply.status_code, reply.json["name"], reply.json["is_active"]) == (201, "pdf", False)


def test_members_do_not_import_several(api, mia):
    assert send(api, mia, packed(REPOSITORY)).status_code == 403

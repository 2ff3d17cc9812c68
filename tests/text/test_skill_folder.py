import io
import stat
import struct
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helix.errors import HelixError, TooLarge
from helix.text import skill_folder
from helix.text.skill_file import SkillFileError
from helix.text.skill_folder import read_zip

SKILL = "---\nname: PDF forms\ndescription: x\n---\n\n# PDF\n"


def packed(files, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def read(content):
    return read_zip(io.BytesIO(content))


def test_the_other_files_of_the_folder_become_attachments():
    folder = read(
        packed(
            {
                "pdf/SKILL.md": SKILL,
                "pdf/scripts/run.py": "print()",
                "pdf/other/run.py": "pass",
                "pdf/forms.md": "# Forms",
                "pdf/.DS_Store": "x",
                "__MACOSX/pdf/._SKILL.md": "x",
                "README.md": "about",
            }
        )
    )

    assert folder.skill.name == "PDF forms"
    assert [(file.name, file.path, file.content) for file in folder.attachments] == [
        ("run.py", "scripts/run.py", b"print()"),
        ("other-run.py", "other/run.py", b"pass"),
        ("forms.md", "forms.md", b"# Forms"),
    ]
    assert folder.left_out == ("README.md",)


def test_the_skill_may_lie_at_the_top_and_in_any_case():
    folder = read(packed({"skill.md": SKILL, "a/SKILL.md": "inner", "empty/": ""}))

    assert folder.skill.content == "# PDF\n"
    assert [file.path for file in folder.attachments] == ["a/SKILL.md"]


@pytest.mark.parametrize(
    "path", ["../evil", "a/../../evil", "/etc/passwd", "C:/evil", "C:\\evil", "..\\evil", "./../x"]
)
def test_a_path_that_leads_out_is_refused(path):
    with pytest.raises(SkillFileError, match="lies outside"):
        read(packed({"SKILL.md": SKILL, path: "x"}))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_a_link_is_refused(kind):
    link = zipfile.ZipInfo("link")
    link.create_system = 3
    link.external_attr = (kind | 0o777) << 16

    with pytest.raises(SkillFileError, match="holds a link"):
        read(packed({"SKILL.md": SKILL, link: "/etc/passwd"}))


def test_an_encrypted_archive_is_refused():
    content = bytearray(packed({"SKILL.md": SKILL}))
    content[content.index(b"PK\x01\x02") + 8] |= 1

    with pytest.raises(SkillFileError, match="encrypted"):
        read(bytes(content))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_unpack_without_a_limit_are_refused(method):
    with pytest.raises(SkillFileError, match="unusual way"):
        read(packed({"SKILL.md": SKILL}, method))


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"README.md": "x"}, "no SKILL.md"),
        ({}, "no SKILL.md"),
        ({"a/SKILL.md": SKILL, "b/SKILL.md": SKILL}, "several skills"),
        ({"SKILL.md": SKILL} | {f"f{n}": "" for n in range(300)}, "too many files"),
        ({"SKILL.md": b"\xff\xfe"}, "UTF-8"),
    ],
)
def test_an_archive_that_is_no_skill_is_refused_in_words(files, sentence):
    with pytest.raises(SkillFileError, match=sentence):
        read(packed(files))


def test_the_same_path_twice_is_refused():
    content = packed({"SKILL.md": SKILL, "SKILL.xx": "another"}).replace(b"SKILL.xx", b"SKILL.md")

    with pytest.raises(SkillFileError, match="twice"):
        read(content)


def test_a_bomb_is_refused_while_it_unpacks():
    bomb = packed({"SKILL.md": SKILL, "zeros": b"\0" * 9_000_000})

    with pytest.raises(SkillFileError, match="far too tightly"):
        read(bomb)


def test_a_bomb_that_lies_about_its_size_is_refused_as_well():
    content = packed({"SKILL.md": SKILL, "zeros": b"\0" * 9_000_000})
    lying = content.replace(struct.pack("<I", 9_000_000), struct.pack("<I", 10))

    with pytest.raises(SkillFileError):
        read(lying)


def test_one_file_has_a_limit_and_all_together_too(monkeypatch):
    monkeypatch.setattr(skill_folder, "LARGEST_ATTACHMENT", 2 * skill_folder.MEGABYTE)
    monkeypatch.setattr(skill_folder, "LARGEST_TOTAL", 5 * skill_folder.MEGABYTE)

    with pytest.raises(TooLarge, match=r'"a" is too large: at most 2 MB'):
        read(packed({"SKILL.md": SKILL, "a": b"x" * 2_200_000}, zipfile.ZIP_STORED))
    with pytest.raises(TooLarge, match="at most 5 MB in all"):
        read(packed({"SKILL.md": SKILL} | {f"f{n}": b"x" * 2_000_000 for n in range(3)}, zipfile.ZIP_STORED))


def test_a_table_of_contents_that_would_fill_the_memory_is_not_even_read():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(20_000):
            archive.writestr(f"{number:05}", "")
    reads = []

    class Watched(io.BytesIO):
        def read(self, size=-1):
            reads.append(size)
            return super().read(size)

    with pytest.raises(SkillFileError, match="too many files"):
        read_zip(Watched(out.getvalue()))

    assert max(reads) <= skill_folder.MEGABYTE


@pytest.mark.parametrize("content", [b"", b"PK", b"no archive", b"PK\x05\x06" + b"\0" * 18 + b"x"])
def test_what_is_no_archive_is_refused_in_words(content):
    with pytest.raises(SkillFileError):
        read(content)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_damaged_archive_is_read_or_refused_in_words(data):
    content = bytearray(packed({"a/SKILL.md": SKILL, "a/b.txt": "hello" * 20}))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))

    try:
        folder = read(bytes(content[: data.draw(st.integers(1, len(content)))]))
    except HelixError:
        return
    assert folder.skill.name

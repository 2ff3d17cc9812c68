"""read_skill and read_skill_file: an agent reads its own skills and their files."""

from io import BytesIO

import pytest

from helix.services import skills
from tests.support.people import as_actor

RULES = b"Never use exclamation marks."


@pytest.fixture
def voice(ada, desk):
    actor = as_actor(ada)
    voice = skills.create(actor, name="Brand Voice", content="See references/rules.md.", agent_ids=[desk.agent.id])
    skills.attach(actor, voice.id, BytesIO(RULES), name="rules.md", path="references/rules.md")
    skills.attach(actor, voice.id, BytesIO(bytes(range(256))), name="data.bin", path="assets/data.bin")
    return voice


def read(desk, path, **more):
    return desk.call("read_skill_file", **({"name": "brand voice", "path": path} | more))


def test_a_skill_names_its_files(desk, voice):
    text = desk.call("read_skill", name="Brand Voice").text

    assert text.startswith("See references/rules.md.\n\nFiles of this skill")
    assert "- references/rules.md (text/plain, 28 bytes)" in text
    assert "- assets/data.bin (application/octet-stream, 256 bytes): Files of this kind have no text" in text


@pytest.mark.parametrize("path", ["references/rules.md", "./references/rules.md", " references/rules.md "])
def test_a_file_is_read_by_its_path(desk, voice, path):
    result = read(desk, path)

    assert (result.text, result.is_error, result.brings_untrusted) == (RULES.decode(), False, False)


def test_a_long_file_comes_in_parts(ada, desk, voice):
    skills.attach(as_actor(ada), voice.id, BytesIO(b"x" * 20_000 + b"the end"), name="long.txt")

    first, second = read(desk, "long.txt").text, read(desk, "long.txt", offset=20_000).text

    assert 'Go on with read_skill_file("brand voice", "long.txt") and offset 20000.' in first
    assert second == "the end"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("rules.md", "It has: assets/data.bin, references/rules.md."),
        ("../../etc/passwd", "has no file"),
        ("assets/data.bin", "Files of this kind have no text"),
    ],
)
def test_what_cannot_be_read_is_told(desk, voice, path, words):
    result = read(desk, path)

    assert result.is_error
    assert words in result.text


def test_files_of_skills_of_others_do_not_exist(ada, desk, voice):
    secret = skills.create(as_actor(ada), name="Secret", content="x", agent_ids=[])
    skills.attach(as_actor(ada), secret.id, BytesIO(RULES), name="rules.md")

    result = read(desk, "rules.md", name="Secret")

    assert (result.is_error, result.text) == (True, "You have no skill Secret. You have: Brand Voice.")

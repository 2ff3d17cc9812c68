import pytest
from hypothesis import given
from hypothesis import strategies as st

from helix.models.vocabulary import ActivationMode
from helix.text.front_matter import FrontMatterError
from helix.text.skill_file import Activation, ImportedSkill, SkillFileError, export, read_bytes, read_markdown

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
words = st.lists(text.filter(bool), max_size=3, unique=True).map(tuple)
skills = st.builds(
    ImportedSkill,
    name=text.map(lambda name: " ".join(name.split())).filter(bool),
    description=text,
    content=text,
    version=st.none() | st.tuples(*[st.integers(0, 99)] * 3).map(lambda parts: ".".join(map(str, parts))),
    category=st.none() | text,
    tags=words,
    activation=st.builds(
        Activation,
        mode=st.sampled_from(ActivationMode),
        boards=st.lists(st.integers(1, 99) | text, max_size=3).map(tuple),
        tags=words,
    ),
    extra=st.dictionaries(
        text.filter(lambda key: key not in ImportedSkill.__slots__), st.integers() | text, max_size=2
    ),
)


@given(skills)
def test_importing_what_was_exported_gives_the_same_skill_back(skill):
    exported = export({name: getattr(skill, name) for name in ImportedSkill.__slots__})

    assert read_bytes(exported.encode()) == skill


def test_an_export_is_readable():
    skill = {"name": "Brand voice", "description": "How we write", "version": "1.2.0", "category": "Marketing"}
    activation = {"mode": "board", "boards": [3], "tags": []}

    exported = export(skill | {"tags": ["writing"], "activation": activation, "content": "# Voice\n"})

    assert exported == (
        "---\nname: Brand voice\ndescription: How we write\nversion: 1.2.0\ncategory: Marketing\ntags:\n  - writing\n"
        "activation:\n  mode: board\n  boards:\n    - 3\n  tags: []\n---\n\n# Voice\n"
    )


def test_a_skill_of_the_ecosystem_keeps_its_other_keys():
    skill = read_markdown(
        "---\nname: pdf-forms\ndescription: Fill in forms\nlicense: MIT\nmetadata:\n  author: someone\n"
        "allowed-tools: Read, Write\n---\n\n# PDF forms\n"
    )

    assert (skill.name, skill.description, skill.version) == ("pdf-forms", "Fill in forms", None)
    assert skill.extra == {"license": "MIT", "metadata": {"author": "someone"}, "allowed-tools": "Read, Write"}
    assert skill.content == "# PDF forms\n"


def test_a_file_without_a_name_is_called_by_its_first_heading_or_its_file():
    assert read_markdown("intro\n\n## Tone of voice ##\r\n\n# Other").name == "Tone of voice"
    assert read_markdown("no heading", file_name="folder\\house style.md").name == "house style"
    with pytest.raises(SkillFileError, match="has no name"):
        read_markdown("no heading")


def test_values_are_taken_as_they_were_meant():
    skill = read_markdown("---\nname: 42\nversion: 1.10\ntags: a, b , a,\nactivation: tag\n---\n")

    assert (skill.name, skill.version, skill.tags) == ("42", "1.10.0", ("a", "b"))
    assert skill.activation.mode == "tag"


@pytest.mark.parametrize(
    ("head", "sentence"),
    [
        ("name: [a]", "name in the front matter"),
        ("description: {a: b}", "description in the front matter"),
        ("version: newest", "version in the front matter cannot be used"),
        ("tags: {a: b}", "tags in the front matter"),
        ("tags: [[a]]", "tags in the front matter"),
        ("activation: [a]", "activation in the front matter"),
        ("activation: sometimes", "must be always, board or tag"),
        ("activation: {mode: [a]}", "must be always, board or tag"),
        ("activation: {boards: 3}", "list of boards"),
        ("activation: {boards: [true]}", "list of boards"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(head, sentence):
    with pytest.raises(SkillFileError, match=sentence):
        read_markdown(f"---\nname: x\n{head}\n---\n".replace("name: x\nname", "name"))


def test_front_matter_that_is_no_mapping_is_refused():
    with pytest.raises(FrontMatterError, match="must be a mapping"):
        read_markdown("---\n- a\n---\n# Title")


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(SkillFileError, match="UTF-8"):
        read_bytes(b"\xff\xfe\x00")


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("# House style ##\n", "House style"),
        ("intro\r\n## House  style \r\nmore", "House style"),
        ("# #\n# Style\n", "Style"),
        ("# C#\n", "C"),
        ("####### no heading\n# Style", "Style"),
    ],
)
def test_the_name_is_what_stands_in_the_first_heading(content, name):
    assert read_markdown(content).name == name


@pytest.mark.parametrize("line", ["# " + "# " * 500_000, "# a" + " #" * 500_000 + "b", "# a" + " " * 500_000 + "b"])
def test_a_heading_of_a_million_characters_is_read_at_once(line):
    """With the square of its length it would take hours."""
    assert read_markdown(line + "\n# Style\n").name

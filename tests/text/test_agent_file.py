"""Agent definitions in the formats of public collections."""

from pathlib import PurePosixPath

import pytest

from helix.text.agent_file import department_of, first_sentence, is_agent, read_bytes, read_markdown, readable_name
from helix.text.front_matter import ImportFileError

SUB_AGENT = """---
name: code-reviewer
description: Reviews changes for faults. Use PROACTIVELY after every change.
tools: Read, Grep, Bash
model: sonnet
color: "#4285F4"
---

You review code.
"""
# An unquoted description over several lines, with lines that look like keys.
BROKEN = """---
name: ui-designer
description: Use this agent when designing: screens. Examples:\\n\\n<example>
user: "We need a screen"\\nassistant: "I'll draw it"
<commentary>
It's the right one: always.
</commentary>
color: magenta
tools: Write, Read
---
You are a designer.
"""
OPEN_CODE = """---
description: Writes documentation
mode: subagent
model: anthropic/claude-sonnet-4-5
temperature: 0.10
tools:
  write: false
  bash: false
---
You write documentation.
"""


def test_a_sub_agent_becomes_an_agent_with_the_rest_kept_as_notes():
    agent = read_markdown(SUB_AGENT, file_name="code-reviewer.md")

    assert (agent.name, agent.role_title, agent.model) == ("code-reviewer", "Reviews changes for faults", "sonnet")
    assert agent.prompt == "You review code."
    assert agent.notes == (
        "Reviews changes for faults. Use PROACTIVELY after every change.\n\n"
        'tools: Read, Grep, Bash\nmodel: sonnet\ncolor: "#4285F4"'
    )
    assert agent.problems == ()


def test_a_front_matter_that_is_no_yaml_is_read_line_by_line_with_a_note():
    agent = read_markdown(BROKEN)

    assert (agent.name, agent.prompt) == ("ui-designer", "You are a designer.")
    assert agent.role_title == "Use this agent when designing: screens"
    assert 'user: "We need a screen"' in agent.notes
    assert "color: magenta\ntools: Write, Read" in agent.notes
    assert "read line by line" in agent.problems[0]


def test_without_a_name_the_file_gives_it_as_open_code_and_copilot_have_it():
    agent = read_markdown(OPEN_CODE, file_name="docs/docs-writer.agent.md")

    assert (agent.name, agent.model) == ("docs-writer", "anthropic/claude-sonnet-4-5")
    assert "temperature: 0.10\ntools:\n  write: false\n  bash: false" in agent.notes


def test_a_plain_prompt_is_called_by_its_heading_else_by_its_file():
    assert read_markdown("# The Reviewer\n\nReview.", file_name="x.md").name == "The Reviewer"
    assert read_markdown("Review.", file_name="a/reviewer.md").name == "reviewer"
    with pytest.raises(ImportFileError, match="has no name"):
        read_markdown("Review.")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"---\nname: x\n---\n\n", "no text below its front matter"),
        (b"", "no text"),
        (b"\xff\xfe", "UTF-8"),
        (b"---\nname: x\n", "not closed"),
        (b"---\n- a\n---\nText", "must be a mapping"),
    ],
)
def test_what_is_no_agent_is_refused_in_words(content, sentence):
    with pytest.raises(ImportFileError, match=sentence):
        read_bytes(content)


@pytest.mark.parametrize(
    ("text", "whether"),
    [
        (SUB_AGENT, True),
        (BROKEN, True),
        (OPEN_CODE, True),
        ("# Readme\n\nText", False),
        ("---\nlayout: page\n---\nText", False),
        ("---\ndescription: Fix an issue\nargument-hint: [number]\n---\nFix it.", False),
        ("---\ndescription: Commit\nallowed-tools: Bash\n---\nCommit.", False),
        ("---\nname: x\n", False),
    ],
)
def test_among_many_files_agents_are_told_by_their_front_matter(text, whether):
    assert is_agent(text) is whether


@pytest.mark.parametrize(
    ("path", "department"),
    [
        ("engineering/x.md", "Engineering"),
        ("project-management/x.md", "Project Management"),
        ("plugins/backend-development/agents/x.md", "Backend Development"),
        (".claude/agents/x.md", ""),
        ("x.md", ""),
    ],
)
def test_folders_suggest_departments(path, department):
    assert department_of(PurePosixPath(path)) == department


def test_names_and_first_sentences_read_well():
    assert readable_name("seo-specialist") == "Seo Specialist"
    assert readable_name("SEO-Profi") == "SEO-Profi"
    assert readable_name("ada lovelace") == "ada lovelace"
    assert first_sentence("One.\\nTwo") == "One"
    assert first_sentence("Version 1.2 is out. Two.") == "Version 1.2 is out"
    assert len(first_sentence("long words " * 40)) <= 120
    assert first_sentence("long words " * 40).endswith("…")

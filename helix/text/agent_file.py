"""An agent as one markdown file: front matter with name and description, and its prompt below.

The formats of the public collections: sub-agents of Claude Code (`name`, `description`, `tools`, `model`, `color`),
agents of OpenCode and Copilot (`description`, `mode`; the file's name is the agent's), and plain prompts.
"""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from helix.text import front_matter
from helix.text.front_matter import FrontMatterError, ImportFileError

LARGEST = 1024 * 1024
LONGEST_ROLE = 120
LONGEST_NOTES = 20_000
_AS_WRITTEN = ("name", "description", "model", "department", "role", "title", "version", "color")
# Keys of commands and skills, which no agent has.
_OF_COMMANDS = {"argument-hint", "allowed-tools", "disable-model-invocation"}
# Keys that are recognized in invalid front matter; all other lines continue the value above.
_KNOWN = (
    "name|description|model|tools|color|emoji|vibe|category|department|version|author|tags|role|title|mode|temperature"
    "|permissionMode|permission|maxTurns|skills|memory|mcp-servers|mcpServers|handoffs|target|license|hooks|background"
)
_KEY_LINE = re.compile(rf"(?P<key>{_KNOWN}):(?:[ \t]+(?P<value>.*)|[ \t]*)$")
_GENERIC = {"agents", "agent", "plugins", "plugin", "subagents", "src", "prompts", "chatmodes", "main", "definitions"}
_HEADING = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
_ENDINGS = (".agent", ".chatmode", ".subagent", ".prompt")
_SENTENCE_END = re.compile(r"(?<=[.!?。！？])(?:\s|$)|\n")


@dataclass(frozen=True, slots=True)
class AgentFile:
    """`model` is the name in the file. `notes` are the description and all other keys, as text for people."""

    name: str
    role_title: str
    prompt: str
    model: str = ""
    department: str = ""
    notes: str = ""
    problems: tuple[str, ...] = ()


def read_bytes(content: bytes, *, file_name: str = "") -> AgentFile:
    """Raises ImportFileError with a sentence."""
    try:
        return read_markdown(content.decode("utf-8"), file_name=file_name)
    except UnicodeDecodeError as error:
        raise ImportFileError("The file is no UTF-8 text. Save it as UTF-8, then import it again.") from error


def read_markdown(text: str, *, file_name: str = "") -> AgentFile:
    """The agent in a file. Invalid YAML front matter is read line by line, with a note in `problems`.

    Raises ImportFileError, FrontMatterError.
    """
    head, lines, body, problems = _split(text)
    prompt = body.strip()
    if not prompt:
        raise ImportFileError("The file has no text below its front matter, which would be the prompt of the agent.")
    stem = _stem(file_name)
    heading = _HEADING.search(prompt)
    # Without front matter the heading is the name; with it the file name, as in OpenCode.
    derived = stem if head and stem else heading.group(1) if heading else stem
    name = _line(head.get("name")) or _line(derived)
    if not name:
        raise ImportFileError("The agent has no name. Add a line such as name: reviewer to its front matter.")
    description = _text(head.get("description"))
    return AgentFile(
        name=name,
        role_title=_line(head.get("role")) or _line(head.get("title")) or first_sentence(description),
        prompt=prompt,
        model=_line(head.get("model")),
        department=_line(head.get("department")),
        notes=_notes(description, lines),
        problems=tuple(problems),
    )


def is_agent(text: str) -> bool:
    """Whether a file among many is an agent: it has a name, or a description and nothing that commands have."""
    try:
        head, _lines, _body, _problems = _split(text)
    except FrontMatterError:
        return False
    if _OF_COMMANDS.intersection(head):
        return False
    return bool(_line(head.get("name")) or _line(head.get("description")))


def first_sentence(description: str) -> str:
    """The first sentence, at most 120 characters, cut between words."""
    plain = description.replace("\\n", "\n").strip()
    sentence = " ".join(_SENTENCE_END.split(plain, maxsplit=1)[0].split()).removesuffix(".")
    if len(sentence) <= LONGEST_ROLE:
        return sentence
    return f"{sentence[: LONGEST_ROLE - 1].rsplit(' ', 1)[0].rstrip(' ,;:')}…"


def readable_name(name: str) -> str:
    """ "seo-specialist" as "Seo Specialist"; a name with blanks or capitals stays as it is."""
    if " " in name or name != name.lower():
        return name
    return " ".join(word[:1].upper() + word[1:] for word in re.split(r"[-_]+", name) if word) or name


def department_of(path: PurePosixPath) -> str:
    """The department from the folders of a repository: the nearest one whose name is not generic, such as agents."""
    named = [part for part in path.parts[:-1] if part.lower() not in _GENERIC and not part.startswith(".")]
    return " ".join(word[:1].upper() + word[1:] for word in re.split(r"[-_ ]+", named[-1]) if word) if named else ""


def _split(text: str) -> tuple[dict[str, Any], dict[str, str], str, list[str]]:
    """The front matter, its lines by key, the body, and problems."""
    parts = front_matter.split(text)
    if not parts.head:
        return {}, {}, parts.body, []
    try:
        head, body = front_matter.parse(text, as_written=_AS_WRITTEN)
        return head, front_matter.segments(text), body, []
    except FrontMatterError as error:
        head = _line_by_line(parts.yaml)
        if not head:
            raise
        lines = {key: f"{key}: {value}\n" for key, value in head.items()}
        return dict(head), lines, parts.body, [f"Its front matter was read line by line. {error}"]


def _line_by_line(source: str) -> dict[str, str]:
    values: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in source.splitlines():
        key = _KEY_LINE.match(line)
        if key and key["key"] not in values:
            current = values.setdefault(key["key"], [key["value"] or ""])
        elif current is not None:
            current.append(line)
    return {key: "\n".join(lines).strip().strip("\"'") for key, lines in values.items()}


def _notes(description: str, lines: dict[str, str]) -> str:
    """The description, and the lines of the other keys."""
    others = "".join(text for key, text in lines.items() if key not in ("name", "description"))
    notes = "\n\n".join(part.strip() for part in (description.replace("\\n", "\n"), others) if part.strip())
    return notes if len(notes) <= LONGEST_NOTES else f"{notes[: LONGEST_NOTES - 1]}…"


def _stem(file_name: str) -> str:
    stem = PurePosixPath(file_name.replace("\\", "/")).stem
    return next((stem.removesuffix(ending) for ending in _ENDINGS if stem.endswith(ending)), stem)


def _text(value: Any) -> str:
    """The value if it is a text, else an empty string."""
    return value if isinstance(value, str) else ""


def _line(value: Any) -> str:
    return " ".join(_text(value).split())

"""A skill as one markdown file: our own export, and SKILL.md of the agent-skills ecosystem."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from helix.models.vocabulary import ActivationMode
from helix.text import front_matter, versions
from helix.text.front_matter import ImportFileError

OWN_KEYS = ("name", "description", "version", "category", "tags", "activation")
_AS_WRITTEN = ("name", "description", "version", "category")
_HEADING = re.compile(r"^#{1,6}[ \t]+([^\r\n]+)", re.MULTILINE)
# A derived name is truncated; a given one is validated by the caller.
_LONGEST_DERIVED_NAME = 120


# Raised for invalid skill files and for archives with them.
SkillFileError = ImportFileError


@dataclass(frozen=True, slots=True)
class Activation:
    """`boards` are ids or names as in the file, to be resolved by the caller."""

    mode: ActivationMode = ActivationMode.ALWAYS
    boards: tuple[int | str, ...] = ()
    tags: tuple[str, ...] = ()

    def as_mapping(self) -> dict[str, Any]:
        return {"mode": str(self.mode), "boards": list(self.boards), "tags": list(self.tags)}


@dataclass(frozen=True, slots=True)
class ImportedSkill:
    """A parsed file. `version` is semver or None; `extra` are unknown keys, as plain JSON data.

    `said` are the keys in its front matter, `front_matter` is the unchanged text before the content.
    """

    name: str
    description: str
    content: str
    version: str | None = None
    category: str | None = None
    tags: tuple[str, ...] = ()
    activation: Activation = field(default_factory=Activation)
    extra: dict[str, Any] = field(default_factory=dict)
    said: frozenset[str] = field(default=frozenset(), compare=False)
    front_matter: str = field(default="", compare=False)


def export(skill: Mapping[str, Any]) -> str:
    """The markdown file of a skill. `skill` has the keys of OWN_KEYS, `content`, and optionally `extra`.

    `activation` is an Activation or its mapping of `mode`, `boards` and `tags`. Missing values are left out.
    """
    activation = skill.get("activation") or Activation()
    head: dict[str, Any] = {
        "name": skill["name"],
        "description": skill.get("description") or "",
        "version": skill.get("version"),
        "category": skill.get("category"),
        "tags": list(skill.get("tags") or ()),
        "activation": activation.as_mapping() if isinstance(activation, Activation) else dict(activation),
    }
    own = {key: value for key, value in head.items() if value is not None}
    extra = {key: value for key, value in (skill.get("extra") or {}).items() if key not in OWN_KEYS}
    return front_matter.dump(own | extra, skill["content"], verbatim=_unchanged_lines(extra, skill.get("front_matter")))


def _unchanged_lines(extra: Mapping[str, Any], head: str | None) -> dict[str, str]:
    """The original lines of the other keys, where their values have not changed."""
    if not extra or not head:
        return {}
    lines = front_matter.segments(head)
    return {key: lines[key] for key, value in extra.items() if key in lines and _has_value(lines[key], key, value)}


def _has_value(lines: str, key: str, value: Any) -> bool:
    try:
        return front_matter.parse(f"---\n{lines}---\n")[0] == {key: value}
    except front_matter.FrontMatterError:
        return False


def read_markdown(text: str, *, file_name: str = "") -> ImportedSkill:
    """The skill in a markdown file, ours or another. Without a name, the first heading or the file name is used.

    Raises SkillFileError or FrontMatterError, both 422 with a sentence.
    """
    head, content = front_matter.parse(text, as_written=_AS_WRITTEN)
    before = front_matter.split(text).head
    derived = _heading(content) or PurePosixPath(file_name.replace("\\", "/")).stem
    name = _one_line(_text(head, "name") or "") or _one_line(derived)[:_LONGEST_DERIVED_NAME].strip()
    if not name:
        raise SkillFileError("The skill has no name. Add a line such as name: My skill to its front matter.")
    return ImportedSkill(
        name=name,
        description=_text(head, "description") or "",
        content=content,
        version=_version(_text(head, "version")),
        category=_text(head, "category"),
        tags=_words(head.get("tags"), "tags"),
        activation=_activation(head.get("activation")),
        extra={key: value for key, value in head.items() if key not in OWN_KEYS},
        said=frozenset(head),
        front_matter=before,
    )


def read_bytes(content: bytes, *, file_name: str = "") -> ImportedSkill:
    """Like `read_markdown`, for bytes. Raises SkillFileError if they are not UTF-8."""
    try:
        # Keeps a byte order mark, because the text before the content is kept unchanged.
        return read_markdown(content.decode("utf-8"), file_name=file_name)
    except UnicodeDecodeError as error:
        raise SkillFileError("The skill is no UTF-8 text. Save it as UTF-8, then import it again.") from error


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _heading(content: str) -> str | None:
    # Not by the regular expression, which would take quadratic time for long lines.
    return next((text for found in _HEADING.finditer(content) if (text := found.group(1).rstrip(" \t#"))), None)


def _text(head: Mapping[str, Any], key: str) -> str | None:
    value = head.get(key)
    if value is not None and not isinstance(value, str):
        raise SkillFileError(f"{key} in the front matter must be a single text.")
    return value


def _version(text: str | None) -> str | None:
    try:
        return versions.normal(text) if text and text.strip() else None
    except ValueError as error:
        raise SkillFileError(f"version in the front matter cannot be used: {error}") from error


def _words(value: Any, key: str) -> tuple[str, ...]:
    """A list of words, or one text separated by commas."""
    if isinstance(value, str):
        value = [word.strip() for word in value.split(",")]
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(word, str | int) for word in value):
        raise SkillFileError(f"{key} in the front matter must be a list of words.")
    return tuple(dict.fromkeys(str(word) for word in value if str(word)))


def _activation(value: Any) -> Activation:
    if value is None:
        return Activation()
    found = {"mode": value} if isinstance(value, str) else value
    if not isinstance(found, dict):
        raise SkillFileError("activation in the front matter must hold mode, boards and tags.")
    if found.get("mode", "always") not in list(ActivationMode):
        raise SkillFileError("activation.mode in the front matter must be always, board or tag.")
    boards = found.get("boards") or []
    if not isinstance(boards, list) or not all(isinstance(b, int | str) and not isinstance(b, bool) for b in boards):
        raise SkillFileError("activation.boards in the front matter must be a list of boards.")
    return Activation(
        mode=ActivationMode(found.get("mode", "always")),
        boards=tuple(boards),
        tags=_words(found.get("tags"), "activation.tags"),
    )

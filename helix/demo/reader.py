"""Reads and checks the files of the demo organization. It does not touch the database.

A markdown file has front matter, and a task's file has sections below it, each begun by a line of `:::`:

---
title: A task
---
The description.

::: result, 2.5 days ago
The agent's result.

::: comment by marcus, 1 day ago
Thanks!
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from helix.demo.schema import FIRST_ADMIN, Agent, Content, Department, Organization, Person, Skill, Task, Workflow

T = TypeVar("T")

FOLDER = Path(__file__).parent / "content"
FRONT_MATTER = re.compile(r"\A---\n(.*?)^---\n(.*)\Z", re.DOTALL | re.MULTILINE)
SECTION_LINE = re.compile(r"^:::(.*)$", re.MULTILINE)
SECTION_HEADING = re.compile(r"(result|comment|feedback)(?: by ([\w-]+))?, (\d+(?:\.\d+)?) days? ago")


class ContentError(ValueError):
    """A file of the demo organization is wrong. The message names the file and what to correct."""


def read(folder: Path = FOLDER) -> Content:
    """The whole demo organization, checked. Raises ContentError."""
    content = Content(
        organization=_read_yaml(folder / "organization.yaml", Organization),
        departments=_read_yaml(folder / "departments.yaml", list[Department]),
        people=_read_yaml(folder / "people.yaml", list[Person]),
        skills=[_read_markdown(path, Skill, "content") for path in _markdown_files(folder / "skills")],
        agents=[_read_markdown(path, Agent, "system_prompt") for path in _markdown_files(folder / "agents")],
        tasks=[_read_task(path) for path in _markdown_files(folder / "tasks")],
        workflows=[_read_workflow(path) for path in sorted((folder / "workflows").glob("*.yaml"))],
    )
    _check_unique(content)
    _check_references(content)
    return content


def _markdown_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.md"))


def _read_yaml(path: Path, kind: type[T]) -> T:
    return _validate(path.name, kind, _parse_yaml(path.name, path.read_text(encoding="utf-8")))


def _read_markdown(path: Path, kind: type[T], body_field: str) -> T:
    where, front_matter, body = _split_front_matter(path)
    return _validate(where, kind, _with_fields(where, front_matter, {"key": path.stem, body_field: body}))


def _read_task(path: Path) -> Task:
    where, front_matter, body = _split_front_matter(path)
    return _validate(where, Task, _with_fields(where, front_matter, {"key": path.stem, **_split_sections(where, body)}))


def _read_workflow(path: Path) -> Workflow:
    where = f"{path.parent.name}/{path.name}"
    fields = _parse_yaml(where, path.read_text(encoding="utf-8"))
    if not isinstance(fields, dict):
        raise ContentError(f"{where}: a workflow must consist of fields, such as `name: ...`.")
    return _validate(where, Workflow, _with_fields(where, fields, {"key": path.stem}))


def _split_front_matter(path: Path) -> tuple[str, dict[str, Any], str]:
    """The file's name for messages, the YAML between the two `---` lines, and the body below."""
    where = f"{path.parent.name}/{path.name}"
    match = FRONT_MATTER.match(path.read_text(encoding="utf-8"))
    if match is None:
        raise ContentError(f"{where}: begin with front matter between two lines of `---`.")
    front_matter = _parse_yaml(where, match[1])
    if not isinstance(front_matter, dict):
        raise ContentError(f"{where}: the front matter must consist of fields, such as `name: ...`.")
    if not match[2].strip():
        raise ContentError(f"{where}: there is no text below the front matter.")
    return where, front_matter, match[2].strip()


def _parse_yaml(where: str, text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ContentError(f"{where}: this is not valid YAML: {error}") from error


def _with_fields(where: str, front_matter: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    if unknown := front_matter.keys() & fields.keys():
        raise ContentError(f"{where}: unknown fields: {', '.join(sorted(unknown))}.")
    return front_matter | fields


def _split_sections(where: str, body: str) -> dict[str, Any]:
    """The description before the first `:::` line, and the results and comments after it, in their order."""
    description, *rest = SECTION_LINE.split(body)
    fields: dict[str, Any] = {"description": description.strip(), "results": [], "comments": []}
    for line, text in zip(rest[::2], rest[1::2], strict=True):
        heading, content = line.strip(), text.strip()
        match = SECTION_HEADING.fullmatch(heading)
        if match is None or (match[1] == "result") != (match[2] is None):
            raise ContentError(
                f"{where}: `::: {heading}` is no section. "
                "Write `::: result, 2 days ago` or `::: comment by ines, 2 days ago`."
            )
        if not content:
            raise ContentError(f"{where}: the section `::: {heading}` is empty.")
        section: dict[str, Any] = {"content": content, "days_ago": float(match[3])}
        if match[1] == "result":
            fields["results"].append(section)
        else:
            fields["comments"].append(section | {"author": match[2], "feedback": match[1] == "feedback"})
    return fields


def _validate(where: str, kind: type[T], value: Any) -> T:
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        raise ContentError(" ".join(_sentence(where, details) for details in error.errors())) from error


def _sentence(where: str, details: ErrorDetails) -> str:
    """One error of pydantic with its file, list entry and field, such as "people.yaml, entry 2: ..."."""
    location = [f"entry {part + 1}" if isinstance(part, int) else part for part in details["loc"] if part != "[key]"]
    if details["type"] == "value_error" and isinstance(details["input"], dict):
        return f"{', '.join([where, *location])}: {details.get('ctx', {}).get('error')}"
    place, field = ", ".join([where, *location[:-1]]), location[-1] if location else ""
    if details["type"] == "missing":
        return f"{place}: the field `{field}` is missing."
    if details["type"] == "extra_forbidden":
        return f"{place}: unknown field `{field}`."
    if not field:
        return f"{place}: {details['msg']}."
    reason = details["msg"].removeprefix("Value error, ")
    return f"{place}: `{field}: {details['input']}` cannot be read ({reason})."


def _check_unique(content: Content) -> None:
    """Keys, names and addresses that must differ, compared without regard to case."""
    people, agents = content.people, content.agents
    unique: dict[str, Iterable[str]] = {
        "departments.yaml: the key of a department": (department.key for department in content.departments),
        "departments.yaml: the key of a board": (board.key for board in content.boards),
        "people.yaml, agents/: a key": (FIRST_ADMIN, *(one.key for one in (*people, *agents))),
        "people.yaml, agents/: a name": (one.name for one in (*people, *agents)),
        "people.yaml: an address": (person.email for person in people),
        "skills/: a name": (skill.name for skill in content.skills),
    }
    for what, words in unique.items():
        for word, count in Counter(word.casefold() for word in words).items():
            if count > 1:
                raise ContentError(f"{what} may be used only once, without regard to case: {word}.")


def _check_references(content: Content) -> None:
    boards = {board.key for board in content.boards}
    boards_of = {department.key: {board.key for board in department.boards} for department in content.departments}
    skills = {skill.key for skill in content.skills}
    agents = {agent.key for agent in content.agents}
    people = {FIRST_ADMIN, *(person.key for person in content.people)}
    for person in content.people:
        _require_known(f"people.yaml, {person.key}", "board", person.board_levels, boards)
    for skill in content.skills:
        _require_known(f"skills/{skill.key}.md", "board", skill.activation.boards, boards)
    for agent in content.agents:
        where = f"agents/{agent.key}.md"
        _require_known(where, "department", [agent.department], boards_of)
        _require_known(where, "board", [agent.board], boards)
        _require_known(where, "skill", agent.skills, skills)
        if agent.board not in boards_of[agent.department]:
            raise ContentError(f"{where}: the board {agent.board} is not one of the department {agent.department}.")
    for task in content.tasks:
        where = f"tasks/{task.key}.md"
        _require_known(where, "board", [task.board], boards)
        _require_known(where, "agent", [task.agent] if task.agent else [], agents)
        _require_known(where, "person", [task.creator, *([task.approved_by] if task.approved_by else [])], people)
        _require_known(where, "person or agent", (comment.author for comment in task.comments), people | agents)


def _require_known(where: str, noun: str, keys: Iterable[str], known: Collection[str]) -> None:
    for key in keys:
        if key not in known:
            raise ContentError(f"{where}: there is no {noun} `{key}`.")

"""Reads the demo organization's files. No database: the loader puts the values in through the services."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from helix.demo import shapes
from helix.demo.check import check
from helix.demo.errors import BadContent
from helix.demo.fields import Fields, days, text, truth, whole, words
from helix.demo.sections import front_matter, parse_yaml, split
from helix.models.vocabulary import ActivationMode, BoardLevel, Priority, Role, TaskStatus

FOLDER = Path(__file__).parent / "content"


def read(folder: Path = FOLDER) -> shapes.Content:
    """The whole demo organization, checked. Raises BadContent, which names the file and what is wrong with it."""
    departments, boards = _departments(_yaml(folder / "departments.yaml"))
    content = shapes.Content(
        organization=_organization(Fields("organization.yaml", _yaml(folder / "organization.yaml"))),
        departments=departments,
        boards=boards,
        people=tuple(_person(entry) for entry in _entries("people.yaml", _yaml(folder / "people.yaml"))),
        skills=tuple(_skill(*file) for file in _files(folder / "skills")),
        agents=tuple(_agent(*file) for file in _files(folder / "agents")),
        tasks=tuple(_task(*file) for file in _files(folder / "tasks")),
    )
    check(content)
    return content


def _yaml(path: Path) -> Any:
    return parse_yaml(path.name, path.read_text(encoding="utf-8"))


def _entries(where: str, raw: Any) -> list[Fields]:
    if not isinstance(raw, list):
        raise BadContent(f"{where}: a list is expected, each entry beginning with `- key:`.")
    return [Fields(f"{where}, entry {number}", entry) for number, entry in enumerate(raw, 1)]


def _files(folder: Path) -> Iterator[tuple[str, Fields, str]]:
    for path in sorted(folder.glob("*.md")):
        where = f"{folder.name}/{path.name}"
        mapping, body = front_matter(where, path.read_text(encoding="utf-8"))
        if not body:
            raise BadContent(f"{where}: there is no text below the front matter.")
        yield path.stem, Fields(where, mapping), body


def _organization(fields: Fields) -> shapes.Organization:
    made = shapes.Organization(
        name=fields.take("name", text),
        timezone=fields.take("timezone", text),
        default_board_level=fields.take("default_board_level", BoardLevel.of),
        monthly_budget_usd=fields.take("monthly_budget_usd", _money, None),
    )
    fields.done()
    return made


def _departments(raw: Any) -> tuple[tuple[shapes.Department, ...], tuple[shapes.Board, ...]]:
    departments: list[shapes.Department] = []
    boards: list[shapes.Board] = []
    for order, fields in enumerate(_entries("departments.yaml", raw), 1):
        key = fields.take("key", text)
        name, emoji = fields.take("name", text), fields.take("emoji", text)
        departments.append(shapes.Department(key, name, emoji, order))
        entries = _entries(f"departments.yaml, {key}", fields.take("boards", list))
        boards += [_board(entry, key, board_order) for board_order, entry in enumerate(entries, 1)]
        fields.done()
    return tuple(departments), tuple(boards)


def _board(fields: Fields, department: str, sort_order: int) -> shapes.Board:
    made = shapes.Board(
        key=fields.take("key", text),
        name=fields.take("name", text),
        description=fields.take("description", text),
        department=department,
        sort_order=sort_order,
        wip_limits=fields.take(
            "wip_limits", lambda raw: {TaskStatus(word): whole(most) for word, most in raw.items()}, {}
        ),
    )
    fields.done()
    return made


def _person(fields: Fields) -> shapes.Person:
    made = shapes.Person(
        key=fields.take("key", text),
        name=fields.take("name", text),
        email=fields.take("email", text),
        role=fields.take("role", Role),
        board_levels=fields.take(
            "board_levels", lambda raw: {board: BoardLevel.of(word) for board, word in raw.items()}, {}
        ),
    )
    fields.done()
    return made


def _skill(key: str, fields: Fields, body: str) -> shapes.Skill:
    activation = Fields(f"{fields.where}, activation", fields.take("activation", dict))
    made = shapes.Skill(
        key=key,
        name=fields.take("name", text),
        description=fields.take("description", text),
        version=fields.take("version", text),
        category=fields.take("category", text),
        tags=fields.take("tags", words, ()),
        activation_mode=activation.take("mode", ActivationMode),
        activation_boards=activation.take("boards", words, ()),
        activation_tags=activation.take("tags", words, ()),
        applies_to_all_agents=fields.take("applies_to_all_agents", truth, False),
        content=body,
    )
    activation.done()
    fields.done()
    return made


def _agent(key: str, fields: Fields, body: str) -> shapes.Agent:
    made = shapes.Agent(
        key=key,
        name=fields.take("name", text),
        role_title=fields.take("role_title", text),
        department=fields.take("department", text),
        board=fields.take("board", text),
        skills=fields.take("skills", words, ()),
        system_prompt=body,
        monthly_budget_usd=fields.take("monthly_budget_usd", _money, None),
        max_output_tokens=fields.take("max_output_tokens", whole, 4096),
    )
    fields.done()
    return made


def _task(key: str, fields: Fields, body: str) -> shapes.Task:
    description, sections = split(fields.where, body)
    made = shapes.Task(
        key=key,
        title=fields.take("title", text),
        description=description,
        board=fields.take("board", text),
        status=fields.take("status", TaskStatus),
        priority=fields.take("priority", Priority),
        agent=fields.take("agent", text, None),
        creator=fields.take("creator", text),
        created_days_ago=fields.take("created_days_ago", days),
        due_in_days=fields.take("due_in_days", whole, None),
        tags=fields.take("tags", words, ()),
        requires_approval=fields.take("requires_approval", truth),
        results=tuple(shapes.Result(part.content, part.days_ago) for part in sections if part.kind == "result"),
        comments=tuple(
            shapes.Comment(part.author, part.content, part.days_ago, feedback=part.kind == "feedback")
            for part in sections
            if part.author is not None
        ),
        approved_by=fields.take("approved_by", text, None),
        approved_days_ago=fields.take("approved_days_ago", days, None),
        completed_days_ago=fields.take("completed_days_ago", days, None),
    )
    fields.done()
    return made


def _money(raw: Any) -> Decimal:
    return Decimal(str(raw))

"""The skills in a prompt: all of them listed, those that fit with their text, and files with theirs.

# Skills          name and description of every active skill
# Skill: Name     the text of one, and its files: in full, or with path, kind and size
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import accumulate

from helix.prompt import marks
from helix.prompt.material import Skill, SkillFile, Task
from helix.prompt.relevance import by_relevance

# Files may take this part of the room: a skill's own text says what matters, they are there to look things up.
FILES_SHARE = 4
_LONGEST_DESCRIPTION = 400
_LETTERS_PER_TOKEN = 8
# More lines than this of one kind are told in one.
_MOST_LINES = 10
_MOST_NAMES = 5

Tokens = Callable[[str], int]


class Level(IntEnum):
    """How much of a skill is sent."""

    NOTHING = 0
    NAME = 1
    DESCRIPTION = 2
    TEXT = 3


@dataclass(frozen=True, slots=True)
class Placed:
    """A skill in a prompt. `rank` is 0 for the one that fits the task best; `files` are the paths sent in full."""

    skill: Skill
    rank: int
    level: Level = Level.TEXT
    files: frozenset[str] = frozenset()


def place(skills: Sequence[Skill], task: Task, room: int, boundary: str, tokens: Tokens) -> tuple[Placed, ...]:
    """All skills with their texts, in the order given, and the files that fit into their share of the room."""
    ranks = {id(skill): rank for rank, skill in enumerate(by_relevance(skills, task))}
    placed = [Placed(skill, ranks[id(skill)]) for skill in skills]
    left = max(room, 0) // FILES_SHARE
    chosen: dict[int, set[str]] = {one.rank: set() for one in placed}
    for rank, file in _by_priority(placed):
        if len(file.text or "") > left * _LETTERS_PER_TOKEN:
            continue
        cost = tokens(_file_block(file, boundary))
        if cost <= left:
            left -= cost
            chosen[rank].add(file.path)
    return tuple(replace(one, files=frozenset(chosen[one.rank])) for one in placed)


def sections(placed: Sequence[Placed], boundary: str) -> list[str]:
    """What the system message says of skills."""
    texts = [_section(one, boundary) for one in placed if one.level == Level.TEXT]
    return [*_list(placed), *texts]


def with_fewer_files(placed: Sequence[Placed], over: int, boundary: str, tokens: Tokens) -> tuple[Placed, ...] | None:
    """Without files worth `over` tokens, the least important first; None where no file is left."""
    sent = [(one.rank, file) for one in placed if one.level == Level.TEXT for file in _sent(one)]
    if not sent:
        return None
    order = [(rank, file) for rank, file in reversed(_by_priority(placed)) if (rank, file) in sent]
    gone = order[: _enough([_file_block(file, boundary) for _rank, file in order], over, tokens)]
    paths = {rank: {file.path for other, file in gone if other == rank} for rank, _file in gone}
    return tuple(replace(one, files=one.files - paths.get(one.rank, set())) for one in placed)


def with_fewer_texts(placed: Sequence[Placed], over: int, boundary: str, tokens: Tokens) -> tuple[Placed, ...] | None:
    """With less of the skills by about `over` tokens: texts go first, then descriptions, then names, each from the
    skill that fits the task worst. None where nothing is left."""
    level = max((one.level for one in placed), default=Level.NOTHING)
    if level == Level.NOTHING:
        return None
    worst_first = sorted((one for one in placed if one.level == level), key=lambda one: -one.rank)
    costs = [_section(one, boundary) if level == Level.TEXT else _line(one) for one in worst_first]
    lowered = {one.rank for one in worst_first[: _enough(costs, over, tokens)]}
    return tuple(replace(one, level=Level(level - 1)) if one.rank in lowered else one for one in placed)


def file_cuts(placed: Sequence[Placed]) -> list[tuple[str, str]]:
    """The name of each skill of whose files some were left out, and a sentence that says which."""
    found = []
    for one in placed:
        gone = [file.path for file in one.skill.files if file.text is not None and file.path not in one.files]
        if one.level == Level.TEXT and gone:
            name = marks.one_line(one.skill.name)
            found.append((name, f"Files of the skill “{name}” that were left out: {_names(gone)}."))
    return found


def skill_cuts(placed: Sequence[Placed]) -> list[tuple[str, str]]:
    """The names of skills that were not sent whole, and a sentence each; one for many of them."""
    words = {
        Level.DESCRIPTION: (
            "Of the skill “{}”, only name and description were sent.",
            "only name and description were sent",
        ),
        Level.NAME: ("Of the skill “{}”, only the name was sent.", "only the names were sent"),
        Level.NOTHING: ("The skill “{}” was left out.", "nothing was sent"),
    }
    found = []
    for level, (single, many) in words.items():
        names = [marks.one_line(one.skill.name) for one in placed if one.level == level]
        if len(names) <= _MOST_LINES:
            found += [(name, single.format(name)) for name in names]
        else:
            found.append((f"{len(names)} skills", f"Of {len(names)} skills {many}: {_names(names)}."))
    return found


def _by_priority(placed: Sequence[Placed]) -> list[tuple[int, SkillFile]]:
    """Files with a text: those of the skill that fits best first, among them those that its text names first."""
    found = [(one, file) for one in placed for file in one.skill.files if file.text is not None]
    found.sort(key=lambda pair: (pair[0].rank, _place_in(pair[0].skill, pair[1]), pair[1].path))
    return [(one.rank, file) for one, file in found]


def _place_in(skill: Skill, file: SkillFile) -> int:
    at = skill.content.find(file.path)
    return at if at >= 0 else len(skill.content)


def _sent(one: Placed) -> list[SkillFile]:
    return [file for file in one.skill.files if file.path in one.files]


def _list(placed: Sequence[Placed]) -> list[str]:
    """Nothing where it would say no more than the headings of the texts do."""
    whole = [_line(one) for one in placed if one.level == Level.TEXT]
    listed = [_line(one) for one in placed if Level.NOTHING < one.level < Level.TEXT]
    described = any(one.skill.description.strip() for one in placed)
    if not whole + listed or (len(whole) == len(placed) and not described):
        return []
    paragraphs = ["\n".join(lines) for lines in (whole, listed and [_LISTED, "", *listed]) if lines]
    gone = len(placed) - len(whole) - len(listed)
    more = [f"And {gone} more, left out for length."] if gone else []
    return ["\n\n".join([_ABOUT, *paragraphs, *more])]


def _line(one: Placed) -> str:
    name = marks.one_line(one.skill.name)
    described = one.level >= Level.DESCRIPTION and one.skill.description.strip()
    return f"- {name}: {_shortened(one.skill.description)}" if described else f"- {name}"


def _shortened(text: str) -> str:
    line = marks.plain_line(text)
    return line if len(line) <= _LONGEST_DESCRIPTION else f"{line[: _LONGEST_DESCRIPTION - 1].rstrip()}…"


def _section(one: Placed, boundary: str) -> str:
    skill = one.skill
    parts = [f"# Skill: {marks.one_line(skill.name)}\n\n{skill.content.strip()}"]
    if skill.files:
        lines = [_file_line(file, file.path in one.files) for file in skill.files]
        parts.append("\n".join([f"## Files of the skill {marks.one_line(skill.name)}", "", _FILES, "", *lines]))
        parts += [_file_block(file, boundary) for file in _sent(one)]
    return "\n\n".join(parts)


def _file_line(file: SkillFile, sent: bool) -> str:
    about = f"- {marks.plain_line(file.path)} ({file.kind}, {_size(file.size)})"
    if sent:
        return f"{about}: below" + (f". {file.note}" if file.note else "")
    return f"{about}: " + ("left out for length" if file.text is not None else file.note or "not read yet")


def _file_block(file: SkillFile, boundary: str) -> str:
    return marks.mark(boundary, file.path, file.text or "", kind="file")


def _size(size: int) -> str:
    return f"{size:,} bytes" if size < 1024 else f"{size / 1024:,.1f} kB"


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(marks.plain_line(name) for name in names[:_MOST_NAMES]) + more


def _enough(texts: Sequence[str], over: int, tokens: Tokens) -> int:
    """How many from the first make up `over` tokens; all of them when even that is not enough."""
    sums = accumulate(tokens(text) for text in texts)
    return next((number for number, total in enumerate(sums, 1) if total >= over), len(texts))


_ABOUT = "# Skills\n\nA skill says how a kind of work is done here. Follow those that fit the task."
_LISTED = "The text of these was left out for length:"
_FILES = (
    "Files whose text stands below belong to the skill. Of the others you know only what this list says: never make up "
    "what they hold, and say so where the work needs one of them."
)

"""The skills in a prompt: a list of all, the texts of those that fit, and the texts of their files.

# Skills          name and description of every active skill
# Skill: Name     the text of one, and its files: in full, or with path, kind and size
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import accumulate

from helix.prompt import blocks
from helix.prompt.material import Skill, SkillFile, Task
from helix.prompt.skill_selection import by_relevance

# Files may take a quarter of the context: the text of a skill is more important, files are for reference.
FILES_SHARE = 4
_LONGEST_DESCRIPTION = 400
# Of a file: also as the `note` of one whose text was not even fetched.
LEFT_OUT = "left out for length"
_CHARACTERS_PER_TOKEN = 8
# More cuts of one kind than this are reported in one line.
_MOST_LINES = 10
_MOST_NAMES = 5

Tokens = Callable[[str], int]


class Level(IntEnum):
    """How much of a skill is in the prompt."""

    NOTHING = 0
    NAME = 1
    DESCRIPTION = 2
    TEXT = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """Whether the model has tools that read a skill by its name, and a file of a skill."""

    skills: bool = False
    files: bool = False


@dataclass(frozen=True, slots=True)
class PlacedSkill:
    """A skill in a prompt. `rank` is 0 for the most relevant one; `files` are the paths of files sent in full."""

    skill: Skill
    rank: int
    level: Level = Level.TEXT
    files: frozenset[str] = frozenset()


def place(skills: Sequence[Skill], task: Task, room: int, boundary: str, tokens: Tokens) -> tuple[PlacedSkill, ...]:
    """All skills with their texts, in the given order, and the files that fit into their share of `room` tokens."""
    ranks = {id(skill): rank for rank, skill in enumerate(by_relevance(skills, task))}
    placed = [PlacedSkill(skill, ranks[id(skill)]) for skill in skills]
    left = max(room, 0) // FILES_SHARE
    chosen: dict[int, set[str]] = {one.rank: set() for one in placed}
    for rank, file in _by_priority(placed):
        if len(file.text or "") > left * _CHARACTERS_PER_TOKEN:
            continue
        cost = tokens(_file_block(file, boundary))
        if cost <= left:
            left -= cost
            chosen[rank].add(file.path)
    return tuple(replace(one, files=frozenset(chosen[one.rank])) for one in placed)


def sections(placed: Sequence[PlacedSkill], boundary: str, reading: Reading) -> list[str]:
    """The sections about skills in the system message."""
    texts = [_section(one, boundary, reading) for one in placed if one.level == Level.TEXT]
    return [*_list(placed, reading), *texts]


def with_fewer_files(
    placed: Sequence[PlacedSkill], over: int, boundary: str, tokens: Tokens
) -> tuple[PlacedSkill, ...] | None:
    """Without files of `over` tokens, the least important first; None if no file is left."""
    sent = [(one.rank, file) for one in placed if one.level == Level.TEXT for file in _sent(one)]
    if not sent:
        return None
    order = [(rank, file) for rank, file in reversed(_by_priority(placed)) if (rank, file) in sent]
    gone = order[: _count_for([_file_block(file, boundary) for _rank, file in order], over, tokens)]
    paths = {rank: {file.path for other, file in gone if other == rank} for rank, _file in gone}
    return tuple(replace(one, files=one.files - paths.get(one.rank, set())) for one in placed)


def with_fewer_texts(
    placed: Sequence[PlacedSkill], over: int, boundary: str, tokens: Tokens
) -> tuple[PlacedSkill, ...] | None:
    """Without about `over` tokens of skills: texts are removed first, then descriptions, then names, each from the
    least relevant skill. None if nothing is left."""
    level = max((one.level for one in placed), default=Level.NOTHING)
    if level == Level.NOTHING:
        return None
    worst_first = sorted((one for one in placed if one.level == level), key=lambda one: -one.rank)
    costs = [_section(one, boundary, Reading()) if level == Level.TEXT else _line(one) for one in worst_first]
    lowered = {one.rank for one in worst_first[: _count_for(costs, over, tokens)]}
    return tuple(replace(one, level=Level(level - 1)) if one.rank in lowered else one for one in placed)


def file_cuts(placed: Sequence[PlacedSkill]) -> list[tuple[str, str]]:
    """The names of skills with files that were left out, each with a sentence that lists them."""
    found = []
    for one in placed:
        gone = [file.path for file in one.skill.files if file.text is not None and file.path not in one.files]
        if one.level == Level.TEXT and gone:
            name = blocks.one_line(one.skill.name)
            found.append((name, f"Files of the skill “{name}” that were left out: {_names(gone)}."))
    return found


def skill_cuts(placed: Sequence[PlacedSkill]) -> list[tuple[str, str]]:
    """The names of skills that were shortened, with a sentence each, or one sentence for many skills."""
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
        names = [blocks.one_line(one.skill.name) for one in placed if one.level == level]
        if len(names) <= _MOST_LINES:
            found += [(name, single.format(name)) for name in names]
        else:
            found.append((f"{len(names)} skills", f"Of {len(names)} skills {many}: {_names(names)}."))
    return found


def _by_priority(placed: Sequence[PlacedSkill]) -> list[tuple[int, SkillFile]]:
    """Files with text: those of the most relevant skill first, then in the order in which its text mentions them."""
    found = [(one, file) for one in placed for file in one.skill.files if file.text is not None]
    found.sort(key=lambda pair: (pair[0].rank, _place_in(pair[0].skill, pair[1]), pair[1].path))
    return [(one.rank, file) for one, file in found]


def _place_in(skill: Skill, file: SkillFile) -> int:
    at = skill.content.find(file.path)
    return at if at >= 0 else len(skill.content)


def _sent(one: PlacedSkill) -> list[SkillFile]:
    return [file for file in one.skill.files if file.path in one.files]


def _list(placed: Sequence[PlacedSkill], reading: Reading) -> list[str]:
    """Empty if it would repeat only the headings of the texts."""
    whole = [_line(one) for one in placed if one.level == Level.TEXT]
    listed = [_line(one) for one in placed if Level.NOTHING < one.level < Level.TEXT]
    described = any(one.skill.description.strip() for one in placed)
    if not whole + listed or (len(whole) == len(placed) and not described):
        return []
    introduction = _READABLE if reading.skills else _LISTED
    paragraphs = ["\n".join(lines) for lines in (whole, listed and [introduction, "", *listed]) if lines]
    gone = len(placed) - len(whole) - len(listed)
    more = [f"And {gone} more, left out for length."] if gone else []
    return ["\n\n".join([_ABOUT, *paragraphs, *more])]


def _line(one: PlacedSkill) -> str:
    name = blocks.one_line(one.skill.name)
    described = one.level >= Level.DESCRIPTION and one.skill.description.strip()
    return f"- {name}: {_shortened(one.skill.description)}" if described else f"- {name}"


def _shortened(text: str) -> str:
    line = blocks.plain_line(text)
    return line if len(line) <= _LONGEST_DESCRIPTION else f"{line[: _LONGEST_DESCRIPTION - 1].rstrip()}…"


def _section(one: PlacedSkill, boundary: str, reading: Reading) -> str:
    skill = one.skill
    parts = [f"# Skill: {blocks.one_line(skill.name)}\n\n{skill.content.strip()}"]
    if skill.files:
        lines = [_file_line(file, file.path in one.files, reading) for file in skill.files]
        about = f"{_FILES} {_READ_FILES}" if reading.files else _FILES
        parts.append("\n".join([f"## Files of the skill {blocks.one_line(skill.name)}", "", about, "", *lines]))
        parts += [_file_block(file, boundary) for file in _sent(one)]
    return "\n\n".join(parts)


def _file_line(file: SkillFile, sent: bool, reading: Reading) -> str:
    about = f"- {blocks.plain_line(file.path)} ({file.kind}, {_size(file.size)})"
    if sent:
        return f"{about}: below" + (f". {file.note}" if file.note else "")
    if file.text is None and file.note != LEFT_OUT:
        return f"{about}: {file.note or 'not read yet'}"
    return f"{about}: {'not here, read it where the work needs it' if reading.files else LEFT_OUT}"


def _file_block(file: SkillFile, boundary: str) -> str:
    return blocks.block(boundary, file.path, file.text or "", kind="file")


def _size(size: int) -> str:
    return f"{size:,} bytes" if size < 1024 else f"{size / 1024:,.1f} kB"


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(blocks.plain_line(name) for name in names[:_MOST_NAMES]) + more


def _count_for(texts: Sequence[str], over: int, tokens: Tokens) -> int:
    """How many of the first texts have `over` tokens together; all of them if that is not enough."""
    sums = accumulate(tokens(text) for text in texts)
    return next((number for number, total in enumerate(sums, 1) if total >= over), len(texts))


_ABOUT = "# Skills\n\nA skill says how a kind of work is done here. Follow those that fit the task."
_LISTED = "The text of these was left out for length:"
_READABLE = "The text of these is not here. Before you do work that one of them is about, read it with read_skill:"
_FILES = (
    "Files whose text stands below belong to the skill. Of the others you know only what this list says: never make up "
    "what they hold, and say so where the work needs one of them."
)
_READ_FILES = "read_skill_file reads those that have a text."

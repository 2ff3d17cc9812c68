"""Which tools a model is offered in a turn: all of them, or with very many a few and `find_tools`."""

import re
from collections.abc import Iterable, Sequence

from helix.services.tools.definitions import FIND_TOOLS
from helix.services.tools.grants import GrantedTool
from helix.text.cleaning import clean

MOST_TOOLS = 30
# The share of the model's window that the definitions of all tools may take.
WINDOW_SHARE = 10
# Besides those that an admin marks: what the prompt, cut results and every task may need.
CORE = frozenset({FIND_TOOLS, "ask_person", "save_file", "read_result", "read_skill", "read_skill_file"})
MOST_FOUND = 8
# Found tools that are offered at the same time: the newest.
MOST_KEPT = 24
_LONGEST_DESCRIPTION = 300
_WORD = re.compile(r"[^\W_]+")
_FOUND = re.compile(r"^- ([A-Za-z0-9_-]{1,200}): ", re.MULTILINE)
# How much a word counts by where it is found.
_WEIGHTS = {"name": 4, "title": 3, "description": 1}


def offered(granted: Sequence[GrantedTool], found: Iterable[str], window_tokens: int) -> list[GrantedTool]:
    """The tools to offer. `found` are the results of earlier calls of find_tools in this conversation, oldest first.

    The order is the same in every turn, and what was found comes last: the definitions begin the prompt, and providers
    keep a prompt in their cache as far as it has not changed.
    """
    others = [tool for tool in granted if not _is(tool, FIND_TOOLS)]
    if not _are_many(others, window_tokens):
        return others
    first = [tool for tool in granted if tool.always_offered or (tool.is_builtin and tool.tool.name in CORE)]
    by_name = {tool.name: tool for tool in others if tool not in first}
    names = [name for result in found for name in _FOUND.findall(result) if name in by_name]
    return first + [by_name[name] for name in list(dict.fromkeys(names))[-MOST_KEPT:]]


def find(granted: Sequence[GrantedTool], query: str) -> list[GrantedTool]:
    """The tools whose name, title or description have words of the query, best first, at most MOST_FOUND."""
    wanted = dict.fromkeys(_words(query))
    scores = [(_score(tool, wanted), tool) for tool in granted if not (tool.is_builtin and tool.tool.name in CORE)]
    # Sorting is stable: equal ones stay in the order of sources and tools.
    best = sorted((pair for pair in scores if pair[0]), key=lambda pair: -pair[0])
    return [tool for _score_of_it, tool in best[:MOST_FOUND]]


def listing(tools: Iterable[GrantedTool]) -> str:
    """One line for each, which `offered` reads again."""
    return "\n".join(f"- {tool.name}: {_description(tool)}" for tool in tools)


def _are_many(tools: Sequence[GrantedTool], window_tokens: int) -> bool:
    # The built-in ones alone are few, and finding them would cost a small model more than it saves.
    if all(tool.is_builtin for tool in tools):
        return False
    tokens = sum(tool.tool.token_count for tool in tools)
    return len(tools) > MOST_TOOLS or tokens * WINDOW_SHARE > window_tokens


def _is(tool: GrantedTool, name: str) -> bool:
    return tool.is_builtin and tool.tool.name == name


def _score(tool: GrantedTool, wanted: Iterable[str]) -> int:
    places = {
        "name": tool.name,
        "title": f"{tool.tool.title} {tool.source.title}",
        "description": tool.tool.description,
    }
    words = {place: set(_words(text)) for place, text in places.items()}
    return sum(
        max((weight for place, weight in _WEIGHTS.items() if any(_fits(word, own) for own in words[place])), default=0)
        for word in wanted
    )


def _fits(word: str, own: str) -> bool:
    """Whether they are the same or, from four letters on, one begins with the other: invoice and invoices."""
    shorter, longer = sorted((word, own), key=len)
    return word == own or (len(shorter) >= 4 and longer.startswith(shorter))


def _words(text: str) -> list[str]:
    # A name may be written findCustomer.
    return [word.casefold() for word in _WORD.findall(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text))]


def _description(tool: GrantedTool) -> str:
    """In one line: a server must not write lines that look like other tools."""
    line = " ".join(clean(tool.tool.description or tool.tool.title).split())
    return line if len(line) <= _LONGEST_DESCRIPTION else f"{line[: _LONGEST_DESCRIPTION - 1]}…"

"""YAML front matter: a mapping between two lines of `---`, followed by the body, which is kept unchanged."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from helix.errors import Invalid
from helix.text import yaml_repair
from helix.text.plain_yaml import NotPlain, PlainDumper, PlainLoader

LONGEST_TEXT = 2_000_000
LONGEST_HEAD = 64_000

# Some programs write a blank line or a byte order mark first.
_OPENING = re.compile(r"[\ufeff \t\r\n]*?---[ \t]*\r?\n")
_KEY = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\r?\n)*[\"']?[\w.-]+[\"']?[ \t]*:(?:\s|$)")
_CLOSING = re.compile(r"^---[ \t]*(?:\r?\n|\Z)", re.MULTILINE)
_ALMOST_CLOSING = re.compile(r"^---(?!-)[ \t]*\S.*$|^[ \t]+---[ \t]*$|^----+[ \t]*$", re.MULTILINE)
_BLANK_LINE = re.compile(r"\r?\n")


class ImportFileError(Invalid):
    """A file cannot be imported. The message says why and what to do; 422 with `loc` ["file"]."""

    def __init__(self, message: str, kind: str = "import_file") -> None:
        super().__init__([{"loc": ["file"], "msg": message, "type": kind}])


class FrontMatterError(ImportFileError):
    """The front matter cannot be used. The message says what to change; 422 with `loc` ["file"]."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "front_matter")


@dataclass(frozen=True, slots=True)
class Split:
    """`head` is everything before the body, unchanged; `yaml` is the text between its lines of `---`."""

    head: str
    yaml: str
    first_line: int
    body: str


def split(text: str) -> Split:
    """The parts of a text; `head` is empty if it does not begin with front matter. Raises FrontMatterError."""
    if len(text) > LONGEST_TEXT:
        raise FrontMatterError(f"The text is too long: at most {LONGEST_TEXT:,} characters.")
    opening = _OPENING.match(text)
    # After blank lines, `---` may also be a thematic break: then no key follows.
    if not opening or not _begins(text, opening):
        return Split("", "", 1, text.removeprefix("\ufeff"))
    closing = _CLOSING.search(text, opening.end(), opening.end() + LONGEST_HEAD)
    if not closing:
        raise FrontMatterError(_not_closed(text, opening))
    blank = _BLANK_LINE.match(text, closing.end())
    end = blank.end() if blank else closing.end()
    first_line = text.count("\n", 0, opening.end()) + 1
    return Split(text[:end], text[opening.end() : closing.start()], first_line, text[end:])


def parse(text: str, *, as_written: Collection[str] = ()) -> tuple[dict[str, Any], str]:
    """The mapping and the body; an empty mapping where the text does not begin with `---`.

    Values are text, integers, finite floats, booleans, None, lists and mappings with text keys, nothing else: dates
    stay text. Top-level values named in `as_written` are always text, as in the file (`version: 1.10` is "1.10").
    One blank line after the front matter belongs to it. Raises FrontMatterError.
    """
    parts = split(text)
    return _mapping(parts, as_written) if parts.head else {}, parts.body


def dump(mapping: Mapping[str, Any], body: str, *, verbatim: Mapping[str, str] | None = None) -> str:
    """The text that `parse` reads as this mapping and body, with keys in order.

    `verbatim` has the lines of some keys as in another text: see `segments`.
    """
    verbatim = verbatim or {}
    head = "".join(verbatim.get(key) or _dumped({key: value}) for key, value in mapping.items())
    return f"---\n{head or _dumped({})}---\n\n{body}"


def segments(text: str) -> dict[str, str]:
    """The unchanged lines of each top-level key of a text's front matter, by key.

    Empty if the mapping does not have one key per line, or is invalid.
    """
    try:
        parts = split(text)
        source = yaml_repair.quote_colons(parts.yaml)
        loader = PlainLoader(source)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
    except (FrontMatterError, NotPlain, yaml.YAMLError, ValueError, RecursionError):
        return {}
    if not isinstance(node, yaml.MappingNode) or node.flow_style or any(key.start_mark.column for key, _ in node.value):
        return {}
    starts = [key.start_mark.index for key, _ in node.value]
    ends = [*starts[1:], len(source)]
    found = {
        key.value: source[start:end].replace("\r\n", "\n")
        for (key, _), start, end in zip(node.value, starts, ends, strict=True)
    }
    return {key: lines if lines.endswith("\n") else f"{lines}\n" for key, lines in found.items()}


def _dumped(mapping: Mapping[str, Any]) -> str:
    return yaml.dump(dict(mapping), Dumper=PlainDumper, allow_unicode=True, sort_keys=False, width=1_000_000)


def _begins(text: str, opening: re.Match[str]) -> bool:
    before = text[: opening.end()].partition("---")[0]
    return not before.strip("\ufeff") or _KEY.match(text, opening.end()) is not None


def _not_closed(text: str, opening: re.Match[str]) -> str:
    almost = _ALMOST_CLOSING.search(text, opening.end(), opening.end() + LONGEST_HEAD)
    if almost:
        line = text.count("\n", 0, almost.start()) + 1
        return (
            f'The front matter is not closed: line {line}, "{almost.group().strip()[:40]}", has more on it than three '
            "dashes, or blanks before them. The closing --- must stand alone on its line."
        )
    return "The front matter is not closed, or longer than 64,000 characters: end it with a line of ---."


def _mapping(parts: Split, as_written: Collection[str]) -> dict[str, Any]:
    try:
        found = _loaded(yaml_repair.quote_colons(parts.yaml), as_written)
    except NotPlain as error:
        line = f" in line {error.line + parts.first_line}" if error.line is not None else ""
        raise FrontMatterError(f"The front matter cannot be used{line}: {error}") from error
    except yaml.MarkedYAMLError as error:
        words = yaml_repair.advice(error, parts.yaml)
        line = f" near line {error.problem_mark.line + parts.first_line}" if error.problem_mark else ""
        raise FrontMatterError(f"The front matter is no valid YAML{line}. {words}".rstrip()) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise FrontMatterError("The front matter is no valid YAML.") from error
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise FrontMatterError("The front matter must be a mapping, with lines such as name: My skill.")
    return found


def _loaded(source: str, as_written: Collection[str] = ()) -> Any:
    loader = PlainLoader(source, as_written)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()

"""YAML front matter: a mapping between two lines of `---`, and then the body, kept to the letter."""

import re
from collections.abc import Collection, Mapping
from typing import Any

import yaml

from helix.errors import Invalid
from helix.text.plain_yaml import NotPlain, PlainDumper, PlainLoader

LONGEST_TEXT = 2_000_000
LONGEST_HEAD = 64_000

_OPENING = re.compile(r"---[ \t]*\r?\n")
_CLOSING = re.compile(r"^---[ \t]*(?:\r?\n|\Z)", re.MULTILINE)
_BLANK_LINE = re.compile(r"\r?\n")


class FrontMatterError(Invalid):
    """The front matter cannot be used. A sentence that says what to change; 422 with `loc` ["file"]."""

    def __init__(self, message: str) -> None:
        super().__init__([{"loc": ["file"], "msg": message, "type": "front_matter"}])


def parse(text: str, *, as_written: Collection[str] = ()) -> tuple[dict[str, Any], str]:
    """The mapping and the body; an empty mapping where the text does not begin with `---`.

    Values are text, whole numbers, finite floats, booleans, None, lists and mappings with text keys, nothing else: what
    looks like a date stays text. Top-level values named in `as_written` are text as they stand there (`version: 1.10`
    is "1.10"). One blank line after the front matter belongs to it. Raises FrontMatterError.
    """
    if len(text) > LONGEST_TEXT:
        raise FrontMatterError(f"The text is too long: at most {LONGEST_TEXT:,} characters.")
    text = text.removeprefix("\ufeff")
    opening = _OPENING.match(text)
    if not opening:
        return {}, text
    closing = _CLOSING.search(text, opening.end(), opening.end() + LONGEST_HEAD)
    if not closing:
        raise FrontMatterError(
            "The front matter is not closed, or longer than 64,000 characters: end it with a line of ---."
        )
    mapping = _mapping(text[opening.end() : closing.start()], as_written)
    blank = _BLANK_LINE.match(text, closing.end())
    return mapping, text[blank.end() if blank else closing.end() :]


def dump(mapping: Mapping[str, Any], body: str) -> str:
    """The text that `parse` reads as this mapping and this body, keys in their order."""
    head = yaml.dump(dict(mapping), Dumper=PlainDumper, allow_unicode=True, sort_keys=False, width=1_000_000)
    return f"---\n{head}---\n\n{body}"


def _mapping(head: str, as_written: Collection[str]) -> dict[str, Any]:
    try:
        loader = PlainLoader(head, as_written)
        try:
            found = loader.get_single_data()
        finally:
            loader.dispose()
    except NotPlain as error:
        raise FrontMatterError(f"The front matter cannot be used: {error}") from error
    except yaml.MarkedYAMLError as error:
        line = f" near line {error.problem_mark.line + 2}" if error.problem_mark else ""
        raise FrontMatterError(f"The front matter is no valid YAML{line}. Quote values that hold a colon.") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise FrontMatterError("The front matter is no valid YAML.") from error
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise FrontMatterError("The front matter must be a mapping, with lines such as name: My skill.")
    return found

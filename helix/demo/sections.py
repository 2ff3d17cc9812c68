"""Markdown files with front matter, and the sections below it that a line of `:::` begins.

---
title: A task
---
The description.

::: result, 2.5 days ago
What the agent handed in.

::: comment by marcus, 1 day ago
Thanks!
"""

import re
from dataclasses import dataclass
from typing import Any

import yaml

from helix.demo.errors import BadContent

FRONT = re.compile(r"\A---\n(.*?)^---\n(.*)\Z", re.DOTALL | re.MULTILINE)
MARKER = re.compile(r"^:::(.*)$", re.MULTILINE)
HEADING = re.compile(r"(result|comment|feedback)(?: by ([\w-]+))?, (\d+(?:\.\d+)?) days? ago")


@dataclass(frozen=True, slots=True)
class Section:
    """`kind` is result, comment or feedback; `author` is None for a result alone."""

    kind: str
    author: str | None
    days_ago: float
    content: str


def front_matter(where: str, text: str) -> tuple[Any, str]:
    """The YAML between the two `---` lines, and the body below, without blank lines around it."""
    match = FRONT.match(text)
    if match is None:
        raise BadContent(f"{where}: begin with front matter between two lines of `---`.")
    return parse_yaml(where, match[1]), match[2].strip()


def parse_yaml(where: str, text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BadContent(f"{where}: this is not valid YAML: {error}") from error


def split(where: str, body: str) -> tuple[str, tuple[Section, ...]]:
    """The text before the first `:::` line, and the sections after it in their order."""
    first, *rest = MARKER.split(body)
    pairs = zip(rest[::2], rest[1::2], strict=True)
    return first.strip(), tuple(_section(where, heading.strip(), content.strip()) for heading, content in pairs)


def _section(where: str, heading: str, content: str) -> Section:
    match = HEADING.fullmatch(heading)
    if match is None or (match[1] == "result") != (match[2] is None):
        raise BadContent(
            f"{where}: `::: {heading}` is no section. "
            "Write `::: result, 2 days ago` or `::: comment by ines, 2 days ago`."
        )
    if not content:
        raise BadContent(f"{where}: the section `::: {heading}` is empty.")
    return Section(match[1], match[2], float(match[3]), content)

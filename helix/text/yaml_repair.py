"""Common mistakes in YAML front matter: unquoted colons are repaired, others are explained."""

import re

import yaml

from helix.text.plain_yaml import DEEPEST

_COLON = "mapping values are not allowed"
# A key and an unquoted value on one line.
_PLAIN_LINE = re.compile(
    r"(?P<start>[ ]*(?:- )?[\w.-]+:[ \t]+)(?P<value>[^\s\"'\[\]{}>|&*!%@`#,?:-][^\r\n]*?)[ \t]*\r?$"
)
_MOST_REPAIRS = 20
# Characters. Each repair parses the whole text again.
_LONGEST_REPAIRED = 16_000
# Line breaks of YAML besides \n and \r\n.
_OTHER_BREAKS = re.compile("\r(?!\n)|[\x85\u2028\u2029]")
_NEEDS_QUOTES = {
    "*": "A value that begins with * is a reference in YAML",
    "&": "A value that begins with & is a mark for references in YAML",
    "!": "A value that begins with ! is a tag in YAML",
    "%": "No value may begin with %",
    "@": "No value may begin with @",
    "`": "No value may begin with a backtick",
    "{": "A value that begins with { is a mapping in YAML",
    "[": "A value that begins with [ is a list in YAML",
    ">": "A value that begins with > goes on in the lines below, in YAML",
    "|": "A value that begins with | goes on in the lines below, in YAML",
    "-": "A value that begins with a dash is a list in YAML",
    "?": "A value that begins with ? is a key in YAML",
    ",": "No value may begin with a comma",
}


def quote_colons(source: str) -> str:
    """The YAML with quotes around values such as `Use when: ...`, the most common mistake.

    Only where it is unambiguous: an unquoted value on a single line without a comment.
    """
    if len(source) > _LONGEST_REPAIRED or _OTHER_BREAKS.search(source):
        return source
    lines = source.split("\n")
    for _repair in range(_MOST_REPAIRS):
        at = _line_with_a_colon("\n".join(lines))
        if at is None or at >= len(lines):
            break
        found = _PLAIN_LINE.match(lines[at])
        if not found or " #" in found["value"] or _goes_on(lines, at):
            break
        quoted = found["value"].replace("'", "''")
        ending = "\r" if lines[at].endswith("\r") else ""
        lines[at] = f"{found['start']}'{quoted}'{ending}"
    return "\n".join(lines)


def advice(error: yaml.MarkedYAMLError, source: str) -> str:
    """A message that says what to change; empty if that is not known."""
    mark = error.problem_mark
    lines = source.split("\n")
    line = lines[mark.line] if mark and mark.line < len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "The line is indented with a tab: use spaces instead."
    value = line.partition(":")[2].strip() if ":" in line else line.strip().removeprefix("- ")
    if value[:1] in _NEEDS_QUOTES:
        return f'{_NEEDS_QUOTES[value[0]]}: put it in quotes, such as key: "{value[:20].strip()}".'
    if _COLON in (error.problem or ""):
        return _why_no_colon(lines, mark.line if mark else 0)
    if value[:1] in ("'", '"'):
        return "The quotes do not match: close them, or use the other kind of quotes around the value."
    if "could not find expected ':'" in (error.problem or ""):
        return "A key and its value need a colon and a space between them, such as name: My skill."
    return f"YAML says: {error.problem}." if error.problem else ""


def _why_no_colon(lines: list[str], at: int) -> str:
    """Explain an unexpected colon: inside a value, below a line without one, or in an indented line."""
    line, above = lines[at] if at < len(lines) else "", lines[at - 1] if at else ""
    if re.search(r":(\s|$)", line.partition(":")[2]):
        return "Quote values that contain a colon."
    if above.strip() and not re.search(r":(\s|$)", above):
        return "The line above needs a colon and a space after its key, such as name: My skill."
    if _indent(line) > _indent(above):
        return "The line is indented deeper than the one above, which has its value already."
    return "Quote values that contain a colon."


def _line_with_a_colon(source: str) -> int | None:
    """The line at which the parser fails because of a colon inside a value."""
    depth = 0
    try:
        for event in yaml.parse(source, Loader=yaml.SafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            # Refused anyway, and nested brackets take quadratic time.
            if depth > DEEPEST:
                return None
    except yaml.MarkedYAMLError as error:
        return error.problem_mark.line if error.problem_mark and _COLON in (error.problem or "") else None
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return None


def _goes_on(lines: list[str], at: int) -> bool:
    """Whether the next line continues the value, which makes the repair ambiguous."""
    following = next((line for line in lines[at + 1 :] if line.strip()), "")
    return _indent(following) > _indent(lines[at])


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))

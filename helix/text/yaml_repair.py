"""What people get wrong in YAML front matter: one mistake is read as it was meant, the others are explained."""

import re

import yaml

from helix.text.plain_yaml import DEEPEST

_COLON = "mapping values are not allowed"
# A key and an unquoted value on one line.
_PLAIN_LINE = re.compile(
    r"(?P<start>[ ]*(?:- )?[\w.-]+:[ \t]+)(?P<value>[^\s\"'\[\]{}>|&*!%@`#,?:-][^\r\n]*?)[ \t]*\r?$"
)
_MOST_REPAIRS = 20
# Each repair reads the whole of it again.
_LONGEST_REPAIRED = 16_000
# YAML counts lines by these, too.
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
    """The YAML with quotes around values such as `Use when: ...`, the commonest mistake there is, if it has any.

    Only where nothing else can be meant: a value without quotes, whole on its line, without a comment behind it.
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
    """What to change, as a sentence; nothing where that is not known."""
    mark = error.problem_mark
    lines = source.split("\n")
    line = lines[mark.line] if mark and mark.line < len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "The line is indented with a tab: use blanks instead."
    value = line.partition(":")[2].strip() if ":" in line else line.strip().removeprefix("- ")
    if value[:1] in _NEEDS_QUOTES:
        return f'{_NEEDS_QUOTES[value[0]]}: put it in quotes, such as key: "{value[:20].strip()}".'
    if _COLON in (error.problem or ""):
        return _why_no_colon(lines, mark.line if mark else 0)
    if value[:1] in ("'", '"'):
        return "The quotes do not match: close them, or use the other kind of quotes around the value."
    if "could not find expected ':'" in (error.problem or ""):
        return "A key and its value need a colon and a blank between them, such as name: My skill."
    return f"YAML says: {error.problem}." if error.problem else ""


def _why_no_colon(lines: list[str], at: int) -> str:
    """A colon where YAML takes none: inside a value, below a line without one, or in a line that is indented."""
    line, above = lines[at] if at < len(lines) else "", lines[at - 1] if at else ""
    if re.search(r":(\s|$)", line.partition(":")[2]):
        return "Quote values that hold a colon."
    if above.strip() and not re.search(r":(\s|$)", above):
        return "The line above needs a colon and a blank behind its key, such as name: My skill."
    if _indent(line) > _indent(above):
        return "The line is indented deeper than the one above, which has its value already."
    return "Quote values that hold a colon."


def _line_with_a_colon(source: str) -> int | None:
    """The line at which the parser gives up over a colon inside a value."""
    depth = 0
    try:
        for event in yaml.parse(source, Loader=yaml.SafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            # Refused anyway, and parsing brackets in brackets costs the square of their number.
            if depth > DEEPEST:
                return None
    except yaml.MarkedYAMLError as error:
        return error.problem_mark.line if error.problem_mark and _COLON in (error.problem or "") else None
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return None


def _goes_on(lines: list[str], at: int) -> bool:
    """Whether the next line is part of the value, too: then what is meant is no longer plain."""
    following = next((line for line in lines[at + 1 :] if line.strip()), "")
    return _indent(following) > _indent(lines[at])


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))

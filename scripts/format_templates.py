"""Formats the templates: `python -m scripts.format_templates [--check] [file ...]`.

Lines are indented by the nesting of elements and Jinja blocks. A line that would pass 140 characters is broken between
elements and blocks; if that is not enough, an element gets one attribute a line and an expression one argument a line.

djlint and prettier were tried first: both add or remove spaces inside of inline elements, which shows on the page. Here
a line ends only where a page cannot show it: next to a Jinja tag with whitespace control (`{%-`), in place of a space,
between attributes, inside of an expression, or beside a block-level element. Text is never wrapped; `pre` and
`textarea` are kept as they are.
"""

import re
import sys
import textwrap
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WIDTH = 140
INDENT = 2

VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)  # fmt: skip
VERBATIM = ("pre", "textarea", "script", "style")
BLOCK_LEVEL = frozenset(
    {"address", "article", "aside", "blockquote", "body", "dd", "details", "dialog", "div", "dl", "dt",
     "fieldset", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hr", "html",
     "li", "link", "main", "meta", "nav", "ol", "optgroup", "option", "p", "pre", "section", "select",
     "summary", "table", "tbody", "td", "tfoot", "th", "thead", "title", "tr", "ul"}
)  # fmt: skip
OPENING = frozenset({"if", "for", "macro", "call", "block", "filter", "with", "autoescape"})
BRANCH = frozenset({"else", "elif"})


@dataclass(frozen=True)
class Token:
    kind: str  # text, tag, end, expression, statement, comment, verbatim
    source: str
    name: str = ""

    @property
    def is_jinja(self) -> bool:
        return self.kind in ("expression", "statement", "comment")

    @property
    def opens(self) -> bool:
        if self.kind == "tag":
            return self.name not in VOID and not self.source.endswith("/>")
        return self.kind == "statement" and (self.name in OPENING or (self.name == "set" and "=" not in self.source))

    @property
    def closes(self) -> bool:
        return self.kind == "end" or (self.kind == "statement" and self.name.startswith("end"))

    @property
    def is_branch(self) -> bool:
        return self.kind == "statement" and self.name in BRANCH


def format_source(source: str) -> str:
    """The template in its one form. Raises ValueError where something other than whitespace would change."""
    lines: list[str] = []
    stack: list[_Open] = []
    for tokens in _lines(_tokens(source)):
        if not tokens:
            lines.append("")
            continue
        waiting = [tokens]
        while waiting:
            line = waiting.pop(0)
            indent = INDENT * _depth(stack, line)
            parts = _broken(line, indent)
            if len(parts) > 1:
                waiting = parts + waiting
                continue
            lines += _indented(line, indent)
            for token in line:
                stack = _after(stack, token)
    formatted = "\n".join(lines)
    if _bare(formatted) != _bare(source):
        raise ValueError("formatting would change more than whitespace")
    return formatted


def _bare(source: str) -> str:
    return re.sub(r"\s+|(?<=\{[{%])-|-(?=[}%]\})", "", source)


# Reading


def _tokens(source: str) -> list[Token]:
    found, at = [], 0
    while at < len(source):
        token = _token(source, at)
        found.append(token)
        at += len(token.source)
        if token.kind == "tag" and token.name in VERBATIM:
            end = source.find(f"</{token.name}", at)
            if end > at:
                found.append(Token("verbatim", source[at:end]))
                at = end
    return [_collapsed(token) for token in found]


def _token(source: str, at: int) -> Token:
    opening = source[at : at + 2]
    if opening == "{#":
        return Token("comment", source[at : _jinja_end(source, at)])
    if opening == "{{":
        return Token("expression", source[at : _jinja_end(source, at)])
    if opening == "{%":
        statement = source[at : _jinja_end(source, at)]
        return Token("statement", statement, re.findall(r"\w+", statement)[0])
    tag = re.compile(r"<(/?)([a-zA-Z][\w-]*|\{\{.*?\}\}|!)").match(source, at)
    if tag:
        kind = "end" if tag[1] else "text" if tag[2] == "!" else "tag"
        return Token(kind, source[at : _tag_end(source, at)], tag[2].lower())
    end = re.compile(r"\{[{%#]|<(?=[/a-zA-Z!{])").search(source, at + 1)
    return Token("text", source[at : end.start() if end else len(source)])


def _jinja_end(source: str, at: int) -> int:
    """The position after the `}}` or `%}` of what begins at `at`. Strings and brackets may hold the same characters."""
    closing = {"{{": "}}", "{%": "%}", "{#": "#}"}[source[at : at + 2]]
    if closing == "#}":
        return source.index(closing, at) + 2
    depth, here = 0, at + 2
    while here < len(source):
        if not depth and source.startswith(closing, here):
            return here + 2
        if source[here] in "\"'":
            here = source.index(source[here], here + 1)
        depth += (source[here] in "([{") - (source[here] in ")]}")
        here += 1
    raise ValueError(f"no {closing} after {source[at : at + 40]!r}")


def _tag_end(source: str, at: int) -> int:
    quote = ""
    while at < len(source):
        if source[at : at + 2] in ("{{", "{%", "{#"):
            at = _jinja_end(source, at)
            continue
        if source[at] in "\"'" and quote in ("", source[at]):
            quote = "" if quote else source[at]
        elif source[at] == ">" and not quote:
            return at + 1
        at += 1
    raise ValueError("a tag that does not end")


def _collapsed(token: Token) -> Token:
    """On one line, whatever lines it was written on. Attribute values and strings stay as they are."""
    if token.kind in ("expression", "statement"):
        return replace(token, source=_one_line(token.source))
    if token.kind == "tag" and "\n" in token.source:
        head, attributes, tail = _attributes(token.source)
        return replace(token, source=" ".join([head, *map(_attribute_on_one_line, attributes)]) + tail)
    return token


def _attribute_on_one_line(attribute: str) -> str:
    parts, at = [], 0
    for jinja in _jinja_in(attribute):
        start = attribute.index(jinja, at)
        parts += [attribute[at:start], _one_line(jinja)]
        at = start + len(jinja)
    parts.append(attribute[at:])
    if attribute.startswith("{%"):
        # Attributes under a condition, each on its line.
        parts = [re.sub(r"\s*\n\s*", " ", part) for part in parts]
    return "".join(parts)


def _jinja_in(source: str) -> list[str]:
    found, at = [], 0
    while (start := re.compile(r"\{[{%]").search(source, at)) is not None:
        at = _jinja_end(source, start.start())
        found.append(source[start.start() : at])
    return found


def _one_line(jinja: str) -> str:
    strings_apart = re.split(r"(\"[^\"]*\"|'[^']*')", jinja)
    for index in range(0, len(strings_apart), 2):
        part = re.sub(r"\s*\n\s*", " ", strings_apart[index])
        strings_apart[index] = re.sub(r"(?<=[(\[]) | (?=[)\]])", "", part) if "\n" in strings_apart[index] else part
    return "".join(strings_apart)


def _lines(tokens: list[Token]) -> list[list[Token]]:
    """The tokens of each line, without the whitespace at its start."""
    lines: list[list[Token]] = [[]]
    for token in tokens:
        if token.kind != "text":
            lines[-1].append(token)
            continue
        for index, piece in enumerate(token.source.split("\n")):
            if index:
                lines.append([])
            text = piece if lines[-1] else piece.lstrip()
            if text:
                lines[-1].append(replace(token, source=text))
    return lines


# Nesting


@dataclass(frozen=True)
class _Open:
    kind: str
    name: str
    before: tuple["_Open", ...] = ()


def _after(stack: list[_Open], token: Token) -> list[_Open]:
    """What is open after the token. Each branch of an `if` begins with what was open before it."""
    if token.opens:
        return [*stack, _Open(token.kind, token.name, tuple(stack))]
    at = _matching(stack, token)
    if at is None:
        return stack
    if token.is_branch:
        return [*stack[at].before, stack[at]]
    # An element that a condition opened stays open after it.
    return stack[:at] + (stack[at + 1 :] if token.kind == "statement" else [])


def _matching(stack: list[_Open], token: Token) -> int | None:
    """Where what the token closes, or is a branch of, is on the stack."""
    if not (token.closes or token.is_branch):
        return None
    kind = "tag" if token.kind == "end" else "statement"
    names = (
        {"if", "for"} if token.is_branch else {token.name.removeprefix("end") if kind == "statement" else token.name}
    )
    found = [at for at, one in enumerate(stack) if one.kind == kind and one.name in names]
    return found[-1] if found else None


def _depth(stack: list[_Open], tokens: list[Token]) -> int:
    """How deep a line is nested: less by what it closes at its start."""
    depth = len(stack)
    for token in tokens:
        at = _matching(stack, token)
        if at is None:
            break
        depth = at
        if token.is_branch:
            break
        stack = _after(stack, token)
    return depth


# Breaking lines


def _broken(tokens: list[Token], indent: int) -> list[list[Token]]:
    """The tokens of one line as those of several, where it is too long for one. Broken at its outermost level."""
    gaps = {at: kind for at in range(1, len(tokens)) if (kind := _gap(tokens[at - 1], tokens[at]))}
    if _width(tokens) + indent <= WIDTH or not gaps:
        return [tokens]
    depths = _depths(tokens)
    least = min(depths[at] for at in gaps)
    level = [at for at in gaps if depths[at] == least]
    hard = [at for at in level if gaps[at] == "hard"]
    if hard:
        return [_joined(tokens, start, end) for start, end in pairwise([0, *hard, len(tokens)])]
    # Between words and values: as few breaks as the width allows.
    lines, start, last = [], 0, 0
    for at in [*level, len(tokens)]:
        if last > start and indent + _width(tokens[start:at]) > WIDTH:
            lines.append(_joined(tokens, start, last))
            start = last
        last = at
    return [*lines, _joined(tokens, start, len(tokens))]


def _width(tokens: list[Token]) -> int:
    """Of the longest line of these tokens: verbatim text may hold several."""
    return max(map(len, "".join(token.source for token in tokens).split("\n")))


def _depths(tokens: list[Token]) -> list[int]:
    """Of the gap before each token, within the line."""
    depths, depth = [], 0
    for token in tokens:
        # Before what closes one is still inside of it.
        depths.append(depth)
        depth += token.opens - token.closes
    least = min(depths)
    return [depth - least for depth in depths]


def _gap(left: Token, right: Token) -> str:
    """Whether a line may end between two tokens: "hard" between parts, "soft" between words, or not at all."""
    if "verbatim" in (left.kind, right.kind) or (left.kind == "tag" and right.kind == "end"):
        return ""  # an empty element stays empty: `:empty` in a stylesheet asks for that
    statement = "statement" in (left.kind, right.kind)
    call = any(token.kind == "expression" and "(" in token.source for token in (left, right))
    spaced = left.source[-1].isspace() or right.source[0].isspace()
    if spaced:
        return "hard" if statement else "soft"
    if left.is_jinja or right.is_jinja:
        return "hard" if statement or call else "soft"
    tags = left.kind in ("tag", "end") and right.kind in ("tag", "end")
    return "hard" if tags and (left.name in BLOCK_LEVEL or right.name in BLOCK_LEVEL) else ""


def _joined(tokens: list[Token], start: int, end: int) -> list[Token]:
    """A part of a line for a line of its own, with whitespace control where there was no whitespace."""
    part = list(tokens[start:end])
    if start and _needs_dash(tokens[start - 1], part[0]) and part[0].is_jinja:
        part[0] = _with_dash(part[0], "left")
    if end < len(tokens) and _needs_dash(part[-1], tokens[end]) and not tokens[end].is_jinja:
        part[-1] = _with_dash(part[-1], "right")
    if start and part[0].kind == "text":
        part[0] = replace(part[0], source=part[0].source.lstrip())
    if end < len(tokens) and part[-1].kind == "text":
        part[-1] = replace(part[-1], source=part[-1].source.rstrip())
    return [token for token in part if token.source]


def _needs_dash(left: Token, right: Token) -> bool:
    return (left.is_jinja or right.is_jinja) and not (left.source[-1].isspace() or right.source[0].isspace())


def _with_dash(token: Token, side: str) -> Token:
    source = token.source
    if side == "left" and source[2] not in "-+":
        source = source[:2] + "-" + source[2:]
    if side == "right" and source[-3] not in "-+":
        source = source[:-2] + "-" + source[-2:]
    return replace(token, source=source)


# Breaking tokens


def _indented(tokens: list[Token], indent: int) -> list[str]:
    """The line, with its longest tags and expressions broken until it fits."""
    sources = [token.source for token in tokens]
    order = sorted(range(len(tokens)), key=lambda at: -len(tokens[at].source))
    for at in order:
        if _longest(sources, indent) <= WIDTH:
            break
        if tokens[at].kind == "tag":
            sources[at] = _attribute_lines(tokens[at].source, indent)
        elif tokens[at].kind == "comment":
            sources[at] = _comment_lines(tokens[at].source, indent)
        elif tokens[at].kind in ("expression", "statement"):
            before = "".join(sources[:at]).rpartition("\n")[2]
            if len(before) + indent + len(sources[at]) > WIDTH or "\n" not in "".join(sources):
                sources[at] = _argument_lines(sources[at], indent)
    return (" " * indent + "".join(sources)).split("\n")


def _comment_lines(comment: str, indent: int) -> str:
    words = " ".join(comment.split())
    later = " " * (indent + 2 * INDENT)
    lines = textwrap.wrap(words, WIDTH, initial_indent=" " * indent, subsequent_indent=later, break_on_hyphens=False)
    return "\n".join(lines).lstrip()


def _longest(sources: list[str], indent: int) -> int:
    return max(map(len, (" " * indent + "".join(sources)).split("\n")))


def _attributes(tag: str) -> tuple[str, list[str], str]:
    """Name, attributes and end of a tag. A condition around attributes counts as one."""
    head = re.match(r"<(?:[\w-]+|\{\{.*?\}\})", tag)
    tail = re.search(r"\s*/?>$", tag)
    if not head or not tail:
        raise ValueError(f"no tag: {tag[:40]!r}")
    inside = tag[head.end() : tail.start()]
    attributes, start, at, quote, depth = [], 0, 0, "", 0
    while at < len(inside):
        if inside[at : at + 2] in ("{{", "{%", "{#"):
            name = (re.findall(r"\w+", inside[at:]) or [""])[0] if inside[at + 1] == "%" else ""
            end = _jinja_end(inside, at)
            if not quote:
                # `class="a"{% if b %} hidden{% endif %}{{ more }}` are three attributes.
                whole = inside[start:at].startswith("{") and inside[at - 1] == "}"
                if not depth and at > start and (inside[at - 1] in "\"'" or whole):
                    attributes.append(inside[start:at])
                    start = at
                depth += (name in OPENING) - name.startswith("end")
            at = end
            continue
        if inside[at] in "\"'" and quote in ("", inside[at]):
            quote = "" if quote else inside[at]
        elif inside[at].isspace() and not quote and not depth:
            attributes.append(inside[start:at])
            start = at + 1
        at += 1
    attributes.append(inside[start:])
    kept = [re.sub(r"\s+", " ", one.strip()) if "\n" in one and '"' not in one else one.strip() for one in attributes]
    return head[0], [one for one in kept if one], tail[0].lstrip()


def _attribute_lines(tag: str, indent: int) -> str:
    head, attributes, tail = _attributes(tag)
    if not attributes:
        return tag
    lines = [line for one in attributes for line in _attribute(one, indent + INDENT)]
    # The first one stays beside the name, so that `<form class="..."` can be searched for.
    if not attributes[0].startswith("{") and len(lines[0]) + len(head) <= WIDTH:
        lines[0] = f"{head} {lines[0].lstrip()}"
    else:
        lines.insert(0, head)
    return "\n".join(lines) + tail


def _attribute(attribute: str, indent: int) -> list[str]:
    """The lines of one attribute, or of the condition around some."""
    if indent + len(attribute) <= WIDTH:
        return [" " * indent + attribute]
    if not attribute.startswith("{%"):
        for jinja in _jinja_in(attribute):
            if len(jinja) > WIDTH // 3:
                attribute = attribute.replace(jinja, _argument_lines(jinja, indent))
        return (" " * indent + attribute).split("\n")
    lines, depth, at = [], 0, 0
    while at < len(attribute):
        if attribute.startswith("{%", at):
            end = _jinja_end(attribute, at)
            name = re.findall(r"\w+", attribute[at:])[0]
            depth -= name.startswith("end") or name in BRANCH
            lines.append(" " * (indent + INDENT * depth) + attribute[at:end])
            depth += name in OPENING or name in BRANCH
            at = end
            continue
        end = _next_statement(attribute, at)
        for one in _attributes(f"<a {attribute[at:end]}>")[1]:
            lines += _attribute(one, indent + INDENT * depth)
        at = end
    return lines


def _next_statement(attributes: str, at: int) -> int:
    """The position of the next statement that is not part of an attribute's value."""
    quote = ""
    while at < len(attributes):
        if attributes.startswith("{%", at) and not quote:
            return at
        if attributes.startswith(("{{", "{%"), at):
            at = _jinja_end(attributes, at)
            continue
        if attributes[at] in "\"'" and quote in ("", attributes[at]):
            quote = "" if quote else attributes[at]
        at += 1
    return at


def _argument_lines(jinja: str, indent: int) -> str:
    """An expression or statement on several lines: broken at operators, or at the commas of its outermost brackets."""
    cuts = _cuts(jinja)
    if not cuts:
        return jinja
    edges = [0, *(at for at, _deeper in cuts), len(jinja)]
    lines = [jinja[start:end].strip() for start, end in pairwise(edges)]
    indents = [0, *(indent + INDENT * deeper for _at, deeper in cuts)]
    broken = []
    for line, inner in zip(lines, indents, strict=True):
        if broken and inner + len(line) > WIDTH:
            line = _argument_lines(line, inner)
        broken.append(" " * inner + line)
    return "\n".join(broken)


def _cuts(jinja: str) -> list[tuple[int, bool]]:
    """Where an expression is broken, and whether the line that begins there is indented more."""
    places = _places(jinja)
    outside = [(at, word) for depth, at, word in places if not depth and word != ","]
    # In a chain of conditions each `else` begins a line.
    for words in (("else",), ("or",), ("and",), ("~",), ("if",)):
        found = [at for at, word in outside if word in words]
        if found:
            return [(at, True) for at in found]
    for depth in sorted({depth for depth, _at, word in places if depth and word == ","}):
        commas = [at for level, at, word in places if level == depth and word == ","]
        opening, closing = max((_brackets(jinja, at) for at in commas), key=lambda pair: pair[1] - pair[0])
        if closing - opening > WIDTH // 4:
            return [
                (opening + 1, True),
                *((at + 1, True) for at in commas if opening < at < closing and jinja[at + 1 : closing].strip()),
                (closing, False),
            ]
    return []


def _places(jinja: str) -> list[tuple[int, int, str]]:
    """(depth of brackets, position, comma or operator) of where an expression may be broken."""
    places, depth, at = [], 0, 0
    begun = re.match(r"\{[{%]-?\s*\w*|\s*", jinja)
    while at < len(jinja):
        pair = jinja[at : at + 2]
        if jinja[at] in "\"'":
            at = jinja.index(jinja[at], at + 1)
        elif (pair in ("{{", "{%") and not at) or (pair in ("}}", "%}") and at == len(jinja) - 2):
            at += 1
        elif jinja[at] in "([{":
            depth += 1
        elif jinja[at] in ")]}":
            depth -= 1
        elif jinja[at] == ",":
            places.append((depth, at, ","))
        elif at and at >= begun.end() and (operator := re.compile(r" (if|else|and|or|~) ").match(jinja, at)):
            places.append((depth, at, operator[1]))
        at += 1
    return places


def _brackets(jinja: str, comma: int) -> tuple[int, int]:
    """The positions of the brackets around a comma; the ends of the expression when there are none."""
    opened, at = [], 0
    while at < len(jinja):
        if jinja[at] in "\"'":
            at = jinja.index(jinja[at], at + 1)
        elif jinja[at] in "([{" and (at > 1 or jinja[:2] not in ("{{", "{%")):
            opened.append(at)
        elif jinja[at] in ")]}" and opened:
            start = opened.pop()
            if start < comma < at:
                return start, at
        at += 1
    return 0, len(jinja)


def main(arguments: list[str]) -> int:
    check = "--check" in arguments
    named = [Path(one) for one in arguments if not one.startswith("--")]
    changed = []
    for path in named or sorted((ROOT / "templates").rglob("*.html")):
        source = path.read_text(encoding="utf-8")
        try:
            formatted = format_source(source)
        except ValueError as problem:
            print(f"{path}: {problem}", file=sys.stderr)
            return 2
        if formatted != source:
            changed.append(path)
            if not check:
                path.write_text(formatted, encoding="utf-8")
    if check and changed:
        print("These templates are not formatted (make fmt):", *changed, sep="\n", file=sys.stderr)
    return int(check and bool(changed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

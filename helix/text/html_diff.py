"""Word-by-word differences of two rendered texts, as HTML with <ins> and <del>.

Blocks are compared first: paragraphs, list items, rows of tables. Inside a block that has changed, words are compared;
the markup is that of the later text, and removed words stand where they were, without their markup.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from html.parser import HTMLParser
from typing import Literal

# Of each text. Beyond it a comparison is neither quick nor readable.
LONGEST = 100_000
# Comparing takes up to the product of both lengths: what one comparison may spend in all, in pairs of words.
MOST_PAIRS = 3_000_000
# Share of words that two blocks have in common, so that one counts as the changed other.
ALIKE = 0.3
# Among so many blocks the pair of a block is sought.
NEAR = 12

VOID = {"br", "hr", "img", "input"}
# Elements whose children are compared one by one.
CONTAINERS = {"ul", "ol", "table", "thead", "tbody", "tr", "blockquote", "details", "dl"}
# Elements that only hold other blocks: no words may stand between these.
STRUCTURE = CONTAINERS - {"blockquote", "details"}
INLINE = {"a", "em", "strong", "s", "code", "span", "br", "img", "input"}

Mark = Literal["ins", "del"]
_WORDS = re.compile(r"&[#\w]+;|[^\s<&]+|\s+|&")


@dataclass
class Node:
    """An element; `start` is its start tag as it was written. Children are nodes, and texts as HTML."""

    tag: str
    start: str
    children: "list[Node | str]" = field(default_factory=list)

    def html(self) -> str:
        inner = "".join(child if isinstance(child, str) else child.html() for child in self.children)
        return f"{self.start}{inner}" + ("" if self.tag in VOID or not self.tag else f"</{self.tag}>")

    def words(self) -> list[str]:
        return [part for part in self._texts() if not part.isspace()]

    def folded_words(self) -> set[str]:
        return {word.casefold() for word in self.words()}

    def _texts(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield from _WORDS.findall(child)
            else:
                yield from child._texts()

    @property
    def is_leaf(self) -> bool:
        """Whether it holds words and inline elements alone."""
        return all(isinstance(child, str) or child.tag in INLINE for child in self.children)


def difference(before: str, after: str) -> str | None:
    """Both texts as one, with what was removed and added marked. None when one of them is too long.

    Takes clean HTML alone (helix.text.markdown): what it returns holds the same elements, and <ins> and <del>.
    """
    if max(len(before), len(after)) > LONGEST:
        return None
    return _Comparison().children(_parsed(before).children, _parsed(after).children)


class _Comparison:
    def __init__(self) -> None:
        self._left = MOST_PAIRS

    def children(self, old: "Sequence[Node | str]", new: "Sequence[Node | str]") -> str:
        old_blocks, new_blocks = _blocks(old), _blocks(new)
        parts: list[str] = []
        for tag, start, end, new_start, new_end in self._codes(
            [block.html() for block in old_blocks], [block.html() for block in new_blocks]
        ):
            if tag == "equal":
                parts += [block.html() for block in new_blocks[new_start:new_end]]
            else:
                parts += self._replaced(old_blocks[start:end], new_blocks[new_start:new_end])
        return "".join(parts)

    def _replaced(self, old: list[Node], new: list[Node]) -> Iterator[str]:
        """Pairs of blocks that are alike in their order; what has no pair was removed or added."""
        old_words, here = [block.folded_words() for block in old], 0
        for block in new:
            words = block.folded_words()
            near = range(here, min(len(old), here + NEAR))
            found = next((at for at in near if self._are_alike(old[at], old_words[at], block, words)), None)
            if found is None:
                yield _marked(block, "ins")
                continue
            yield from (_marked(gone, "del") for gone in old[here:found])
            yield self._changed(old[found], block)
            here = found + 1
        yield from (_marked(gone, "del") for gone in old[here:])

    def _are_alike(self, old: Node, old_words: set[str], new: Node, new_words: set[str]) -> bool:
        if old.tag != new.tag or self._left < 0:
            return False
        self._left -= 100 + len(old_words) + len(new_words)
        is_structure = old.tag in STRUCTURE and old.tag != "tr"
        return is_structure or len(old_words & new_words) >= ALIKE * max(len(old_words), len(new_words), 1)

    def _changed(self, old: Node, new: Node) -> str:
        if new.tag in VOID:
            return new.html()
        if new.tag in CONTAINERS or not (old.is_leaf and new.is_leaf):
            if new.tag == "tr":
                return self._cells(old, new)
            return f"{new.start}{self.children(old.children, new.children)}</{new.tag}>"
        return self._words(old, new)

    def _cells(self, old: Node, new: Node) -> str:
        """A row whose cells have changed, each in its column."""
        old_cells, new_cells = _blocks(old.children), _blocks(new.children)
        if len(old_cells) != len(new_cells):
            return _marked(old, "del") + _marked(new, "ins")
        cells = [self._changed(*pair) for pair in zip(old_cells, new_cells, strict=True)]
        return f"{new.start}{''.join(cells)}</tr>"

    def _words(self, old: Node, new: Node) -> str:
        """One block with the words of both."""
        tokens = _tokens(new)
        places = [at for at, token in enumerate(tokens) if not token.startswith("<") and not token.isspace()]
        gone: dict[int, list[str]] = {}
        added: set[int] = set()
        old_words, new_words = old.words(), [tokens[at] for at in places]
        for tag, start, end, new_start, new_end in self._codes(old_words, new_words):
            if tag in ("replace", "delete"):
                # Before the word that took their place, or after the last one.
                gone.setdefault(places[new_start] if new_start < len(places) else -1, []).extend(old_words[start:end])
            if tag in ("replace", "insert"):
                added.update(places[new_start:new_end])
        if not places:
            return _marked(old, "del") + new.html()
        last, parts = places[-1], []
        for at, token in enumerate(tokens):
            if at in gone:
                parts.append(f"<del>{' '.join(gone[at])}</del> ")
            joins = at in added or (token.isspace() and at - 1 in added and at + 1 in added and at not in gone)
            parts.append(f"<ins>{token}</ins>" if joins else token)
            if at == last and -1 in gone:
                parts.append(f" <del>{' '.join(gone[-1])}</del>")
        return "".join(parts).replace("</ins><ins>", "")

    def _codes(self, old: list[str], new: list[str]) -> list[tuple[str, int, int, int, int]]:
        head = next((at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
        rest, others = old[head:], new[head:]
        self._left -= len(rest) * len(others)
        if self._left < 0 and rest and others:
            codes = [("replace", 0, len(rest), 0, len(others))]
        else:
            codes = list(SequenceMatcher(None, rest, others).get_opcodes())
        moved = [(tag, a + head, b + head, c + head, d + head) for tag, a, b, c, d in codes]
        return [("equal", 0, head, 0, head), *moved] if head else moved


def _blocks(children: "Sequence[Node | str]") -> list[Node]:
    """The children as blocks: words and inline elements between two blocks become one without a tag."""
    blocks: list[Node] = []
    for child in children:
        if isinstance(child, Node) and child.tag not in INLINE:
            blocks.append(child)
        elif blocks and not blocks[-1].tag:
            blocks[-1].children.append(child)
        elif isinstance(child, Node) or not child.isspace():
            blocks.append(Node("", "", [child]))
    return blocks


def _marked(node: Node, mark: Mark) -> str:
    """The block with all of its words marked."""
    if node.tag in VOID:
        return node.html() if mark == "ins" else ""
    inner = "".join(child if isinstance(child, str) else child.html() for child in node.children)
    if node.is_leaf:
        end = f"</{node.tag}>" if node.tag else ""
        return f"{node.start}<{mark}>{inner}</{mark}>{end}" if node.words() else node.html()
    return f"{node.start}{''.join(_marked(block, mark) for block in _blocks(node.children))}</{node.tag}>"


def _tokens(node: Node) -> list[str]:
    """Tags, words and white space."""
    tokens = [node.start] if node.start else []
    for child in node.children:
        tokens += _WORDS.findall(child) if isinstance(child, str) else _tokens(child)
    return tokens if node.tag in VOID or not node.tag else [*tokens, f"</{node.tag}>"]


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.root = Node("", "")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, self.get_starttag_text() or "")
        self._open[-1].children.append(node)
        if tag not in VOID:
            self._open.append(node)

    def handle_endtag(self, tag: str) -> None:
        if len(self._open) > 1 and self._open[-1].tag == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        self._add(data.replace("<", "&lt;").replace(">", "&gt;"))

    def handle_entityref(self, name: str) -> None:
        self._add(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._add(f"&#{name};")

    def _add(self, text: str) -> None:
        here = self._open[-1].children
        if here and isinstance(here[-1], str):
            here[-1] += text
        else:
            here.append(text)


def _parsed(html: str) -> Node:
    parser = _Parser()
    parser.feed(html)
    parser.close()
    return parser.root

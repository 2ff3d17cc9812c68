"""Blocks of material: text that people or files supplied, set apart from instructions.

A block opens with `<<material BOUNDARY | label>>` and closes with `<<end BOUNDARY>>`, each on a line of its own. The
boundary is random and made anew for every prompt, so text written before the prompt cannot contain it, and the label
is stripped of everything that could end the line. Whatever stands inside, the block ends where we ended it.
"""

import re
import secrets
from dataclasses import dataclass

LONGEST_LABEL = 120
_BLOCK = re.compile(
    r"^<<material (?P<boundary>[0-9a-f]{16,}) \| (?P<label>[^\n]*)>>\n(?P<text>.*?)\n<<end (?P=boundary)>>$",
    re.M | re.S,
)


@dataclass(frozen=True, slots=True)
class Block:
    label: str
    text: str


def new_boundary() -> str:
    """16 random hex digits: nobody who wrote something before can have known them."""
    return secrets.token_hex(8)


def mark(boundary: str, label: str, text: str, *, kind: str = "material") -> str:
    """The text as a block. `kind` is material, or file for what belongs to the organization's own instructions.
    Raises ValueError when it contains the boundary: then it could end its block early."""
    if boundary in text or boundary in label:
        raise ValueError("The boundary occurs in the material.")
    return f"<<{kind} {boundary} | {one_line(label)}>>\n{text}\n<<end {boundary}>>"


def read_blocks(prompt: str) -> list[Block]:
    """The blocks of a prompt, in order: what `mark` wrote."""
    return [Block(found["label"], found["text"]) for found in _BLOCK.finditer(prompt)]


def one_line(label: str) -> str:
    """A label on one line, without control characters or the characters that marks are made of."""
    return plain_line(label)[:LONGEST_LABEL]


def plain_line(text: str) -> str:
    """The same, however long it is."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(re.sub(r"[<>|]", " ", printable).split())

"""Blocks of material: text from people or files, separated from instructions against prompt injection.

A block opens with `<<material BOUNDARY | label>>` and closes with `<<end BOUNDARY>>`, each on its own line. The
boundary is random and new for every prompt, so text written before cannot contain it, and characters that could end the
line are removed from the label. So no text can end its block early.
"""

import re
import secrets
from dataclasses import dataclass

LONGEST_LABEL = 120

# Labels. Some are followed by the author and time, or by the name of a file. Neither FEEDBACK nor COMMENT_TO_ANSWER
# begins with COMMENT, so that the beginning of a label identifies the block.
TITLE = "title"
DESCRIPTION = "description"
TAGS = "tags"
ATTACHMENT = "attachment"
COMMENT = "comment"
FEEDBACK = "feedback"
COMMENT_TO_ANSWER = "to answer: comment"
EARLIER_RESULT = "earlier result"
LAST_RESULT = "last result"
NEEDED_RESULT = "result of the task"
LEFT_OUT = "left out"

_BLOCK = re.compile(
    r"^<<material (?P<boundary>[0-9a-f]{16,}) \| (?P<label>[^\n]*)>>\n(?P<text>.*?)\n<<end (?P=boundary)>>$",
    re.M | re.S,
)


@dataclass(frozen=True, slots=True)
class Block:
    label: str
    text: str


def new_boundary() -> str:
    """16 random hex digits."""
    return secrets.token_hex(8)


def block(boundary: str, label: str, text: str, *, kind: str = "material") -> str:
    """The text as a block. `kind` is "material", or "file" for a file of the organization's own skills.

    Raises ValueError if the text contains the boundary, which could end the block early.
    """
    if boundary in text or boundary in label:
        raise ValueError("The boundary occurs in the material.")
    return f"<<{kind} {boundary} | {one_line(label)}>>\n{text}\n<<end {boundary}>>"


def as_material(label: str, text: str) -> str:
    """The text as a block with a boundary of its own, made when the text is there already: for results of tools.

    Unlike `block`, it never raises: a tool that repeats boundaries of the prompt cannot end its block either.
    """
    boundary = new_boundary()
    while boundary in text or boundary in label:
        boundary = new_boundary()
    return block(boundary, label, text)


def read_blocks(prompt: str) -> list[Block]:
    """The material blocks of a prompt, in order."""
    return [Block(match["label"], match["text"]) for match in _BLOCK.finditer(prompt)]


def one_line(label: str) -> str:
    """At most 120 characters of the text on one line, without control characters and the characters of markers."""
    return plain_line(label)[:LONGEST_LABEL]


def plain_line(text: str) -> str:
    """The text on one line, without control characters and the characters of markers."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(re.sub(r"[<>|]", " ", printable).split())

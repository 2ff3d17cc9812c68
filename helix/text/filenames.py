"""File names as people see them: cleaned, and never used as a path."""

import re
import unicodedata

LONGEST = 150
LONGEST_IN_BYTES = 200
_LONGEST_ENDING = 16
_DEVICE = re.compile(r"(con|prn|aux|nul|com[1-9]|lpt[1-9])(\.|$)", re.IGNORECASE)


def safe_name(name: str) -> str:
    """The last part of what was sent, without what is invisible, turns text around, or means something to a system.

    Never empty, never with a slash, at most 150 characters and 200 bytes; the ending stays when the rest is cut.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name.strip().rstrip("/\\")))[-1]
    # Categories C*: control characters, marks that turn the direction of text, halves of characters.
    visible = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C")
    plain = re.sub(r'[<>:"|?*\s]+', " ", visible).strip(" .")
    if not plain:
        return "file"
    return _cut(f"_{plain}" if _DEVICE.match(plain) else plain)


def _cut(name: str) -> str:
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending) > _LONGEST_ENDING:
        stem, dot, ending = name, "", ""
    room = LONGEST - len(dot + ending)
    stem = stem[:room]
    while len((stem + dot + ending).encode()) > LONGEST_IN_BYTES and stem:
        stem = stem[:-1]
    return (stem.rstrip(" .") or "file") + dot + ending


LONGEST_PATH = 300
DEEPEST_PATH = 12


def relative_path(path: str) -> str:
    """A path below a folder, with `/` between its parts and composed letters, such as `references/forms.md`.

    Raises ValueError, whose words go after "the path", for one that leads out, names a drive, holds control characters
    or marks that turn the direction of text, is longer than 300 letters, or has more than 12 parts.
    """
    path = unicodedata.normalize("NFC", path.replace("\\", "/"))
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if any(unicodedata.category(letter)[0] == "C" for letter in path):
        raise ValueError("must not hold control characters")
    if path.startswith("/") or re.match(r"[A-Za-z]:", path) or ".." in parts:
        raise ValueError("must lead to a place inside the folder, such as references/forms.md")
    if not parts or path.endswith("/") or not all(part.strip() for part in parts):
        raise ValueError("must end in the name of a file")
    if len("/".join(parts)) > LONGEST_PATH or len(parts) > DEEPEST_PATH:
        raise ValueError(f"may have at most {LONGEST_PATH} letters and {DEEPEST_PATH} parts")
    return "/".join(parts)

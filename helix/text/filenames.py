"""Names of files, paths within a folder, and slugs, made safe for every operating system."""

import hashlib
import re
import unicodedata

LONGEST = 150
LONGEST_IN_BYTES = 200
_LONGEST_SUFFIX = 16
LONGEST_PATH = 300
DEEPEST_PATH = 12
LONGEST_SLUG = 64
# Windows reserves these names, whatever follows the dot.
_DEVICE_NAMES = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))}
_DEVICE = re.compile(r"(con|prn|aux|nul|com[1-9]|lpt[1-9])(\.|$)", re.IGNORECASE)


def safe_name(name: str) -> str:
    """The last part of a path without invisible characters, direction marks, and characters reserved by systems.

    Never empty, never with a slash, at most 150 characters and 200 bytes; the suffix is kept when the rest is cut.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name.strip().rstrip("/\\")))[-1]
    # Categories C*: control characters, direction marks, lone surrogates.
    visible = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C")
    plain = re.sub(r'[<>:"|?*\s]+', " ", visible).strip(" .")
    if not plain:
        return "file"
    return _cut(f"_{plain}" if _DEVICE.match(plain) else plain)


def _cut(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix) > _LONGEST_SUFFIX:
        stem, dot, suffix = name, "", ""
    room = LONGEST - len(dot + suffix)
    stem = stem[:room]
    while len((stem + dot + suffix).encode()) > LONGEST_IN_BYTES and stem:
        stem = stem[:-1]
    return (stem.rstrip(" .") or "file") + dot + suffix


def relative_path(path: str) -> str:
    """A path below a folder, with `/` between its parts and composed characters (NFC), such as `references/forms.md`.

    Raises ValueError for a path that leads out of the folder, names a drive, contains control characters or direction
    marks, is longer than 300 characters, or has more than 12 parts. The message continues a sentence after "the path".
    """
    path = unicodedata.normalize("NFC", path.replace("\\", "/"))
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if any(unicodedata.category(letter)[0] == "C" for letter in path):
        raise ValueError("must not contain control characters")
    if path.startswith("/") or re.match(r"[A-Za-z]:", path) or ".." in parts:
        raise ValueError("must lead to a place inside the folder, such as references/forms.md")
    if not parts or path.endswith("/") or not all(part.strip() for part in parts):
        raise ValueError("must end in the name of a file")
    if len("/".join(parts)) > LONGEST_PATH or len(parts) > DEEPEST_PATH:
        raise ValueError(f"may have at most {LONGEST_PATH} characters and {DEEPEST_PATH} parts")
    return "/".join(parts)


def slug(name: str) -> str:
    """ "Brand Voice (v2)" as "brand-voice-v2": 1 to 64 of a-z, 0-9 and single hyphens, so never a path, never empty.

    A name without any Latin letter gets one from its hash. Two names may have the same slug.
    """
    characters = unicodedata.normalize("NFKD", name.casefold())
    hyphenated = re.sub(
        r"[^a-z0-9]+", "-", "".join(letter for letter in characters if not unicodedata.combining(letter))
    )
    short = hyphenated.strip("-")[:LONGEST_SLUG].strip("-")
    if not short:
        return "n-" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{short}-1" if short in _DEVICE_NAMES else short

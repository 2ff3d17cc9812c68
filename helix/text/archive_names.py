"""Decodes the file names in a .zip.

The format knows two encodings: UTF-8 with a flag, and CP437 without. Many programs do neither: Finder writes UTF-8
without the flag, Windows writes the local code page, PowerShell 5 separates folders with backslashes, macOS decomposes
accented letters.
"""

import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Sequence

_UTF8_FLAG = 0x800
_UNICODE_PATH = 0x7075
# Kana, CJK ideographs, full-width forms and their punctuation: what a Japanese file name is written in.
_ONE = r"[\u3000-\u30ff\u3400-\u9fff\uff00-\uff60]"
_JAPANESE = re.compile(rf"{_ONE}+")


def read(members: Sequence[zipfile.ZipInfo]) -> list[str]:
    """The paths of the members, in order: composed (NFC), with `/` between folders and after a folder.

    The code page is chosen for the whole archive, because one program wrote all names.
    """
    raw = [_raw(member) for member in members]
    page = _code_page([name for name in raw if isinstance(name, bytes)])
    texts = (name if isinstance(name, str) else name.decode(page) for name in raw)
    return [_tidy(text) for text in texts]


def _tidy(name: str) -> str:
    """Remove control characters and direction marks, except NUL, so that such a path is refused."""
    composed = unicodedata.normalize("NFC", name.replace("\\", "/"))
    return "".join(letter for letter in composed if letter == "\0" or unicodedata.category(letter)[0] != "C")


def _raw(member: zipfile.ZipInfo) -> str | bytes:
    """The name if its encoding is certain, else its bytes."""
    name = member.orig_filename
    if member.flag_bits & _UTF8_FLAG or name.isascii():
        return name
    content = name.encode("cp437")
    if (unicode_path := _unicode_path(member.extra, content)) is not None:
        return unicode_path
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content


def _unicode_path(extra: bytes, name: bytes) -> str | None:
    """The UTF-8 name in Info-ZIP's extra field, valid only if its checksum matches the name."""
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        field, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == _UNICODE_PATH and len(field) > 5 and field[1:5] == struct.pack("<I", zlib.crc32(name)):
            try:
                return field[5:].decode("utf-8")
            except UnicodeDecodeError:
                return None
    return None


def _code_page(names: Sequence[bytes]) -> str:
    """cp932 if all names are clearly Japanese, else the first code page in which all look like words, else cp437."""
    if names and all(_is_japanese(name) for name in names):
        return "cp932"
    return next(
        (page for page in ("cp437", "cp850", "cp1252") if all(_is_latin(name, page) for name in names)), "cp437"
    )


def _is_japanese(name: bytes) -> bool:
    """Excludes a single ideograph between Latin letters, which may be a misread accented letter and its successor."""
    try:
        text = name.decode("cp932")
    except UnicodeDecodeError:
        return False
    beyond = "".join(letter for letter in text if not letter.isascii())
    return (
        _JAPANESE.fullmatch(beyond) is not None
        and re.search(rf"{_ONE}{{2}}|(?<![a-zA-Z]){_ONE}(?![a-zA-Z])", text) is not None
    )


def _is_latin(name: bytes, page: str) -> bool:
    """Whether all non-ASCII characters are Latin letters, and none is upper case after lower case."""
    try:
        text = name.decode(page)
    except UnicodeDecodeError:
        return False
    beyond = [(before, letter) for before, letter in zip(f" {text}", text, strict=False) if not letter.isascii()]
    return all(
        unicodedata.name(letter, "").startswith("LATIN") and not (before.islower() and letter.isupper())
        for before, letter in beyond
    )

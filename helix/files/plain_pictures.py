"""Pictures that hold nothing but the picture: those that we encoded ourselves, for one. They need not be encoded again,
which would change a JPEG or WebP a little each time.

Only parts that are named here may be in them, and nothing behind their end: so there is no room for a place or a
camera. A moving WebP never counts, since its frames may hold parts of their own.
"""

import struct
from collections.abc import Iterator

# JFIF, colour profile, Adobe's colour transform; tables, restart interval, frames and scans.
_JPEG = {0xE0, 0xE2, 0xEE, 0xDB, 0xC4, 0xDD, 0xC0, 0xC1, 0xC2, 0xDA}
_WEBP = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ICCP"}


def is_plain(content: bytes) -> bool:
    """Whether this is a JPEG or WebP with no other part in it. Never raises; False in doubt."""
    try:
        if content.startswith(b"\xff\xd8"):
            return _JPEG.issuperset(_segments(content))
        if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
            return _WEBP.issuperset(_chunks(content))
    except (IndexError, struct.error, ValueError):
        return False
    return False


def _segments(content: bytes) -> Iterator[int]:
    """The markers of a JPEG up to its end. Raises ValueError where there is more behind it."""
    at = 2
    while True:
        if content[at] != 0xFF:
            raise ValueError("no marker")
        marker = content[at + 1]
        if marker == 0xD9:
            if at + 2 != len(content):
                raise ValueError("more behind the end")
            return
        yield marker
        (length,) = struct.unpack(">H", content[at + 2 : at + 4])
        if (
            length < 2
            or (marker == 0xE0 and content[at + 4 : at + 9] != b"JFIF\0")
            or (marker == 0xE0 and length != 16)
        ):
            raise ValueError("not what the marker says")
        if marker == 0xE2 and content[at + 4 : at + 16] != b"ICC_PROFILE\0":
            raise ValueError("no colour profile")
        if marker == 0xEE and (content[at + 4 : at + 9] != b"Adobe" or length != 14):
            raise ValueError("not Adobe's")
        at += 2 + length
        if marker == 0xDA:
            at = _behind_scan(content, at)


def _behind_scan(content: bytes, at: int) -> int:
    """Where the data of a scan end: at a marker that is neither a stuffed byte nor a restart."""
    while True:
        at = content.index(b"\xff", at)
        if content[at + 1] != 0 and not 0xD0 <= content[at + 1] <= 0xD7:
            return at
        at += 2


def _chunks(content: bytes) -> Iterator[bytes]:
    """The names of a WebP's chunks. Raises ValueError where its length is not the one that it states."""
    (length,) = struct.unpack("<I", content[4:8])
    if length + 8 != len(content):
        raise ValueError("more behind the end")
    at = 12
    while at < len(content):
        name, (size,) = content[at : at + 4], struct.unpack("<I", content[at + 4 : at + 8])
        yield name
        at += 8 + size + size % 2

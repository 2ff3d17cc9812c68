"""Re-encodes uploaded pictures: attachments without metadata, and avatars as squares.

A picture that cannot be re-encoded is refused, because its metadata (place, camera, comments) would stay in it.
Removing metadata without decoding is not reliable: every format has undocumented places for it, and allows data after
the picture.

Decoding runs in a process with limits (decoding.py), for a few pictures at a time, taking turns between people.
"""

import struct
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import IO, BinaryIO

from helix.errors import Invalid, TooLarge
from helix.fair_queue import FairQueue
from helix.files import kinds
from helix.limited_process import LimitExceeded, Limits, Rejected, WorkFailed, run

FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WEBP"}
TOO_LARGE = (
    "This picture has more than 40 million pixels (progressive JPEG: 20, WebP: 8, animated: 25 in all frames) or "
    "takes too much memory to unpack. Make it smaller, or put it into a .zip to keep it as it is, with its metadata."
)
BROKEN = (
    "This picture is damaged, so its metadata (such as the place) cannot be removed. Save it again, or put it into a "
    ".zip to keep it as it is."
)
LIMITS = Limits(seconds=5)

LARGEST_AVATAR = 2 * 1024 * 1024
AVATAR_CONTENT_TYPE = "image/webp"
AVATAR_LIMITS = Limits(seconds=3, output=LARGEST_AVATAR)
AVATAR_PROBLEMS = {
    "too many pixels": "This picture has too many pixels: at most 40 million (progressive JPEG: 20, WebP: 8). "
    "Make it smaller first.",
    "no picture": "This file is not a picture that can be used. Upload a JPEG, PNG or WebP.",
    "damaged": "This picture is damaged. Save it again and upload that.",
}

# The segments and chunks that a picture without metadata may have. JPEG: JFIF, colour profile, Adobe's colour
# transform; tables, restart interval, frames and scans.
_JPEG_SEGMENTS = {0xE0, 0xE2, 0xEE, 0xDB, 0xC4, 0xDD, 0xC0, 0xC1, 0xC2, 0xDA}
_WEBP_CHUNKS = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ICCP"}

# Per web process. More pictures at a time would only compete for its processors.
turns = FairQueue(2, waiting=20)


@contextmanager
def cleaned(stream: BinaryIO, *, person: Hashable = None) -> Iterator[tuple[BinaryIO, str]]:
    """The content to store and its content type: pictures re-encoded, everything else unchanged.

    Raises Invalid for a picture that is damaged or too large to unpack; TooManyRequests if `person` has many waiting.
    Animations keep their frames. A JPEG is encoded with its own quantization tables, so that it loses little quality.
    """
    kind = kinds.content_type(stream)
    if kind not in FORMATS:
        yield stream, kind
        return
    with _encoded(stream, FORMATS[kind], person) as picture:
        yield picture, kind


def _encoded(stream: IO[bytes], name: str, person: Hashable) -> BinaryIO:
    try:
        with turns.turn(person):
            return run("helix.files.decoding:reencode", stream, name, limits=LIMITS)
    except LimitExceeded as error:
        error.so_far.close()
        raise Invalid.field("file", TOO_LARGE) from error
    except Rejected as refusal:
        raise Invalid.field("file", TOO_LARGE if str(refusal) == "too many pixels" else BROKEN) from refusal
    except WorkFailed as error:
        raise Invalid.field("file", BROKEN) from error


def avatar(content: bytes, *, person: Hashable = None) -> bytes:
    """The picture as a square WebP of at most 512 px a side, upright, without any metadata.

    Accepts JPEG, PNG and WebP, recognized by content. Raises TooLarge above 2 MB, TooManyRequests if `person` has many
    waiting, Invalid for everything else.
    """
    if len(content) > LARGEST_AVATAR:
        raise TooLarge("This picture is too large: at most 2 MB.")
    try:
        with turns.turn(person), run("helix.files.decoding:square", BytesIO(content), limits=AVATAR_LIMITS) as picture:
            return picture.read()
    except LimitExceeded as error:
        error.so_far.close()
        raise Invalid.field("file", AVATAR_PROBLEMS["too many pixels"]) from error
    except Rejected as refusal:
        raise Invalid.field("file", AVATAR_PROBLEMS[str(refusal)]) from refusal
    except WorkFailed as error:
        raise Invalid.field("file", AVATAR_PROBLEMS["damaged"]) from error


def has_no_metadata(content: bytes) -> bool:
    """Whether this is a JPEG or WebP that holds only the picture, such as one that was re-encoded here before.

    Encoding it again would lose quality. Only known segments count, and nothing after the end. False if unsure, and for
    every animated WebP, because its frames may have chunks of their own. Never raises.
    """
    try:
        if content.startswith(b"\xff\xd8"):
            return _JPEG_SEGMENTS.issuperset(_segments(content))
        if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
            return _WEBP_CHUNKS.issuperset(_chunks(content))
    except (IndexError, struct.error, ValueError):
        return False
    return False


def _segments(content: bytes) -> Iterator[int]:
    """The markers of a JPEG up to its end. Raises ValueError if more data follows."""
    position = 2
    while True:
        if content[position] != 0xFF:
            raise ValueError("no marker")
        marker = content[position + 1]
        if marker == 0xD9:
            if position + 2 != len(content):
                raise ValueError("data after the end")
            return
        yield marker
        (length,) = struct.unpack(">H", content[position + 2 : position + 4])
        if (
            length < 2
            or (marker == 0xE0 and content[position + 4 : position + 9] != b"JFIF\0")
            or (marker == 0xE0 and length != 16)
        ):
            raise ValueError("unexpected segment")
        if marker == 0xE2 and content[position + 4 : position + 16] != b"ICC_PROFILE\0":
            raise ValueError("not a colour profile")
        if marker == 0xEE and (content[position + 4 : position + 9] != b"Adobe" or length != 14):
            raise ValueError("not an Adobe segment")
        position += 2 + length
        if marker == 0xDA:
            position = _end_of_scan(content, position)


def _end_of_scan(content: bytes, position: int) -> int:
    """The position after the data of a scan: a marker that is neither a stuffed byte nor a restart."""
    while True:
        position = content.index(b"\xff", position)
        if content[position + 1] != 0 and not 0xD0 <= content[position + 1] <= 0xD7:
            return position
        position += 2


def _chunks(content: bytes) -> Iterator[bytes]:
    """The names of a WebP's chunks. Raises ValueError if its length is not the stated one."""
    (length,) = struct.unpack("<I", content[4:8])
    if length + 8 != len(content):
        raise ValueError("data after the end")
    position = 12
    while position < len(content):
        name, (size,) = content[position : position + 4], struct.unpack("<I", content[position + 4 : position + 8])
        yield name
        position += 8 + size + size % 2

"""Pictures that people attach, encoded anew: upright, without place, camera or comment.

One that cannot be is refused rather than kept as it came: what is in it would stay in it, unseen. Taking the metadata
out without decoding was left alone: each format has places for it that no list knows, and room behind the picture.

The decoding itself happens in a process with limits (decoding.py), for few pictures at once and by turns of persons.
"""

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO

from helix.errors import Invalid
from helix.fair_queue import FairQueue
from helix.files import kinds
from helix.limited_process import LimitExceeded, Limits, Rejected, WorkFailed, run

FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WEBP"}
TOO_LARGE = (
    "This picture has more than 40 million pixels (progressive JPEG: 20, WebP: 8, moving: 25 in all frames) or "
    "takes too much memory to unpack. Make it smaller, or put it into a .zip to keep it as it is, with all that the "
    "camera wrote into it."
)
BROKEN = (
    "This picture is damaged, so that what the camera wrote into it (such as the place) cannot be taken out. Save it "
    "again, or put it into a .zip to keep it as it is."
)
LIMITS = Limits(seconds=5)
# For one web process: more would only share its processors. Avatars take the same turns.
turns = FairQueue(2, waiting=20)


@contextmanager
def cleaned(stream: BinaryIO, *, person: Hashable = None) -> Iterator[tuple[BinaryIO, str]]:
    """What is kept of an upload, and its kind: a picture as we encode it, everything else as it came.

    Raises Invalid for a picture that is damaged or too large to be unpacked; TooManyRequests where `person` has many
    waiting. Animations keep their frames. A JPEG is encoded with its own tables, so that it hardly loses.
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

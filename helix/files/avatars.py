"""A portrait out of whatever picture somebody uploads: decoded, cut to a square, encoded anew.

The decoding happens in a process with limits (decoding.py), by the same turns as that of attached pictures.
"""

from collections.abc import Hashable
from io import BytesIO

from helix.errors import Invalid, TooLarge
from helix.files.pictures import turns
from helix.limited_process import LimitExceeded, Limits, Rejected, WorkFailed, run

LARGEST = 2 * 1024 * 1024
CONTENT_TYPE = "image/webp"
LIMITS = Limits(seconds=3, output=LARGEST)
PROBLEMS = {
    "too many pixels": "This picture has too many pixels: at most 40 million (progressive JPEG: 20, WebP: 8). "
    "Make it smaller first.",
    "no picture": "This is no picture that can be used. Upload a JPEG, PNG or WebP.",
    "damaged": "This picture is damaged. Save it again and upload that.",
}


def square(content: bytes, *, person: Hashable = None) -> bytes:
    """The picture as a square WebP of at most 512 px a side, upright, without any metadata.

    Takes JPEG, PNG and WebP, told by their content. Raises TooLarge above 2 MB, TooManyRequests where `person` has many
    waiting, Invalid for everything else.
    """
    if len(content) > LARGEST:
        raise TooLarge("This picture is too large: at most 2 MB.")
    try:
        with turns.turn(person), run("helix.files.decoding:square", BytesIO(content), limits=LIMITS) as portrait:
            return portrait.read()
    except LimitExceeded as error:
        error.so_far.close()
        raise _refused("too many pixels") from error
    except Rejected as refusal:
        raise _refused(str(refusal)) from refusal
    except WorkFailed as error:
        raise _refused("damaged") from error


def _refused(problem: str) -> Invalid:
    return Invalid.field("file", PROBLEMS[problem])

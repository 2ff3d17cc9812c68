"""Pictures that people attach, encoded anew: upright, without place, camera or comment.

One that cannot be is refused rather than kept as it came: what is in it would stay in it, unseen. Taking the metadata
out without decoding was left alone: each format has places for it that no list knows, and room behind the picture.
"""

import struct
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from PIL import Image, ImageOps, ImageSequence, JpegImagePlugin, UnidentifiedImageError

from helix.errors import Invalid
from helix.files import kinds

FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WEBP"}
# Of all frames together: what is unpacked for a moment is some bytes for each.
MOST_PIXELS = 40_000_000
MOST_MOVING_PIXELS = 120_000_000
TOO_LARGE = (
    "This picture has more than 40 million pixels (a moving one: 120 in all its frames). Make it smaller, or put it "
    "into a .zip to keep it as it is, with all that the camera wrote into it."
)
BROKEN = (
    "This picture is damaged, so that what the camera wrote into it (such as the place) cannot be taken out. Save it "
    "again, or put it into a .zip to keep it as it is."
)
IN_MEMORY = 4 * 1024 * 1024
# What the picture looks like, and nothing else: colours, and how it moves.
KEPT = ("icc_profile", "transparency", "gamma", "duration", "loop", "background", "disposal", "blend")
BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
# Decoders meet damaged files in many ways.
DAMAGED = (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, EOFError, struct.error)

_one_at_a_time = threading.Lock()


@contextmanager
def cleaned(stream: BinaryIO) -> Iterator[tuple[BinaryIO, str]]:
    """What is kept of an upload, and its kind: a picture as we encode it, everything else as it came.

    Raises Invalid for a picture that is damaged or too large to be unpacked. Animations keep their frames. A JPEG is
    encoded with its own tables, so that it hardly loses.
    """
    kind = kinds.content_type(stream)
    if kind not in FORMATS:
        yield stream, kind
        return
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as target:
        try:
            # Unpacked pictures are large; one after the other they are not larger together.
            with _one_at_a_time, warnings.catch_warnings():
                warnings.simplefilter("error", Image.DecompressionBombWarning)
                _encode(stream, FORMATS[kind], cast(BinaryIO, target))
        except BOMBS as error:
            raise Invalid.field("file", TOO_LARGE) from error
        except (UnidentifiedImageError, *DAMAGED) as error:
            raise Invalid.field("file", BROKEN) from error
        target.seek(0)
        yield cast(BinaryIO, target), kind


def _encode(stream: BinaryIO, name: str, target: BinaryIO) -> None:
    stream.seek(0)
    image = Image.open(stream, formats=[name])
    frames = getattr(image, "n_frames", 1)
    # The size stands in the header: this is known before a single pixel is unpacked.
    pixels = image.width * image.height
    if pixels > MOST_PIXELS or pixels * frames > MOST_MOVING_PIXELS:
        raise Image.DecompressionBombError(f"{pixels * frames:,} pixels")
    options = _of_its_own(image, name)
    if frames > 1 and name != "JPEG":  # in a JPEG more frames are other pictures: previews, depth
        image.save(target, name, save_all=True, duration=_pace(image), **options)
        return
    image.load()
    upright = ImageOps.exif_transpose(image)
    upright.info = {key: value for key, value in upright.info.items() if key in KEPT}
    upright.save(target, name, **options)


def _pace(image: Image.Image) -> list[int]:
    """How long each frame is shown: some formats tell it only once the frame is unpacked."""
    pace = []
    for frame in ImageSequence.Iterator(image):
        frame.load()
        pace.append(int(frame.info.get("duration", 0)))
    image.seek(0)
    return pace


def _of_its_own(image: Image.Image, name: str) -> dict[str, Any]:
    """How it was encoded before, and nothing for what is left behind, which would else be taken over."""
    if name == "JPEG":
        sampling = JpegImagePlugin.get_sampling(image)
        own = {"qtables": getattr(image, "quantization", None), "exif": b"", "comment": b""}
        return own | ({"subsampling": sampling} if sampling >= 0 else {})
    if name == "WEBP":
        return {"exif": b"", "xmp": b"", "quality": 90, "method": 4}
    return {"comment": b""} if name == "GIF" else {"exif": b""}

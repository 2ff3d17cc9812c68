"""What unpacks pictures: the only module that imports Pillow. It runs in processes with limits (limited_process.py)."""

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from PIL import Image, ImageOps, ImageSequence, JpegImagePlugin, UnidentifiedImageError

from helix.limited_process import Rejected

# What is unpacked takes 4 bytes a pixel, in some formats several times that; of a moving picture all frames are held at
# once. The figures keep the dearest pictures within 2 s and 300 MB.
MOST_PIXELS = {"JPEG": 40_000_000, "PNG": 40_000_000, "GIF": 40_000_000, "WEBP": 8_000_000}
MOST_PROGRESSIVE_PIXELS = 20_000_000
MOST_MOVING_PIXELS = {"PNG": 12_000_000, "GIF": 25_000_000, "WEBP": 8_000_000}
SIDE = 512
ORIENTATION = 0x0112

# What the picture looks like, and nothing else: colours, and how it moves.
KEPT = ("icc_profile", "transparency", "gamma", "duration", "loop", "background", "disposal", "blend")
TOO_MANY_PIXELS, DAMAGED, NO_PICTURE = "too many pixels", "damaged", "no picture"
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
# Decoders meet damaged files in many ways.
_DAMAGE = (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, EOFError, struct.error)


def reencode(source: BinaryIO, target: BinaryIO, name: str) -> None:
    """The picture in its own format: upright, without place, camera or comment. Animations keep their frames."""
    with _refusals():
        image = _opened(source, [name])
        options = _of_its_own(image, name)
        if _frames(image) > 1 and name != "JPEG":  # in a JPEG more frames are other pictures: previews, depth
            image.save(target, name, save_all=True, duration=_pace(image), **options)
            return
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
        image.info = {key: value for key, value in image.info.items() if key in KEPT}
        image.save(target, name, **options)


def square(source: BinaryIO, target: BinaryIO) -> None:
    """A square WebP of at most 512 px a side, upright, without any metadata. Takes JPEG, PNG and WebP."""
    with _refusals():
        image = _opened(source, ["JPEG", "PNG", "WEBP"])
        # JPEG can be decoded at a fraction of its size, which spares most of the work for a photograph.
        image.draft("RGB", (SIDE * 2, SIDE * 2))
        image.load()
        image = ImageOps.exif_transpose(_small(image, max(1, min(image.size) // (SIDE * 2))))
        side = max(1, min(image.width, image.height, SIDE))
        portrait = ImageOps.fit(image, (side, side), method=Image.Resampling.LANCZOS)
        # A fresh picture takes over pixels alone: no EXIF, no colour profile, no comments, no second frame.
        clean = Image.new(portrait.mode, portrait.size)
        clean.paste(portrait)
        clean.save(target, "WEBP", quality=85, method=4)


def _small(image: Image.Image, factor: int) -> Image.Image:
    """With its colours as they are, a whole number of times smaller. By strips: else there would be several copies."""
    transparent = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    small = Image.new("RGBA" if transparent else "RGB", (-(-image.width // factor), -(-image.height // factor)))
    height = factor * 64
    for top in range(0, image.height, height):
        strip = image.crop((0, top, image.width, min(image.height, top + height)))
        small.paste(strip.convert(small.mode).reduce(factor), (0, top // factor))
    if orientation := image.getexif().get(ORIENTATION):
        small.getexif()[ORIENTATION] = orientation
    return small


def _opened(source: BinaryIO, formats: list[str]) -> Image.Image:
    image = Image.open(source, formats=formats)
    name = image.format or formats[0]
    # The size stands in the header: this is known before a single pixel is unpacked.
    pixels, frames = image.width * image.height, 1 if name == "JPEG" else _frames(image)
    most = MOST_PROGRESSIVE_PIXELS if image.info.get("progressive") else MOST_PIXELS[name]
    if pixels > most or (frames > 1 and pixels * frames > MOST_MOVING_PIXELS[name]):
        raise Image.DecompressionBombError(f"{pixels * frames:,} pixels")
    return image


def _frames(image: Image.Image) -> int:
    return getattr(image, "n_frames", 1)


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
        return {"exif": b"", "xmp": b"", "quality": 90, "method": 2}
    # Harder compression takes several times as long for a tenth of the size.
    return {"comment": b""} if name == "GIF" else {"exif": b"", "compress_level": 2}


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except _BOMBS as error:
        raise Rejected(TOO_MANY_PIXELS) from error
    except UnidentifiedImageError as error:
        raise Rejected(NO_PICTURE) from error
    except _DAMAGE as error:
        raise Rejected(DAMAGED) from error

"""Decodes pictures. The only module that imports Pillow; it runs in processes with limits (limited_process.py)."""

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from PIL import Image, ImageOps, ImageSequence, JpegImagePlugin, UnidentifiedImageError

from helix.limited_process import Rejected

# Decoding takes 4 bytes per pixel, in some formats several times that, and all frames of an animation are in memory at
# once. These limits keep the most expensive pictures within 2 s and 300 MB.
MOST_PIXELS = {"JPEG": 40_000_000, "PNG": 40_000_000, "GIF": 40_000_000, "WEBP": 8_000_000}
MOST_PROGRESSIVE_PIXELS = 20_000_000
MOST_ANIMATED_PIXELS = {"PNG": 12_000_000, "GIF": 25_000_000, "WEBP": 8_000_000}
SIDE = 512
ORIENTATION = 0x0112

# Metadata that affects the appearance: colours and animation.
KEPT = ("icc_profile", "transparency", "gamma", "duration", "loop", "background", "disposal", "blend")
TOO_MANY_PIXELS, DAMAGED, NO_PICTURE = "too many pixels", "damaged", "no picture"
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
# What decoders raise for damaged files.
_DAMAGE = (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, EOFError, struct.error)


def reencode(source: BinaryIO, target: BinaryIO, name: str) -> None:
    """Re-encode the picture in its own format, upright and without metadata. Animations keep their frames."""
    with _refusals():
        image = _opened(source, [name])
        options = _encoder_options(image, name)
        if _frames(image) > 1 and name != "JPEG":  # further frames of a JPEG are other pictures: previews, depth maps
            image.save(target, name, save_all=True, duration=_durations(image), **options)
            return
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
        image.info = {key: value for key, value in image.info.items() if key in KEPT}
        image.save(target, name, **options)


def square(source: BinaryIO, target: BinaryIO) -> None:
    """Encode a square WebP of at most 512 px a side, upright and without metadata. Accepts JPEG, PNG and WebP."""
    with _refusals():
        image = _opened(source, ["JPEG", "PNG", "WEBP"])
        # A JPEG can be decoded at a fraction of its size, which saves most of the work for a photograph.
        image.draft("RGB", (SIDE * 2, SIDE * 2))
        image.load()
        image = ImageOps.exif_transpose(_reduced(image, max(1, min(image.size) // (SIDE * 2))))
        side = max(1, min(image.width, image.height, SIDE))
        portrait = ImageOps.fit(image, (side, side), method=Image.Resampling.LANCZOS)
        # A new image takes over only the pixels: no EXIF, no colour profile, no comments, no second frame.
        clean = Image.new(portrait.mode, portrait.size)
        clean.paste(portrait)
        clean.save(target, "WEBP", quality=85, method=4)


def _reduced(image: Image.Image, factor: int) -> Image.Image:
    """Reduce by a whole factor, in strips, because converting the image at once would need several copies in memory."""
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
    # The header has the size, so this is known before any pixel is decoded.
    pixels, frames = image.width * image.height, 1 if name == "JPEG" else _frames(image)
    most = MOST_PROGRESSIVE_PIXELS if image.info.get("progressive") else MOST_PIXELS[name]
    if pixels > most or (frames > 1 and pixels * frames > MOST_ANIMATED_PIXELS[name]):
        raise Image.DecompressionBombError(f"{pixels * frames:,} pixels")
    return image


def _frames(image: Image.Image) -> int:
    return getattr(image, "n_frames", 1)


def _durations(image: Image.Image) -> list[int]:
    """Milliseconds per frame. Some formats have them only after the frame was decoded."""
    durations = []
    for frame in ImageSequence.Iterator(image):
        frame.load()
        durations.append(int(frame.info.get("duration", 0)))
    image.seek(0)
    return durations


def _encoder_options(image: Image.Image, name: str) -> dict[str, Any]:
    """Options that keep the quality of the original, and empty ones for metadata, which would otherwise be copied."""
    if name == "JPEG":
        sampling = JpegImagePlugin.get_sampling(image)
        own = {"qtables": getattr(image, "quantization", None), "exif": b"", "comment": b""}
        return own | ({"subsampling": sampling} if sampling >= 0 else {})
    if name == "WEBP":
        return {"exif": b"", "xmp": b"", "quality": 90, "method": 2}
    # A higher compression level takes several times as long and saves a tenth of the size.
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

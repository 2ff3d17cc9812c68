"""A portrait out of whatever picture somebody uploads: decoded, cut to a square, encoded anew."""

import struct
import warnings
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from helix.errors import Invalid, TooLarge

SIDE = 512
LARGEST = 2 * 1024 * 1024
MOST_PIXELS = 40_000_000
CONTENT_TYPE = "image/webp"

_KINDS = ("JPEG", "PNG", "WEBP")


def square(content: bytes) -> bytes:
    """The picture as a square WebP of at most 512 px a side, upright, without any metadata.

    Takes JPEG, PNG and WebP, told by their content. Raises TooLarge above 2 MB, Invalid for everything else.
    """
    if len(content) > LARGEST:
        raise TooLarge("This picture is too large: at most 2 MB.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _encoded(_decoded(content))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except UnidentifiedImageError as error:
        raise Invalid.field("file", "This is no picture that can be used. Upload a JPEG, PNG or WebP.") from error
    except (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, EOFError, struct.error) as error:
        # Decoders meet damaged files in many ways; to a person they are all the same.
        raise Invalid.field("file", "This picture is damaged. Save it again and upload that.") from error


def _decoded(content: bytes) -> Image.Image:
    image = Image.open(BytesIO(content), formats=_KINDS)
    # The size stands in the header: this is known before a single pixel is unpacked.
    if image.width * image.height > MOST_PIXELS:
        raise _too_many_pixels()
    # JPEG can be decoded at a fraction of its size, which spares most of the work for a photograph.
    image.draft("RGB", (SIDE * 2, SIDE * 2))
    image.load()
    return ImageOps.exif_transpose(image)


def _encoded(image: Image.Image) -> bytes:
    transparent = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    image = image.convert("RGBA" if transparent else "RGB")
    side = max(1, min(image.width, image.height, SIDE))
    portrait = ImageOps.fit(image, (side, side), method=Image.Resampling.LANCZOS)
    # A fresh picture takes over pixels alone: no EXIF, no colour profile, no comments, no second frame.
    clean = Image.new(portrait.mode, portrait.size)
    clean.paste(portrait)
    out = BytesIO()
    clean.save(out, "WEBP", quality=85, method=4)
    return out.getvalue()


def _too_many_pixels() -> Invalid:
    return Invalid.field("file", "This picture has too many pixels: at most 40 million. Make it smaller first.")

from io import BytesIO

from PIL import Image

PLACE = b"somebody's kitchen"


def photo_with_location() -> bytes:
    """A JPEG with camera metadata, including a location."""
    exif, out = Image.Exif(), BytesIO()
    exif[0x010F] = "A camera"
    exif.get_ifd(0x8825)[29] = PLACE.decode()
    Image.new("RGB", (40, 20), "red").save(out, "JPEG", exif=exif)
    return out.getvalue()

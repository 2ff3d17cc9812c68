from io import BytesIO

import pytest
from PIL import Image

from helix.files.pictures import cleaned, has_no_metadata
from tests.support.photos import photo_with_location


def encoded(kind, **options):
    target = BytesIO()
    Image.effect_noise((64, 48), 60).convert("RGB").save(target, kind, **options)
    return target.getvalue()


def kept(content):
    with cleaned(BytesIO(content)) as (stream, _kind):
        return stream.read()


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_what_we_encoded_has_no_metadata(kind):
    assert has_no_metadata(kept(encoded(kind)))


@pytest.mark.parametrize(
    "content",
    [
        photo_with_location(),
        encoded("JPEG", comment=b"secret"),
        encoded("JPEG") + b"secret",
        encoded("WEBP", exif=b"Exif\0\0secret"),
        encoded("WEBP", xmp=b"<x/>"),
        encoded("WEBP") + b"secret",
        encoded("JPEG")[:-40],
        encoded("PNG"),
        b"\xff\xd8",
        b"RIFF",
        b"",
    ],
    ids=range(11),
)
def test_what_holds_more_or_is_damaged_is_not(content):
    assert not has_no_metadata(content)

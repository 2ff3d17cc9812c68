import io
import resource

import pytest
from PIL import Image, ImageDraw, ImageFile, PngImagePlugin

from helix.errors import Invalid
from helix.files import decoding
from helix.files.kinds import content_type
from helix.files.pictures import cleaned
from helix.limited_process import Rejected

PLACE = "GPS of somebody's kitchen"
RED, BLUE = (220, 20, 20), (20, 20, 220)


def exif(orientation=None):
    """Where, when and with what it was taken, and which way is up."""
    found = Image.Exif()
    found[0x010F], found[0x9286] = "A camera", PLACE
    gps = found.get_ifd(0x8825)
    gps[1], gps[2], gps[29] = "N", (52.0, 30.0, 59.0), PLACE
    if orientation:
        found[0x0112] = orientation
    return found.tobytes()


def halves():
    """Red above, blue below."""
    image = Image.new("RGB", (60, 40), RED)
    ImageDraw.Draw(image).rectangle((0, 20, 60, 40), fill=BLUE)
    return image


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def clean(content):
    with cleaned(io.BytesIO(content)) as (stream, _kind):
        return stream.read()


def png_with_texts():
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", PLACE)
    texts.add_itxt("XML:com.adobe.xmp", f"<x>{PLACE}</x>")
    return saved(halves(), "PNG", pnginfo=texts, exif=exif())


WITH_METADATA = {
    "JPEG": lambda: saved(halves(), "JPEG", exif=exif(), comment=PLACE.encode(), xmp=f"<x>{PLACE}</x>".encode()),
    "PNG": png_with_texts,
    "WEBP": lambda: saved(halves(), "WEBP", exif=exif(), xmp=f"<x>{PLACE}</x>".encode()),
    "GIF": lambda: saved(halves(), "GIF", comment=PLACE.encode()),
}


@pytest.mark.parametrize("kind", WITH_METADATA)
def test_nothing_of_what_the_camera_wrote_stays(kind):
    content = WITH_METADATA[kind]()
    assert PLACE.encode() in content

    found = clean(content)

    assert PLACE.encode() not in found
    assert b"A camera" not in found
    image = Image.open(io.BytesIO(found))
    assert (image.format, image.size, dict(image.getexif())) == (kind, (60, 40), {})
    assert content_type(found) == content_type(content)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_taken_sideways_is_upright_without_being_told(kind):
    upside_down = saved(halves(), kind, exif=exif(orientation=3))
    sideways = saved(halves(), kind, exif=exif(orientation=6))

    turned, stood_up = (Image.open(io.BytesIO(clean(one))).convert("RGB") for one in (upside_down, sideways))

    assert turned.getpixel((30, 5))[2] > 150, "blue is above now"
    assert stood_up.size == (40, 60)


@pytest.mark.parametrize(("kind", "options"), [("GIF", {"comment": PLACE.encode()}), ("WEBP", {"exif": exif()})])
def test_an_animation_keeps_its_frames_and_its_pace(kind, options):
    frames = [Image.new("RGB", (20, 20), color) for color in (RED, BLUE, "white")]
    content = saved(
        frames[0], kind, save_all=True, append_images=frames[1:], duration=[100, 200, 300], loop=0, **options
    )
    assert PLACE.encode() in content

    found = clean(content)

    assert PLACE.encode() not in found
    image = Image.open(io.BytesIO(found))
    paces, colors = [], []
    for number in range(image.n_frames):
        image.seek(number)
        image.load()
        paces.append(image.info["duration"])
        colors.append(image.convert("RGB").getpixel((10, 10)))
    assert (paces, image.info["loop"]) == ([100, 200, 300], 0)
    assert colors[0][0] > 150
    assert colors[1][2] > 150


def test_transparency_stays():
    content = saved(Image.new("RGBA", (10, 10), (255, 0, 0, 77)), "PNG")

    assert Image.open(io.BytesIO(clean(content))).getpixel((5, 5)) == (255, 0, 0, 77)


def test_a_photograph_hardly_loses_and_hardly_grows():
    photo = Image.effect_noise((400, 300), 60).convert("RGB")
    content = saved(photo, "JPEG", quality=60, exif=exif())

    found = clean(content)

    assert len(found) < len(content) * 1.1
    before, after = (Image.open(io.BytesIO(one)).convert("L").tobytes() for one in (content, found))
    assert sum(abs(a - b) for a, b in zip(before, after, strict=True)) / len(before) < 2


def test_what_hangs_behind_a_picture_is_gone():
    assert PLACE.encode() not in clean(saved(halves(), "PNG") + PLACE.encode())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_a_damaged_picture_is_refused_with_what_to_do(kind):
    content = saved(halves(), kind)

    with pytest.raises(Invalid, match=r"damaged.*put it into a \.zip"):
        clean(content[: len(content) // 3])


# Made by the test: every process that collects this file would draw them.
BOMBS = {
    "PNG": lambda: saved(Image.new("1", (9000, 9000)), "PNG"),
    "progressive JPEG": lambda: saved(Image.new("RGB", (5000, 5000)), "JPEG", progressive=True),
    "WEBP": lambda: saved(Image.new("RGB", (3000, 3000)), "WEBP"),
    "moving GIF": lambda: saved(
        Image.new("1", (4000, 4000)), "GIF", save_all=True, append_images=[Image.new("1", (4000, 4000), 1)]
    ),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_a_bomb_is_refused_before_it_is_unpacked(kind, monkeypatch):
    bomb = BOMBS[kind]()
    assert len(bomb) < 200_000
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda *_: pytest.fail("it was unpacked"))

    with pytest.raises(Rejected, match="too many pixels"):
        decoding.reencode(io.BytesIO(bomb), io.BytesIO(), Image.open(io.BytesIO(bomb)).format)

    with pytest.raises(Invalid, match=r"more than 40 million pixels.*Make it smaller"):
        clean(bomb)


def test_a_picture_that_does_not_fit_into_memory_is_refused_and_takes_none_of_ours():
    sideways = saved(Image.new("RGB", (8000, 4900)), "JPEG", exif=exif(orientation=6))
    ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with pytest.raises(Invalid, match=r"memory to unpack.*Make it smaller"):
        clean(sideways)

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - ours < 20_000, "kilobytes"


def test_what_is_no_picture_stays_as_it_came():
    with cleaned(io.BytesIO(b"# Words\n")) as (stream, kind):
        assert (stream.read(), kind) == (b"# Words\n", "text/markdown")

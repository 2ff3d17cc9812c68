import io
import itertools
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from helix.errors import Invalid, TooLarge
from helix.files.pictures import LARGEST_AVATAR, avatar


def picture(kind="PNG", size=(40, 30), mode="RGB", color="red", **options):
    out = io.BytesIO()
    Image.new(mode, size, color).save(out, kind, **options)
    return out.getvalue()


def opened(content):
    return Image.open(io.BytesIO(content), formats=["WEBP"])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_becomes_a_square(kind):
    assert opened(avatar(picture(kind))).size == (30, 30)


def test_a_large_picture_shrinks_to_512_and_a_small_one_does_not_grow():
    assert opened(avatar(picture(size=(2000, 1500)))).size == (512, 512)
    assert opened(avatar(picture(size=(3, 900)))).size == (3, 3)


def test_the_middle_is_what_stays():
    wide = Image.new("RGB", (300, 100), "red")
    wide.paste("blue", (100, 0, 200, 100))
    out = io.BytesIO()
    wide.save(out, "PNG")

    portrait = opened(avatar(out.getvalue())).convert("RGB")

    assert all(portrait.getpixel(at)[2] > 200 for at in [(5, 5), (50, 50), (95, 95)])


def test_a_photograph_taken_sideways_is_turned_upright():
    photo = Image.new("RGB", (100, 100), "red")
    photo.paste("blue", (0, 0, 100, 50))
    exif = Image.Exif()
    exif[0x0112] = 3
    out = io.BytesIO()
    photo.save(out, "JPEG", exif=exif)

    portrait = opened(avatar(out.getvalue())).convert("RGB")

    assert portrait.getpixel((50, 80))[2] > 200
    assert portrait.getpixel((50, 20))[0] > 200


def test_metadata_is_left_behind():
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    content = picture("JPEG", exif=exif, comment=b"secret place")

    portrait = avatar(content)

    assert b"taken at home" in content
    assert b"secret place" in content
    assert b"taken at home" not in portrait
    assert b"secret place" not in portrait
    assert not opened(portrait).getexif()


def test_transparency_stays():
    portrait = opened(avatar(picture(mode="RGBA", color=(255, 0, 0, 0))))

    assert portrait.getpixel((1, 1))[3] == 0


def test_an_animation_becomes_its_first_frame():
    out = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(
        out, "WEBP", save_all=True, append_images=[Image.new("RGB", (20, 20), "blue")]
    )

    portrait = opened(avatar(out.getvalue()))

    assert getattr(portrait, "n_frames", 1) == 1
    assert portrait.convert("RGB").getpixel((10, 10))[0] > 200


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "ICO"])
def test_other_kinds_of_pictures_are_refused(kind):
    with pytest.raises(Invalid, match="JPEG, PNG or WebP"):
        avatar(picture(kind))


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7", b"GIF89a"]
)
def test_what_is_no_picture_is_refused(content):
    with pytest.raises(Invalid, match="JPEG, PNG or WebP"):
        avatar(content)


def test_more_than_two_megabytes_are_refused():
    with pytest.raises(TooLarge, match="2 MB"):
        avatar(picture() + b"\0" * LARGEST_AVATAR)


def test_a_decompression_bomb_is_refused_before_it_is_unpacked():
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1_000_000))
    bomb += chunk(b"IEND", b"")

    with pytest.raises(Invalid, match="too many pixels"):
        avatar(bomb)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_cut_off_picture_is_told_in_words(kind):
    content = picture(kind, size=(200, 200))

    with pytest.raises(Invalid, match="damaged|JPEG, PNG or WebP"):
        avatar(content[: len(content) * 2 // 3])


# Each example starts a process.
@settings(max_examples=15, deadline=None)
@given(st.sampled_from(["JPEG", "PNG", "WEBP"]), st.data())
def test_a_picture_with_changed_bytes_is_a_picture_or_refused(kind, data):
    content = bytearray(picture(kind, size=(24, 16)))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))

    try:
        portrait = avatar(bytes(content))
    except Invalid:
        return
    assert max(opened(portrait).size) <= 512


@pytest.mark.parametrize(
    ("mode", "color"), [("RGB", "red"), ("RGBA", (255, 0, 0, 99)), ("P", 3), ("L", 99), ("I;16", 9)]
)
def test_a_picture_of_millions_of_pixels_becomes_a_portrait_whatever_its_colours(mode, color):
    portrait = opened(avatar(picture(size=(3000, 2100), mode=mode, color=color)))

    assert portrait.size == (512, 512)
    if mode == "RGBA":
        assert portrait.getpixel((9, 9))[3] in range(97, 102)


def test_a_large_picture_is_scaled_without_seams():
    gradient = Image.linear_gradient("L").resize((2300, 2300))
    out = io.BytesIO()
    gradient.save(out, "PNG")

    portrait = opened(avatar(out.getvalue())).convert("L")

    column = [portrait.getpixel((256, y)) for y in range(512)]
    assert all(-4 <= below - above <= 5 for above, below in itertools.pairwise(column))
    assert column[-1] - column[0] > 240

import io
import zipfile

import docx
import pytest
from PIL import Image

from helix.files.kinds import UNKNOWN, content_type


def picture(kind):
    out = io.BytesIO()
    Image.new("RGB", (4, 4)).save(out, kind)
    return out.getvalue()


def archive():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("hello.txt", "hello")
    return out.getvalue()


def document():
    out = io.BytesIO()
    docx.Document().save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (picture("PNG"), "image/png"),
        (picture("JPEG"), "image/jpeg"),
        (picture("WEBP"), "image/webp"),
        (picture("GIF"), "image/gif"),
        (b"%PDF-1.7\n1 0 obj", "application/pdf"),
        (archive(), "application/zip"),
        (document(), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (b"", "text/plain"),
        (b"Just a note, about nothing.", "text/plain"),
        ("Grüße, 日本".encode(), "text/plain"),
        (b"# A title\n\nand text", "text/markdown"),
        (b"---\nname: x\n---\nbody", "text/markdown"),
        (b"name,amount\nsierra,3\nnova,4\n", "text/csv"),
        (b'{"a": [1, 2]}', "application/json"),
        (b"{not json", "text/plain"),
        (b"A note on how a <script> tag is written.", "text/plain"),
        (b"<3 is a heart, <https://example.org> an address", "text/plain"),
    ],
)
def test_the_content_tells_the_kind(content, kind):
    assert content_type(content) == kind


@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE html><p>hello",
        b"  \n<HTML><script>alert(1)</script>",
        b"<svg\nonload=alert(1)>",
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<svg onload=alert(1)>",
        b"\xef\xbb\xbf<svg onload=alert(1)>",
        b"<!-- x --><img src=x onerror=alert(1)>",
        b"MZ\x90\x00" + b"\0" * 100,
        b"\x7fELF\x02\x01\x01" + b"\0" * 100,
        b"\x00\x01\x02\x03",
        b"\xff\xfe<\x00s\x00c\x00r\x00i\x00p\x00t\x00>\x00",
        b"#!/bin/sh\x00",
    ],
)
def test_what_could_run_somewhere_is_only_ever_bytes(content):
    assert content_type(content) == UNKNOWN


@pytest.mark.parametrize(
    "content",
    [
        picture("GIF") + archive(),
        picture("PNG") + archive(),
        picture("JPEG") + archive(),
        b"GIF89a/*<svg onload=alert(1)>*/=1;",
        b"\xff\xd8\xff\xe0<html><script>alert(1)</script>",
        picture("PNG")[:33] + b"%PDF-1.4 " + picture("PNG")[33:],
        b"%PDF-1.4\n" + archive(),
        b"junk\n%PDF-1.7\n",
    ],
)
def test_what_is_two_things_at_once_is_neither(content):
    assert content_type(content) in (UNKNOWN, "text/plain")


def test_a_character_that_is_cut_in_two_at_the_end_of_the_sample_is_no_reason_to_doubt_a_text():
    assert content_type(("a" + "ü" * 40_000).encode()) == "text/plain"


def test_a_stream_is_left_at_its_beginning():
    stream = io.BytesIO(picture("PNG"))

    assert content_type(stream) == content_type(picture("PNG"))
    assert stream.tell() == 0

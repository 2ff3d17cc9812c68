import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter

from helix.text import extract
from helix.text.extract import PDF, WORD, can_extract, extract_text
from tests.support.documents import pdf, word


@pytest.mark.parametrize(
    ("content", "kind", "text"),
    [
        ("# Grüße\r\n".encode(), "text/markdown", "# Grüße"),
        (b"\xef\xbb\xbfa,b\n1,2", "text/csv", "a,b\n1,2"),
        ("Grüße".encode("utf-16"), "text/plain", "Grüße"),
        ("Grüße".encode("cp1252"), "text/plain", "Grüße"),
        (b'{"a": 1}', "application/json", '{"a": 1}'),
        (pdf("Hello there", "Second page"), PDF, "Hello there\n\nSecond page"),
        (word("First", "Second", table=[["a", "b"], ["1", "2"]]), WORD, "First\nSecond\na | b\n1 | 2"),
    ],
)
def test_the_words_of_a_file(content, kind, text):
    assert extract_text(content, kind, 1000) == (text, None)
    assert can_extract(kind)


@pytest.mark.parametrize(
    ("content", "kind", "reason"),
    [
        (b"\x89PNG", "image/png", "Files of this kind"),
        (b"", "text/plain", "holds no text"),
        (b" \n ", "text/plain", "holds no text"),
        (b"a\0b", "text/plain", "no text"),
        (pdf(""), PDF, "may be a scan"),
        (b"%PDF-1.4 broken", PDF, "damaged"),
        (b"PK\x03\x04 broken", WORD, "damaged"),
        (b"", WORD, "damaged"),
        (b"x" * (extract.LARGEST + 1), "text/plain", "too large"),
    ],
)
def test_where_there_are_no_words_it_says_why(content, kind, reason):
    text, why = extract_text(content, kind, 1000)

    assert text is None
    assert reason in why


def test_a_long_text_is_cut_and_says_so():
    assert extract_text(b"x" * 100, "text/plain", 10) == ("x" * 10, "Only the first 10 characters were read.")
    assert extract_text(pdf(*["Hello"] * 20), PDF, 12).text == "Hello\n\nHello"


def test_pages_beyond_the_limit_are_not_read(monkeypatch):
    monkeypatch.setattr(extract, "MOST_PAGES", 2)

    text, _ = extract_text(pdf("one", "two", "three"), PDF, 1000)

    assert "two" in text
    assert "three" not in text
    assert "after the first 2" in text


def test_reading_stops_when_its_time_is_up(monkeypatch):
    monkeypatch.setattr(extract, "SECONDS", -1)

    text, reason = extract_text(pdf("one", "two"), PDF, 1000)

    assert "one" in text
    assert "two" not in text
    assert "seconds" in reason


def test_a_protected_pdf_says_so():
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf("secret"))))
    writer.encrypt("password", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)

    assert extract_text(out.getvalue(), PDF, 1000).reason == "The PDF is protected by a password."


def test_a_document_that_unpacks_to_far_too_much_is_not_opened():
    out = io.BytesIO(word("hello"))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/media/zeros", b"\0" * (extract.LARGEST_UNPACKED + 1))

    assert "far more than it seems" in extract_text(out.getvalue(), WORD, 1000).reason


def test_a_document_does_not_read_files_of_the_server(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("very secret")
    original = zipfile.ZipFile(io.BytesIO(word("MARK")))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for member in original.infolist():
            content = original.read(member)
            if member.filename == "word/document.xml":
                head, _, rest = content.partition(b"?>")
                entity = f'<!DOCTYPE x [<!ENTITY file SYSTEM "file://{secret}">]>'.encode()
                content = head + b"?>" + entity + rest.replace(b"MARK", b"&file;")
            archive.writestr(member, content)

    text, reason = extract_text(out.getvalue(), WORD, 1000)

    assert "very secret" not in (text or "")
    assert text is not None or reason


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([(pdf("Hello there"), PDF), (word("Hello"), WORD)]), st.data())
def test_a_damaged_file_never_raises(original, data):
    content, kind = bytearray(original[0]), original[1]
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))

    text, reason = extract_text(bytes(content), kind, 1000)

    assert text is not None or reason

import contextlib
import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter

from helix.text import extraction
from helix.text import pdf as pdf_reader
from helix.text import word as word_reader
from helix.text.extraction import PDF, WORD, can_extract, extract_text
from helix.text.json_lines import Pieces, gathered
from tests.support.child_memory import peak_child_memory
from tests.support.hostile_files import HOSTILE, word_with
from tests.support.office_files import pdf, word


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
        (b"\x01\x02\x80\xff", "text/plain", "Save it as UTF-8"),
        (b"x" * (extraction.LARGEST + 1), "text/plain", "too large"),
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
    monkeypatch.setattr(pdf_reader, "MOST_PAGES", 2)
    out = io.BytesIO()

    pdf_reader.read(io.BytesIO(pdf("one", "two", "three")), out, "1000", "0")

    text = gathered(io.BytesIO(out.getvalue())).text
    assert "two" in text
    assert "three" not in text
    assert "after the first 2" in text


def test_a_process_leaves_the_pages_that_it_has_no_time_for_to_the_next(monkeypatch):
    monkeypatch.setattr(pdf_reader, "SECONDS", -1)
    out = io.BytesIO()

    pdf_reader.read(io.BytesIO(pdf("one", "two", "three")), out, "1000", "1")

    assert gathered(io.BytesIO(out.getvalue())) == ("two\n\n", False, 2)


def test_a_pdf_that_takes_several_processes_comes_together(monkeypatch):
    pages = [Pieces(f"page {number}\n\n", done=False, next_page=number + 1) for number in range(3)]
    asked = []
    monkeypatch.setattr(
        extraction,
        "_read",
        lambda *arguments: asked.append(arguments[2:]) or [*pages, Pieces("end", True)][len(asked) - 1],
    )

    assert extract_text(b"", PDF, 1000) == ("page 0\n\npage 1\n\npage 2\n\nend", None)
    assert [int(page) for _limit, page in asked] == [0, 1, 2, 3]


def test_a_pdf_that_takes_too_many_processes_is_read_in_part(monkeypatch):
    monkeypatch.setattr(extraction, "MOST_PROCESSES", 2)
    monkeypatch.setattr(extraction, "_read", lambda *_: Pieces("some ", done=False, next_page=1))

    assert extract_text(b"", PDF, 1000) == ("some some", extraction.LONG)


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_document_takes_little_and_says_why_it_was_not_read(name):
    content, kind, expected = HOSTILE[name]()

    with peak_child_memory() as largest:
        found = extract_text(content, kind, 100_000)

    assert largest.megabytes < 300
    assert expected in f"{found.text or ''} {found.reason or ''}", found


def test_words_before_the_hostile_part_are_kept():
    text, reason = extract_text(
        word_with("<w:p><w:r><w:t>The plan</w:t></w:r></w:p>" + "<w:p/>" * 4_000_000), WORD, 1_000_000
    )

    assert text.startswith("The plan")
    assert "Only the beginning" in reason


def test_a_protected_pdf_says_so():
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf("secret"))))
    writer.encrypt("password", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)

    assert extract_text(out.getvalue(), PDF, 1000).reason == "The PDF is protected by a password."


def test_a_document_that_unpacks_to_far_too_much_is_not_opened():
    out = io.BytesIO(word("hello"))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/media/zeros", b"\0" * (word_reader.LARGEST_UNPACKED + 1))

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
@given(st.sampled_from([(pdf("Hello there"), pdf_reader.read, "0"), (word("Hello"), word_reader.read)]), st.data())
def test_a_damaged_file_raises_nothing_but_an_exception(original, data):
    content, (read, *more) = bytearray(original[0]), original[1:]
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))

    out = io.BytesIO()
    with contextlib.suppress(Exception):  # a process tells its parent that it broke
        read(io.BytesIO(content), out, "1000", *more)

    gathered(io.BytesIO(out.getvalue()))


@pytest.mark.parametrize("cut", [10, 100, 500])
@pytest.mark.parametrize(("content", "kind"), [(pdf("Hello there"), PDF), (word("Hello"), WORD)])
def test_a_file_that_was_cut_says_that_it_is_damaged(content, kind, cut):
    text, reason = extract_text(content[:cut], kind, 1000)

    assert text is None
    assert "damaged" in reason


WORDS = {
    "a merged cell once": (
        '<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="3"/></w:tcPr><w:p><w:r><w:t>wide</w:t></w:r></w:p></w:tc>'
        "<w:tc><w:p><w:r><w:t>next</w:t></w:r></w:p></w:tc></w:tr></w:tbl>",
        "wide | next",
    ),
    "paragraphs of a cell": (
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></w:tr></w:tbl>",
        "a\nb",
    ),
    "tabs and breaks": ("<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t></w:r></w:p>", "a\tb\nc"),
    "links": ("<w:p><w:hyperlink><w:r><w:t>here</w:t></w:r></w:hyperlink></w:p>", "here"),
    "insertions without deletions": (
        "<w:p><w:ins><w:r><w:t>new</w:t></w:r></w:ins><w:del><w:r><w:delText>old</w:delText></w:r></w:del></w:p>",
        "new",
    ),
    "no codes of fields": ("<w:p><w:r><w:instrText>PAGE</w:instrText><w:t>7</w:t></w:r></w:p>", "7"),
    "a text box once": (
        '<w:p xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:AlternateContent><mc:Choice>'
        "<w:r><w:t>box</w:t></w:r></mc:Choice><mc:Fallback><w:r><w:t>box</w:t></w:r></mc:Fallback>"
        "</mc:AlternateContent></w:p>",
        "box",
    ),
}


@pytest.mark.parametrize("what", WORDS)
def test_of_a_word_document_it_reads(what):
    body, text = WORDS[what]

    assert extract_text(word_with(body), WORD, 1000) == (text, None)


def test_a_word_document_may_name_another_main_part():
    found = extract_text(word_with("<w:p><w:r><w:t>Hello</w:t></w:r></w:p>", part="word/document2.xml"), WORD, 1000)

    assert found == ("Hello", None)

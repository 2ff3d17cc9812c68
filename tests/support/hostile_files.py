"""Small malicious files that need much memory or time to read: Word documents and PDFs."""

import base64
import io
import itertools
import zipfile
import zlib
from collections.abc import Callable

from helix.text.extraction import PDF, WORD
from tests.support.office_files import word

_OBJECT = b"%d 0 obj\n%s\nendobj\n"


def word_with(body: str, *, part: str = "word/document.xml", doctype: str = "") -> bytes:
    """A Word document with this XML as its body."""
    original, out = zipfile.ZipFile(io.BytesIO(word())), io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in original.namelist():
            content = original.read(name)
            if name == "word/document.xml":
                head = content.partition(b"<w:body>")[0]
                head = head.replace(b"?>", b"?>" + doctype.encode(), 1)
                name, content = part, head + b"<w:body>" + body.encode() + b"</w:body></w:document>"
            if name == "_rels/.rels":
                content = content.replace(b"word/document.xml", part.encode())
            archive.writestr(name, content)
    return out.getvalue()


def pdf_with(stream: bytes, filters: bytes = b"/FlateDecode") -> bytes:
    """A PDF of one page with this as its content."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d /Filter %s >>\nstream\n%s\nendstream" % (len(stream), filters, stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += _OBJECT % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    end = b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % len(out)
    return out + b"xref\n0 6\n0000000000 65535 f \n" + table + end


# Each as (content, kind, a part of what is said or read).
HOSTILE: dict[str, Callable[[], tuple[bytes, str, str]]] = {
    "a cell that spans two thousand million columns": lambda: (
        word_with(
            '<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="2000000000"/></w:tcPr><w:p><w:r><w:t>x</w:t></w:r></w:p>'
            "</w:tc></w:tr></w:tbl>"
        ),
        WORD,
        "x",
    ),
    "a row of 200,000 cells": lambda: (
        word_with("<w:tbl><w:tr>" + "<w:tc><w:p/></w:tc>" * 200_000 + "</w:tr></w:tbl>"),
        WORD,
        "",
    ),
    "four million empty paragraphs": lambda: (word_with("<w:p/>" * 4_000_000), WORD, "too complex"),
    "an element with 500,000 attributes": lambda: (
        word_with("<w:p " + " ".join(f'a{n}=""' for n in range(500_000)) + "/>"),
        WORD,
        "",
    ),
    "100,000 elements inside one another": lambda: (word_with("<w:sdt>" * 100_000 + "</w:sdt>" * 100_000), WORD, ""),
    "definitions that multiply": lambda: (
        word_with(
            "<w:p><w:r><w:t>&j;</w:t></w:r></w:p>",
            doctype=f'<!DOCTYPE x [<!ENTITY a "{"a" * 10_000}">'
            + "".join(f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in itertools.pairwise("abcdefghij"))
            + "]>",
        ),
        WORD,
        "definitions",
    ),
    "1.5 million operators on a page": lambda: (
        pdf_with(zlib.compress(b"BT /F1 12 Tf " + b"(a) Tj " * 1_500_000 + b"ET", 9)),
        PDF,
        "",
    ),
    "100 MB of blanks on a page": lambda: (pdf_with(zlib.compress(b" " * 100_000_000, 9)), PDF, ""),
    "a stream that unpacks twice": lambda: (
        pdf_with(base64.a85encode(b"\x81 " * 2_000_000) + b"~>", b"[/ASCII85Decode /RunLengthDecode]"),
        PDF,
        "",
    ),
    "200,000 arrays inside one another": lambda: (
        pdf_with(zlib.compress(b"BT " + b"[" * 200_000 + b"]" * 200_000 + b" TJ ET", 9)),
        PDF,
        "",
    ),
}

"""Detects the encoding of text files: UTF-8, UTF-16, and legacy encodings.

Unicode is detected reliably. charset-normalizer distinguishes legacy encodings of different scripts; it is unreliable
for Latin ones in short texts, so these are scored by how plausible their non-ASCII letters are within words.
"""

import codecs
import re
import unicodedata

from charset_normalizer import from_bytes

# Bytes that are used to detect the encoding.
SAMPLE = 16 * 1024
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_CONTROL_BYTES = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
# The most common first, which wins if several are equally plausible.
_LATIN = ("cp1252", "mac_roman", "cp1250")
_POINTS = dict.fromkeys("“”„‘’‚«»‹›–—…€£¿¡°§\xa0", 1.0)
_OTHERS = ("cp932", "euc_jp", "gb18030", "big5", "cp949", "cp1251", "koi8_r", "cp1253")


def decoded(content: bytes) -> str | None:
    """The text without its byte order mark, or None if it is no text. The last character may be incomplete."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _readable(_without_cut_end(content[len(mark) :], encoding))
    if b"\0" in content:
        return _utf_16_without_mark(content)
    # ISO-2022-JP is ASCII with escape sequences, and would also be valid UTF-8.
    if b"\x1b$" in content:
        return _readable(_without_cut_end(content, "iso2022_jp"))
    text = _without_cut_end(content, "utf-8")
    if text is not None:
        return _readable(text)
    if _CONTROL_BYTES.search(content):
        return None
    encoding = _guessed(content[:SAMPLE])
    return content.decode(encoding, errors="replace") if encoding else None


def _readable(text: str | None) -> str | None:
    return None if text is None or _CONTROL.search(text) else text


def _without_cut_end(content: bytes, encoding: str) -> str | None:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        return decoder.decode(content)  # an incomplete last character stays in the decoder
    except UnicodeDecodeError:
        return None


def _utf_16_without_mark(content: bytes) -> str | None:
    """Latin letters, digits and line ends have a zero byte in every pair, always at the same position."""
    sample = content[:SAMPLE]
    zeros = sample[0::2].count(0), sample[1::2].count(0)
    if len(content) % 2 or min(zeros) > 0 or max(zeros) < max(2, len(sample) / 10):
        return None
    text = _readable(_without_cut_end(content, "utf-16-be" if zeros[0] else "utf-16-le"))
    # Binary data of 16-bit numbers looks similar, but has few letters.
    words = sum(sign.isalnum() or sign.isspace() for sign in (text or "")[:SAMPLE])
    return text if text and words * 2 >= min(len(text), SAMPLE) else None


def _guessed(sample: bytes) -> str | None:
    # Up to the end of a line, so that no multi-byte character is cut.
    sample = sample[: sample.rfind(b"\n") + 1] or sample if len(sample) == SAMPLE else sample
    match = from_bytes(sample, cp_isolation=[*_OTHERS, *_LATIN], enable_fallback=False).best()
    if match and match.encoding in _OTHERS:
        return match.encoding
    points = {encoding: _plausible(sample, encoding) for encoding in _LATIN}
    best = max(_LATIN, key=lambda encoding: points[encoding])
    return best if points[best] > 0 else None


def _plausible(sample: bytes, encoding: str) -> float:
    """A score for how much the non-ASCII characters look like letters within words, or punctuation between them."""
    try:
        text = sample.decode(encoding)
    except UnicodeDecodeError:
        return -1.0
    points = 0.0
    for found in re.finditer(r"[^\x00-\x7f]", text):
        sign, before, after = (
            found.group(),
            text[found.start() - 1 : found.start()],
            text[found.end() : found.end() + 1],
        )
        if unicodedata.category(sign) in ("Cc", "Cn", "Co"):
            points -= 2
        elif sign.isalpha():
            capital_inside = sign.isupper() and before.isalpha() and (before.islower() or after.islower())
            points += -2 if capital_inside else 1
        else:
            points += -2 if before.isalpha() and after.isalpha() and sign not in "’\xad·" else _POINTS.get(sign, 0.25)
    return points

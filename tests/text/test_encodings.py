import random

import pytest

from helix.files.kinds import content_type
from helix.text.encodings import decoded

TABLE = "Name;Umsatz\r\nMüller;12,5\r\nGröße;3\r\n"
TEXTS = {
    "a German table from Excel": (TABLE, "cp1252"),
    "German prose": ("Größe und Übermaß: 5 €, „schön“\nStraße", "cp1252"),
    "French prose": ("Déjà vu, café crème à l’œil — “oui”", "cp1252"),
    "Spanish prose": ("El niño comió mañana, ¿no?", "cp1252"),
    "one name": ("Müller", "cp1252"),
    "a table from a Mac": (TABLE.replace("\r\n", "\r"), "mac_roman"),
    "French from a Mac": ("Déjà vu, café crème\rà l’été prochain", "mac_roman"),
    "one name from a Mac": ("Müller", "mac_roman"),
    "a Japanese table": ("名前,売上\r\n山田太郎,12\r\n", "shift_jis"),
    "Japanese prose": ("これは日本語のテキストです。よろしくお願いします。", "shift_jis"),
    "Japanese of half width": ("ﾔﾏﾀﾞ,ﾀﾛｳ\r\n", "cp932"),
    "Japanese from Unix": ("これは日本語のテキストです。名前", "euc_jp"),
    "Japanese mail": ("名前,売上\r\n山田,1\r\n", "iso2022_jp"),
    "Chinese": ("姓名,销售额\n张三,12\n这是中文文本", "gb18030"),
    "Korean": ("이름,매출\n홍길동,12", "cp949"),
    "Russian": ("Имя;Выручка\nИванов;12,5", "cp1251"),
    "Polish": ("Imię;Wartość\nŁukasz Żółć;12", "cp1250"),
    "Greek": ("Όνομα;Πωλήσεις", "cp1253"),
}
UNICODE = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")


@pytest.mark.parametrize("what", TEXTS)
def test_a_text_in_an_older_encoding_is_read(what):
    text, encoding = TEXTS[what]

    assert decoded(text.encode(encoding)) == text


@pytest.mark.parametrize("encoding", UNICODE)
@pytest.mark.parametrize("text", [TABLE, "Plain words\n", "Имя;Выручка\r\n", "名前, 売上\n"], ids=ascii)
def test_unicode_is_read_with_and_without_a_mark(text, encoding):
    assert decoded(text.encode(encoding)) == text


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "cp1252", "mac_roman"])
def test_a_table_is_known_as_one_in_any_encoding(encoding):
    assert content_type(TABLE.encode(encoding)) == "text/csv"


def test_a_long_text_of_an_older_encoding_is_read_to_its_end():
    text = TABLE * 3_000 + "\r\nÄrger am Ende"

    assert decoded(text.encode("cp1252")) == text


def test_a_character_that_was_cut_at_the_end_makes_no_other_text_of_it():
    assert decoded("Größe".encode()[:-2]) == "Grö"
    assert decoded("名前".encode()[:-1]) == "名"


@pytest.mark.parametrize(
    "content",
    [
        b"\x7fELF\x02\x01\x01" + bytes(50),
        b"\x00\x01\x02\x03",
        b"a\0b",
        b"text with\0one zero",
        b"\x89PNG\r\n\x1a\n",
        bytes(range(256)),
        b"".join(n.to_bytes(2, "little") for n in range(1, 2000)),
        b"".join(n.to_bytes(4, "little") for n in range(40, 2000)),
    ],
    ids=lambda content: repr(content[:12]),
)
def test_what_is_no_text_is_not_taken_for_one(content):
    assert decoded(content) is None


def test_noise_is_not_taken_for_text():
    noise = random.Random(7)

    taken = [decoded(noise.randbytes(200)) for _ in range(500)]

    assert [text for text in taken if text is not None] == []


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_markup_is_known_as_such_in_any_encoding(encoding):
    page = "<html><script>alert(1)</script></html>".encode(encoding)

    assert content_type(page) == "application/octet-stream"

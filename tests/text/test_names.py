"""Slugs, file names and versions."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helix.text import versions
from helix.text.filenames import safe_name, slug


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Brand Voice (v2)", "brand-voice-v2"),
        ("  Größe & Ärger ", "grosse-arger"),
        ("../../etc/passwd", "etc-passwd"),
        ("CON", "con-1"),
        ("a" * 100, "a" * 64),
    ],
)
def test_a_slug_is_readable(name, expected):
    assert slug(name) == expected


@given(st.text())
def test_a_slug_is_never_a_path_and_never_empty(name):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug(name))
    assert len(slug(name)) <= 66
    assert slug(name) == slug(name)


def test_names_without_latin_letters_have_slugs_of_their_own():
    assert slug("日本語") != slug("中文")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\jane\\plan.docx", "plan.docx"),
        ("folder/", "folder"),
        (".env", "env"),
        ("..", "file"),
        ("", "file"),
        ("/", "file"),
        ("a\r\nb\0c.txt", "abc.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ('a<b>:"c|d?e*.txt', "a b c d e.txt"),
        ("nul.txt", "_nul.txt"),
        ("Grüße 日本.txt", "Grüße 日本.txt"),
        ("x" * 300 + ".pdf", "x" * 146 + ".pdf"),
    ],
)
def test_a_file_name_is_cleaned(name, expected):
    assert safe_name(name) == expected


@given(st.text())
def test_a_file_name_is_never_a_path_never_empty_never_too_long(name):
    cleaned = safe_name(name)

    assert 1 <= len(cleaned) <= 151
    assert len(cleaned.encode()) <= 210
    assert not re.search(r'[/\\\x00-\x1f<>:"|?*]', cleaned)
    assert cleaned.strip(" .") == cleaned


@given(st.text())
def test_a_cleaned_file_name_stays_as_it_is(name):
    assert safe_name(safe_name(name)) == safe_name(name)


@pytest.mark.parametrize("text", ["1.0.0", "0.0.1", "1.2.3-rc.1+build.5"])
def test_a_version_is_a_version(text):
    assert versions.is_version(text)


@pytest.mark.parametrize(
    "text", ["", "1", "1.0", "v1.0.0", "1.0.0.0", "01.0.0", "1.0.0 ", "1.0.0\n", "١.0.0", "1" * 70]
)
def test_what_is_no_version(text):
    assert not versions.is_version(text)


def test_the_next_patch():
    assert versions.next_patch("1.4.9") == "1.4.10"
    assert versions.next_patch("1.4.2-rc.1") == "1.4.3"
    with pytest.raises(ValueError, match="like 1.0.0"):
        versions.next_patch("latest")


@pytest.mark.parametrize(
    ("text", "whole"), [("1.2", "1.2.0"), ("v3", "3.0.0"), (" 1.2.3 ", "1.2.3"), ("01.10", "1.10.0")]
)
def test_versions_of_other_tools_are_made_whole(text, whole):
    assert versions.normal(text) == whole


@pytest.mark.parametrize("text", ["", "latest", "1.x", "1.2.3.4"])
def test_what_cannot_be_made_whole_is_refused(text):
    with pytest.raises(ValueError, match="not a version"):
        versions.normal(text)

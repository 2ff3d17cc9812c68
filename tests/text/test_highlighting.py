import pytest

from helix.text import highlighting
from helix.text.highlighting import BOUNDS, Highlighter


@pytest.mark.parametrize("language", sorted(BOUNDS))
def test_a_block_longer_than_the_bound_of_its_language_stays_plain(language):
    code = "x1 = 2\n" * (BOUNDS[language] // 7)

    assert Highlighter()(code, language, "") != ""
    assert Highlighter()(code + "x" * 8, language, "") == ""


def test_a_long_block_takes_nothing_from_the_short_ones_after_it():
    highlight = Highlighter()

    assert highlight("int x;\n" * 1_000, "c", "") == ""
    assert '<span class="kt">int</span>' in highlight("int x;", "c", "")


def test_when_the_time_of_a_document_is_over_its_blocks_stay_plain(monkeypatch):
    monkeypatch.setattr(highlighting, "SECONDS", 0.0)

    assert Highlighter()("int x;", "c", "") == ""


def test_a_block_that_takes_all_the_time_is_plain_and_so_are_those_after_it(monkeypatch):
    seconds = iter(range(100))
    highlight = Highlighter()
    monkeypatch.setattr(highlighting.time, "thread_time", lambda: next(seconds))

    assert highlight("int x;", "c", "") == ""
    assert highlight("int x;", "c", "") == ""
    assert '<span class="kt">int</span>' not in highlight("int x;", "c", ""), "the time is not given back"


def test_languages_that_nobody_named_stay_plain():
    assert Highlighter()("IDENTIFICATION DIVISION.", "cobol", "") == ""

"""Formatting of values for display."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from helix.web import formats

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (None, "price unknown"),
        (0, "$0"),
        (Decimal("0.0042"), "$0.0042"),
        (0.99999, "$1.0000"),
        (12.4, "$12.40"),
        (1234, "$1,234.00"),
    ],
)
def test_money_has_two_digits_from_a_dollar_up_and_four_below(amount: float | None, written: str) -> None:
    assert formats.money(amount) == written


@pytest.mark.parametrize(
    ("count", "written"), [(None, ""), (840, "840"), (12_400, "12.4k"), (2_000, "2k"), (1_200_000, "1.2M")]
)
def test_tokens_are_short(count: int | None, written: str) -> None:
    assert formats.tokens(count) == written


@pytest.mark.parametrize(("count", "written"), [(0, "tasks"), (1, "task"), (2, "tasks")])
def test_a_word_behind_a_number_is_singular_for_one(count: int, written: str) -> None:
    assert formats.plural(count, "task") == written


@pytest.mark.parametrize(("count", "written"), [(1, "1"), (99, "99"), (100, "99+")])
def test_a_count_on_a_badge_has_at_most_two_digits(count: int, written: str) -> None:
    assert formats.capped(count) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(10, "now"), (240, "4m ago"), (3590, "1h ago"), (-10_800, "in 3h"), (172_800, "2d ago"), (40 * 86_400, "15 Oct")],
)
def test_relative_times_are_short_and_end_in_a_date(seconds: int, written: str) -> None:
    when = NOW - timedelta(seconds=seconds)

    assert formats.ago(when, NOW) == written


def test_what_is_long_ago_has_the_day_of_the_viewers_zone() -> None:
    late_in_utc = datetime(2026, 10, 3, 20, 0, tzinfo=UTC)

    assert formats.ago(late_in_utc, NOW, ZoneInfo("Pacific/Auckland")) == "4 Oct"


def test_a_due_day_is_the_day_of_the_viewers_zone() -> None:
    end_of_day_in_auckland = datetime(2026, 11, 25, 10, 59, tzinfo=UTC)

    said = formats.due(end_of_day_in_auckland, NOW, ZoneInfo("Pacific/Auckland"))

    assert said == "Today"


@pytest.mark.parametrize(("status", "late"), [("todo", True), ("review", True), ("done", False), ("cancelled", False)])
def test_only_what_is_open_can_be_late(status: str, late: bool) -> None:
    yesterday = NOW - timedelta(days=1)

    assert formats.overdue(yesterday, status, NOW) is late


def test_times_may_come_as_text_and_none_is_empty() -> None:
    assert formats.iso("2026-11-24T13:00:00+01:00") == "2026-11-24T12:00:00Z"
    assert formats.ago(None) == formats.due(None) == formats.exact(None) == formats.iso(None) == ""


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Maven", "Ma"), ("Jane Smith", "JS"), ("x", "X"), ("", "?"), ("  ", "?"), ("Jane (closed)", "Ja"), ("ד", "ד")],
)
def test_a_face_has_one_or_two_letters(name: str, letters: str) -> None:
    assert formats.initials(name) == letters


def test_neighbouring_ids_get_different_hues() -> None:
    hues = [formats.hue(number) for number in range(1, 13)]

    assert sorted(hues) == list(range(12))


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(None, ""), (0.04, "40 ms"), (0.994, "994 ms"), (0.996, "1.0 s"), (9.94, "9.9 s"), (12.4, "12 s"), (65, "1:05")],
)
def test_took(seconds, shown):
    assert formats.took(seconds) == shown

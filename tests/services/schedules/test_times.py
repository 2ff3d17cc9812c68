"""The times of cron expressions, around the clock changes of four zones, and their words."""

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from helix.errors import Invalid
from helix.services.schedules import times


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def first(cron, zone, after, count):
    return [f"{found:%m-%d %H:%M}" for found in islice(times.following(cron, zone, at(after)), count)]


# The clock goes from 02:00 to 03:00, and back from 03:00 to 02:00; in Santiago from 24:00 to 01:00, and back from 24:00
# to 23:00; on Lord Howe by half an hour. All times in UTC.
CHANGES = [
    # A fixed time that does not exist on the day happens when the clock has jumped; one that comes twice, once.
    ("30 2 * * *", "Europe/Berlin", "2026-03-28 00:00", ["03-28 01:30", "03-29 01:00", "03-30 00:30"]),
    ("30 2 * * *", "Europe/Berlin", "2026-10-24 00:00", ["10-24 00:30", "10-25 00:30", "10-26 01:30"]),
    ("30 2 * * *", "America/New_York", "2026-03-07 00:00", ["03-07 07:30", "03-08 07:00", "03-09 06:30"]),
    ("30 1 * * *", "America/New_York", "2026-10-31 00:00", ["10-31 05:30", "11-01 05:30", "11-02 06:30"]),
    ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03 00:00", ["10-03 15:30", "10-04 15:15", "10-05 15:15"]),
    ("45 1 * * *", "Australia/Lord_Howe", "2026-04-03 16:00", ["04-04 14:45", "04-05 15:15", "04-06 15:15"]),
    ("30 0 * * *", "America/Santiago", "2026-09-05 00:00", ["09-05 04:30", "09-06 04:00", "09-07 03:30"]),
    ("30 23 * * *", "America/Santiago", "2026-04-03 12:00", ["04-04 02:30", "04-05 02:30", "04-06 03:30"]),
    # In the morning the time of the day stays the same, whatever the clock did at night.
    ("0 9 * * *", "Europe/Berlin", "2026-10-24 00:00", ["10-24 07:00", "10-25 08:00", "10-26 08:00"]),
    ("0 9 * * *", "America/New_York", "2026-03-07 00:00", ["03-07 14:00", "03-08 13:00", "03-09 13:00"]),
    ("0 9 * * *", "Australia/Lord_Howe", "2026-10-02 12:00", ["10-02 22:30", "10-03 22:00", "10-04 22:00"]),
    ("0 9 * * *", "America/Santiago", "2026-09-05 00:00", ["09-05 13:00", "09-06 12:00", "09-07 12:00"]),
    # Every half an hour goes on by the time that passes.
    ("*/30 * * * *", "Europe/Berlin", "2026-10-25 00:00", ["10-25 00:30", "10-25 01:00", "10-25 01:30"]),
    ("*/30 * * * *", "Europe/Berlin", "2026-03-29 00:00", ["03-29 00:30", "03-29 01:00", "03-29 01:30"]),
]


@pytest.mark.parametrize(("cron", "zone", "after", "expected"), CHANGES)
def test_clock_changes(cron, zone, after, expected):
    assert first(cron, zone, after, len(expected)) == expected


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago"])
@pytest.mark.parametrize(
    ("cron", "number"), [("*/5 * * * *", 365 * 288), ("0 9 * * *", 365), ("30 2 * * *", 365), ("0,30 2,3 * * *", None)]
)
def test_a_year_has_every_time_once_and_in_order(zone, cron, number):
    start = at("2026-01-01 12:00")
    year = []
    for found in times.following(cron, zone, start):
        if found > start + timedelta(days=365):
            break
        year.append(found)

    assert all(one < other for one, other in zip(year, year[1:], strict=False))
    assert number is None or len(year) == number


def test_the_second_pass_of_an_hour_does_not_bring_back_times_of_the_first():
    # 02:10 for the second time; 02:30 was half an hour before the clock went back.
    assert first("30 2 * * *", "Europe/Berlin", "2026-10-25 01:10", 1) == ["10-26 01:30"]


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("", "five parts"),
        ("* * * *", "five parts"),
        ("* * * * * *", "five parts"),
        ("61 * * * *", "minute"),
        ("0 24 * * *", "hour"),
        ("0 9 32 * *", "day of the month"),
        ("0 9 31 2 *", "day of the month"),
        ("0 9 * 13 *", "month"),
        ("0 9 * * FOO", "weekday"),
        ("²  * * * *", "minute"),
        ("0 9 * * ²L", "weekday"),
        ("*/0 * * * *", "minute"),
        ("0 0 */3 2 MON#5", "no such time"),
        ("@daily", "five parts"),
    ],
)
def test_an_expression_that_cannot_be_read_says_which_part(cron, words):
    with pytest.raises(Invalid, match=words):
        times.check(cron, "UTC", at("2026-11-30 10:00"))


def test_an_expression_is_stored_with_single_spaces():
    assert times.check("  0  9 * *  mon ", "UTC", at("2026-11-30 10:00")) == "0 9 * * MON"


def test_a_preview_says_the_days_in_words_and_what_the_clock_does():
    found = times.preview("30 2 * * *", "Europe/Berlin", at("2026-10-23 10:00"))

    assert [(one.words, one.note) for one in found] == [
        ("tomorrow at 02:30", None),
        ("Sunday at 02:30", "the clock goes back that night"),
        ("Monday at 02:30", None),
        ("Tuesday at 02:30", None),
        ("Wednesday at 02:30", None),
    ]


def test_a_preview_of_a_far_time_has_the_year_and_ends_where_the_schedule_ends():
    found = times.preview("0 9 1 * *", "UTC", at("2026-11-30 10:00"), ends_at=at("2027-01-31 00:00"))

    assert [one.words for one in found] == ["tomorrow at 09:00", "Friday, 1 January 2027 at 09:00"]


def test_the_random_delay_is_the_same_on_every_host_and_within_its_limit():
    due = [at("2026-11-30 10:00") + timedelta(minutes=number) for number in range(200)]
    delays = [times.jitter(7, one, 300) for one in due]

    assert delays == [times.jitter(7, one, 300) for one in due]
    assert all(timedelta(0) <= delay <= timedelta(seconds=300) for delay in delays)
    assert len(set(delays)) > 100

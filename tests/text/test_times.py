from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helix import clock
from helix.text import times

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "America/Sao_Paulo", "Pacific/Apia", "Asia/Beirut"]


@pytest.mark.parametrize(
    ("value", "zone", "expected"),
    [
        (datetime(2026, 12, 3, 17), "UTC", "2026-12-03T17:00:00Z"),
        (datetime(2026, 12, 3, 17), "Europe/Berlin", "2026-12-03T16:00:00Z"),
        (datetime(2026, 7, 3, 17, 0, 30), "Europe/Berlin", "2026-07-03T15:00:30Z"),
        (datetime(2026, 12, 3, 17, tzinfo=UTC), "Europe/Berlin", "2026-12-03T17:00:00Z"),
        (date(2026, 12, 3), "America/New_York", "2026-12-04T04:59:59Z"),
        # The hour that does not exist, and the first of the two that do.
        (datetime(2026, 3, 29, 2, 30), "Europe/Berlin", "2026-03-29T01:30:00Z"),
        (datetime(2026, 10, 25, 2, 30), "Europe/Berlin", "2026-10-25T00:30:00Z"),
    ],
)
def test_a_naive_time_is_in_the_zone_and_a_day_means_its_end(value, zone, expected):
    assert clock.iso(times.moment(value, zone)) == expected


def test_the_last_day_of_the_calendar_has_no_end():
    with pytest.raises(ValueError, match="beyond the calendar"):
        times.moment(date.max, "UTC")


@pytest.mark.parametrize("zone", ["", "Nowhere/City", "../../etc/passwd", "/etc/localtime", "Europe", "x\0y"])
def test_an_unknown_zone_raises_an_error_with_a_message(zone):
    with pytest.raises(ValueError, match="no time zone"):
        times.start_of_day(date(2026, 1, 1), zone)


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.sampled_from(ZONES))
def test_days_follow_each_other_without_gap_or_overlap(day, zone):
    bounds = times.day_bounds(day, zone)

    assert bounds.end == times.day_bounds(day + timedelta(days=1), zone).start
    assert bounds.start <= times.end_of_day(day, zone) or bounds.start == bounds.end
    if bounds.start != bounds.end:
        assert times.today(bounds.start, zone) == day
        assert times.today(bounds.end - timedelta(seconds=1), zone) == day


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.sampled_from(ZONES))
def test_weeks_begin_on_monday_and_months_on_the_first(day, zone):
    month = times.month_bounds(day, zone)

    assert times.start_of_week(day).weekday() == 0
    assert timedelta(0) <= day - times.start_of_week(day) < timedelta(days=7)
    assert month.start <= times.start_of_day(day, zone) < month.end
    assert times.start_of_month(times.today(month.end + timedelta(hours=12), zone)).month == day.month % 12 + 1


def test_a_day_on_which_the_clocks_move_has_23_or_25_hours():
    spring, autumn = (times.day_bounds(day, "Europe/Berlin") for day in (date(2026, 3, 29), date(2026, 10, 25)))

    assert spring.end - spring.start == timedelta(hours=23)
    assert autumn.end - autumn.start == timedelta(hours=25)


def test_missing_stays_missing():
    assert times.moment(None, "UTC") is None

"""What people choose for a time, and the cron expression that it is."""

import pytest

from helix.web.schedules import repeats

PAIRS = [
    ({"repeat": "hour"}, "0 * * * *"),
    ({"repeat": "day", "time": "07:30"}, "30 7 * * *"),
    ({"repeat": "weekdays", "time": "09:00"}, "0 9 * * 1-5"),
    ({"repeat": "week", "time": "18:05", "weekday": "0"}, "5 18 * * 0"),
    ({"repeat": "month", "time": "00:00", "day": "L"}, "0 0 L * *"),
    ({"repeat": "month", "time": "06:00", "day": "28"}, "0 6 28 * *"),
    ({"repeat": "custom", "cron": "*/5 8-18 * * *"}, "*/5 8-18 * * *"),
]


@pytest.mark.parametrize(("chosen", "cron"), PAIRS)
def test_an_expression_is_shown_as_what_was_chosen(chosen, cron):
    assert repeats.to_cron(repeats.DEFAULTS | chosen) == cron
    shown = repeats.from_cron(cron)
    assert {name: shown[name] for name in chosen} == chosen
    assert repeats.to_cron(shown) == cron


@pytest.mark.parametrize("cron", ["0 9 31 * *", "0 9 1 * 1", "0 9 * 2 *", "0 9,18 * * *", "5 * * * *"])
def test_other_expressions_stay_as_they_are(cron):
    shown = repeats.from_cron(cron)

    assert (shown["repeat"], repeats.to_cron(shown)) == ("custom", cron)


@pytest.mark.parametrize("time", ["25:00", "9", "<b>", "12:60"])
def test_a_time_that_is_none_gives_no_expression(time):
    assert repeats.to_cron(repeats.DEFAULTS | {"repeat": "day", "time": time}) == ""

"""Cron expressions as people choose them: every day, on weekdays, every week, every month; or typed."""

import re
from collections.abc import Mapping

REPEATS = (
    ("hour", "Every hour"),
    ("day", "Every day"),
    ("weekdays", "Every weekday"),
    ("week", "Every week"),
    ("month", "Every month"),
    ("custom", "Cron expression"),
)
WEEKDAYS = (
    ("1", "Monday"),
    ("2", "Tuesday"),
    ("3", "Wednesday"),
    ("4", "Thursday"),
    ("5", "Friday"),
    ("6", "Saturday"),
    ("0", "Sunday"),
)
# No day that some months do not have: they would be left out.
DAYS = (*((str(day), str(day)) for day in range(1, 29)), ("L", "Last day"))
FIELDS = ("repeat", "time", "weekday", "day", "cron")
DEFAULTS = {"repeat": "weekdays", "time": "09:00", "weekday": "1", "day": "1", "cron": ""}
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::[0-9]{2})?", re.ASCII)
_DAY = r"\*|[1-9]|1[0-9]|2[0-8]|L"
_SIMPLE = re.compile(rf"([0-5]?[0-9]) ([01]?[0-9]|2[0-3]) ({_DAY}) \* (\*|1-5|MON-FRI|[0-6])", re.ASCII)


def to_cron(chosen: Mapping[str, str]) -> str:
    """The expression of the chosen fields; what was typed for `custom`, or "" for a time that is none."""
    repeat = chosen.get("repeat") or DEFAULTS["repeat"]
    if repeat == "custom":
        return chosen.get("cron", "")
    if repeat == "hour":
        return "0 * * * *"
    time = _TIME.fullmatch((chosen.get("time") or DEFAULTS["time"]).strip())
    if time is None:
        return ""
    at = f"{int(time[2])} {int(time[1])}"
    weekday, day = (chosen.get(name) or DEFAULTS[name] for name in ("weekday", "day"))
    rest = {"day": "* * *", "weekdays": "* * 1-5", "week": f"* * {weekday}", "month": f"{day} * *"}
    return f"{at} {rest.get(repeat, '* * *')}"


def from_cron(cron: str) -> dict[str, str]:
    """The fields that show an expression."""
    if cron == "0 * * * *":
        return DEFAULTS | {"repeat": "hour", "cron": cron}
    found = _SIMPLE.fullmatch(cron)
    if found is None or (found[3] != "*" and found[4] != "*"):
        return DEFAULTS | {"repeat": "custom", "cron": cron}
    fields = DEFAULTS | {"time": f"{int(found[2]):02}:{int(found[1]):02}", "cron": cron}
    if found[3] != "*":
        return fields | {"repeat": "month", "day": found[3]}
    if found[4] == "*":
        return fields | {"repeat": "day"}
    if found[4] in ("1-5", "MON-FRI"):
        return fields | {"repeat": "weekdays"}
    return fields | {"repeat": "week", "weekday": found[4]}

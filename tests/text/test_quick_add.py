from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helix.models.vocabulary import Priority
from helix.text.quick_add import QuickTask, parse

# A Tuesday.
TODAY = date(2026, 11, 24)
AGENTS = {"sierra": 5, "sierra nova": 6}


def understood(line):
    return parse(line, agents=AGENTS, today=TODAY)


def test_everything_in_one_line():
    assert understood("Write the post @Sierra Nova #Blog #q4 !high ^friday") == QuickTask(
        title="Write the post", agent=6, tags=("blog", "q4"), priority=Priority.HIGH, due=date(2026, 11, 27)
    )


def test_the_order_does_not_matter():
    assert understood("^friday !HIGH Write @sierra the #blog post") == QuickTask(
        title="Write the post", agent=5, tags=("blog",), priority=Priority.HIGH, due=date(2026, 11, 27)
    )


@pytest.mark.parametrize(
    ("word", "day"),
    [
        ("today", date(2026, 11, 24)),
        ("Tomorrow", date(2026, 11, 25)),
        ("tuesday", date(2026, 12, 1)),
        ("wed", date(2026, 11, 25)),
        ("mon", date(2026, 11, 30)),
        ("+3", date(2026, 11, 27)),
        ("2027-01-05", date(2027, 1, 5)),
    ],
)
def test_days(word, day):
    assert understood(f"x ^{word}").due == day


@pytest.mark.parametrize(
    "line",
    [
        "Fix #17",
        "Ask @Nobody",
        "Wow !important",
        "x ^someday",
        "x ^2026-02-30",
        "x ^+99999999999",
        "2^3 is 8",
        "a#b c!high",
        "mail jane@sierra.org",
        "C# and #",
    ],
)
def test_what_is_not_understood_stays_in_the_title(line):
    assert understood(line) == QuickTask(title=line)


def test_of_two_the_last_counts():
    assert understood("x @sierra nova @sierra !low !urgent ^today ^tomorrow") == QuickTask(
        title="x", agent=5, priority=Priority.URGENT, due=date(2026, 11, 25)
    )


def test_nothing_but_marks_leaves_no_title():
    assert understood("#blog !high").title == ""


@given(st.text())
def test_any_line_gives_a_title_on_one_line(line):
    task = understood(line)

    assert task.title == " ".join(task.title.split())


def test_an_agent_and_a_person_are_both_taken():
    found = parse("Write @sierra @mia the post", agents={"sierra": 5}, people={"mia": 8, "noah": 9}, today=TODAY)

    assert (found.title, found.agent, found.person) == ("Write the post", 5, 8)

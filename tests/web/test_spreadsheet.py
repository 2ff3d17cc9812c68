"""Formula injection in CSV exports is prevented."""

import csv
import io

import pytest

from helix.web import spreadsheet

BEGINNINGS = ("=", "+", "-", "@")


def cells(line, delimiter):
    """The line as a spreadsheet of that language splits it."""
    return next(csv.reader(io.StringIO(line), delimiter=delimiter))


HOSTILE = [
    "=1+1",
    " =1+1",
    "a;=1+1|cmd",
    "a; =1+1",
    "a;\u00a0@SUM(1)",
    "a;;-1",
    'a";=1+1',
    "a\n=1+1",
    "a\r\n+1",
    "a\t=1+1",
    "a|=1+1",
    "a;=1;=2",
    "a;'=1;+2",
    ",;=1",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_no_cell_begins_a_formula(text, delimiter):
    line = spreadsheet.csv_row(["first", text, "last"])

    for part in line.splitlines():
        for cell in cells(part, delimiter):
            assert not cell.lstrip(" \u00a0\"'" if cell.startswith('"') else " \u00a0").startswith(BEGINNINGS)


@pytest.mark.parametrize("text", ["Plain", "a; b", "a-b", "1;2", "a = b", "Müller, Köln", "x@y.example"])
def test_other_text_stays_as_it_is(text):
    assert cells(spreadsheet.csv_row([text]), ",") == [text]


def test_numbers_stay_numbers():
    assert spreadsheet.csv_row([-5, 1.5, None, True]) == "-5,1.5,,True\r\n"

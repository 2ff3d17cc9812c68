from datetime import UTC, datetime

import pytest

from helix.schemas.common import zone_names
from helix.text import zones

WINTER, SUMMER = datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC)


def test_the_list_has_places_and_no_technical_or_old_names():
    names = zones.places()

    assert {"UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York"} <= set(names)
    assert not {"ROC", "Zulu", "Etc/GMT+9", "US/Pacific", "Asia/Calcutta"} & set(names)
    assert all("/" in name for name in names if name != "UTC")
    assert len(names) < 450


def test_every_place_can_be_saved():
    assert set(zones.places()) <= zone_names()


@pytest.mark.parametrize(
    ("name", "at", "words"),
    [
        ("UTC", WINTER, "UTC"),
        ("Europe/Berlin", WINTER, "UTC+1"),
        ("Europe/Berlin", SUMMER, "UTC+2"),
        ("Asia/Kolkata", WINTER, "UTC+5:30"),
        ("America/St_Johns", WINTER, "UTC-3:30"),
    ],
)
def test_the_offset_is_that_of_the_moment(name, at, words):
    assert zones.offset(name, at) == words

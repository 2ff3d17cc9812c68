from datetime import UTC, datetime

import pytest
import time_machine

from helix.models.vocabulary import BoardLevel
from helix.services import schedules
from tests.support.people import as_actor


@pytest.fixture
def clock():
    """Monday, 2 March 2026, 10:00 in UTC. `clock.shift(seconds)` moves it, `clock.move_to(time)` sets it."""
    with time_machine.travel(datetime(2026, 3, 2, 10, 0, tzinfo=UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def board(make, mia):
    """A board that Mia manages."""
    board = make.board("Marketing", key="MKT")
    make.grant(mia, board, BoardLevel.MANAGE)
    return board


@pytest.fixture
def schedule(clock, board, mia):
    """Creates a schedule of Mia's on her board, every five minutes unless `cron` says otherwise."""

    def _schedule(**fields):
        wanted = {"name": "Report", "cron": "*/5 * * * *", "timezone": "UTC", "template": {"title": "Report {date}"}}
        return schedules.create(as_actor(mia), board_id=board.id, **wanted | fields)

    return _schedule

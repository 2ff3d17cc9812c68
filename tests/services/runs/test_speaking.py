"""What a run writes is passed on, and a Redis that is away slows no model down."""

import pytest

from helix import live
from helix.services.runs import Claim, speaking


@pytest.fixture
def said(monkeypatch):
    """What was passed on, as (offset, text); `away` makes it fail."""

    class Said(list):
        away = False
        tries = 0

        def __call__(self, _run, _task, _board, text, *, offset):
            self.tries += 1
            if not self.away:
                self.append((offset, text))
            return not self.away

    found = Said()
    monkeypatch.setattr(live, "run_text", found)
    monkeypatch.setattr(speaking, "EVERY_SECONDS", 0)
    return found


@pytest.fixture
def agent():
    return speaking.Speaking(Claim(run_id=1, fence=1, task_id=2, board_id=3, agent_id=4))


def test_every_piece_says_where_it_stands(said, agent):
    for piece in ("One", " two", " three"):
        agent.say(piece)

    assert said == [(0, "One"), (3, " two"), (7, " three")]


def test_while_redis_is_away_it_is_not_asked_at_every_piece(said, agent):
    said.away = True

    for _ in range(100):
        agent.say("word ")
    agent.end()

    assert said.tries == 1
    assert agent.text == "word " * 100


def test_when_it_is_back_nothing_is_missing(said, agent, monkeypatch):
    said.away = True
    monkeypatch.setattr(speaking, "DEAF_SECONDS", 0)
    agent.say("One")
    agent.say(" two")

    said.away = False
    agent.say(" three")

    assert said == [(0, "One two three")]

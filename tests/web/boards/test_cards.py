"""A card shows what is true now: whatever changes around its task changes it."""

from datetime import timedelta

import pytest

from helix import clock
from helix.models.vocabulary import BoardLevel, TaskStatus
from helix.services import agents, runs, tasks
from tests.support.people import as_actor

pytestmark = pytest.mark.every_database


@pytest.fixture
def card(pages, mia):
    """The markup of a task's card, as she sees it now."""
    page_of_mia = pages.as_(mia)

    def look(task):
        page = page_of_mia.get(f"/boards/{task.board_id}").text
        return page.split('<article class="card', 1)[1].split("</article>")[0] if "<article" in page else ""

    return look


def test_a_card_tells_at_once_what_changed_around_its_task(card, ada, mia, make):
    make.model()
    agent = make.agent(name="Sierra")
    task = make.task("Write it", by=mia, agent=agent)
    assert 'data-live="online"' in card(task)

    agents.edit(as_actor(ada), agent.id, {"name": "Maven"})
    assert "Maven" in card(task)

    runs.start(as_actor(mia), task.id)
    assert "Queued" in card(task)

    agents.edit(as_actor(ada), agent.id, {"enabled": False})
    assert 'data-live="offline"' in card(task)
    assert "The agent is disabled" in card(task)


def test_a_card_that_becomes_late_shows_so(card, mia, make, monkeypatch):
    task = make.task("Write it", by=mia, due_at=clock.now() + timedelta(minutes=5))
    before = card(task)

    later = clock.now() + timedelta(minutes=6)
    monkeypatch.setattr(clock, "now", lambda: later)
    make.task("Another", by=mia, board=make.board())  # a write, after which nothing is given from memory
    after = card(task)

    assert "card-due late" not in before
    assert "card-due late" in after


def test_a_card_that_was_sent_back_says_the_last_words(card, mia, make):
    task = make.task("Write it", by=mia, status=TaskStatus.REVIEW)
    tasks.reject(as_actor(mia), task.id, "Shorter, please.")
    first = card(task)

    tasks.edit(as_actor(mia), task.id, {"status": TaskStatus.TODO})
    again = card(task)

    assert "Shorter, please." in first
    assert "Shorter, please." not in again


def test_what_one_may_do_with_a_card_is_not_what_another_may(pages, mia, noah, make):
    board = make.board()
    make.grant(noah, board, BoardLevel.VIEW)
    make.task("Write it", by=mia, board=board)

    page_of_mia, his = (pages.as_(who).get(f"/boards/{board.id}").text for who in (mia, noah))

    assert 'class="pick"' in page_of_mia
    assert 'class="pick"' not in his

"""Lanes of a board, by agent or priority."""

import json
import re

import pytest

from helix.models.vocabulary import Priority, TaskStatus
from helix.services import tasks
from tests.support.people import as_actor

pytestmark = pytest.mark.every_database


def lanes(page):
    """What hangs where: {lane: {status: [task ids]}}."""
    found = {}
    for part in " ".join(page.split()).split('<section class="lane"')[1:]:
        cells = re.findall(
            r'data-status="(\w+)" data-lane="(\w+)">(.*?)</div>\s*(?=<div class="cards|</div>)', part, re.S
        )
        for status, lane, cards in cells:
            found.setdefault(lane, {})[status] = [int(id) for id in re.findall(r'id="task-(\d+)"', cards)]
    return found


def test_each_agent_has_a_lane_those_at_home_even_when_idle_and_nobody_comes_last(pages, mia, make):
    board = make.board()
    sierra, quill = make.agent("Sierra"), make.agent("Quill", primary_board_id=board.id)
    hers_task = make.task(board=board, agent=sierra, by=mia)
    sent_back = make.task(board=board, agent=sierra, by=mia, status=TaskStatus.REJECTED)
    alone = make.task(board=board, by=mia, status=TaskStatus.DONE)

    found = lanes(pages.as_(mia).get(f"/boards/{board.id}?lanes=agent").text)

    assert list(found) == [str(quill.id), str(sierra.id), "none"]
    assert found[str(sierra.id)]["todo"] == [hers_task.id, sent_back.id]
    assert found["none"]["done"] == [alone.id]
    assert not any(found[str(quill.id)].values())


def test_a_card_in_another_lane_takes_on_its_agent_or_priority_and_gives_it_back(pages, mia, make):
    board, agent = make.board(), make.agent("Sierra")
    task = make.task(board=board, by=mia)
    browser = pages.as_(mia)

    form = {"status": "in_progress", "before_id": "", "lanes": "agent", "lane": str(agent.id)}
    given = browser.send(f"/tasks/{task.id}/move", form)
    raised = browser.send(f"/tasks/{task.id}/move", {"before_id": "", "lanes": "priority", "lane": "urgent"})
    there = tasks.get(as_actor(mia), task.id)
    now = (there.assigned_agent_id, there.status, there.priority)
    undo = json.loads(raised.headers["HX-Trigger"])["toast"]["undo"]
    browser.send(undo["url"], undo["values"])

    assert given.status_code == 200
    assert now == (agent.id, TaskStatus.IN_PROGRESS, Priority.URGENT)
    assert tasks.get(as_actor(mia), task.id).priority == Priority.MEDIUM
    wrong = {"before_id": "", "lanes": "priority", "lane": "soon"}
    assert browser.send(f"/tasks/{task.id}/move", wrong).status_code == 422


def test_lanes_cost_the_same_number_of_statements_however_many_there_are(pages, mia, make, statements):
    board = make.board()
    make.task(board=board, agent=make.agent(), by=mia, status=TaskStatus.REJECTED)
    browser = pages.as_(mia)
    browser.get(f"/boards/{board.id}?lanes=agent")
    with statements() as few:
        browser.get(f"/boards/{board.id}?lanes=agent")

    for number in range(12):
        make.task(board=board, agent=make.agent(), by=mia, status=list(TaskStatus)[number % 7])
    with statements() as many:
        browser.get(f"/boards/{board.id}?lanes=agent")

    assert len(many) == len(few)
    assert len(many) <= 12, many


def test_a_long_cell_goes_on_and_far_lanes_are_read_when_they_come_into_sight(pages, mia, make, monkeypatch):
    monkeypatch.setattr("helix.web.boards.columns.CELL_SIZE", 2)
    monkeypatch.setattr("helix.web.boards.columns.MAX_LANE_CARDS", 3)
    board = make.board()
    urgent = [make.task(f"Task {number}", board=board, by=mia, priority=Priority.URGENT) for number in range(4)]
    low = [make.task(f"Task {number}", board=board, by=mia, priority=Priority.LOW) for number in range(2)]
    browser = pages.as_(mia)

    page = browser.get(f"/boards/{board.id}?lanes=priority").text
    addresses = [found.replace("&amp;", "&") for found in re.findall(r'hx-get="(/boards/[^"]+)"', page)]
    rest = browser.part(next(found for found in addresses if "/columns/todo" in found)).text
    far = browser.part(next(found for found in addresses if found.startswith(f"/boards/{board.id}/lanes/low"))).text

    assert lanes(page)["urgent"]["todo"] == [task.id for task in urgent[:2]]
    assert re.findall(r'id="task-(\d+)"', rest) == [str(task.id) for task in urgent[2:]]
    assert f'id="task-{low[0].id}"' not in page
    assert re.findall(r'id="task-(\d+)"', far) == [str(task.id) for task in low]


@pytest.mark.parametrize(
    ("query", "lane", "is_shown"),
    [
        ("priority=high", "high", True),
        ("priority=high", "low", False),
        ("priority=high&not=priority", "low", True),
        ("priority=high&not=priority", "high", False),
        ("", "low", True),
    ],
)
def test_a_cell_of_a_lane_keeps_to_the_filter_of_the_same_field(pages, mia, make, query, lane, is_shown):
    board = make.board()
    cards = {word: make.task(word, board=board, by=mia, priority=Priority(word)) for word in ("high", "low")}
    more = f"/boards/{board.id}/columns/todo?{query}&lanes=priority&lane={lane}&after=!~0"

    cell = pages.as_(mia).part(more).text

    assert [f'id="task-{card.id}"' in cell for card in cards.values()] == [is_shown and word == lane for word in cards]

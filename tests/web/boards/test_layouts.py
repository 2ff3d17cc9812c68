"""The list and the calendar of a board, and what a person keeps of its display."""

import re
from datetime import timedelta

import pytest

from helix import clock
from helix.models.vocabulary import Priority, TaskStatus
from helix.web.boards import layouts


def ids(page):
    return [int(found) for found in re.findall(r'id="task-(\d+)"', page)]


def following(page):
    found = re.search(r'hx-get="([^"]*/list[^"]*)"', page)
    return found and found.group(1).replace("&amp;", "&")


@pytest.fixture
def tasks_of(make, mia):
    def _tasks(board, number=12):
        now = clock.now()
        agents = [make.agent(), None]
        return [
            make.task(
                f"Task {place % 5}",
                by=mia,
                board=board,
                agent=agents[place % 2],
                priority=list(Priority)[place % 4],
                status=list(TaskStatus)[place % 7],
                due_at=now + timedelta(days=place % 3 - 1) if place % 4 else None,
            )
            for place in range(number)
        ]

    return _tasks


@pytest.mark.parametrize("group", ["status", "agent", "priority", "due", "none"])
@pytest.mark.parametrize("sort", ["position", "priority", "due", "created", "updated", "title"])
def test_every_task_is_listed_once_over_all_pages_in_one_order(pages, mia, make, tasks_of, monkeypatch, group, sort):
    board = make.board()
    every = {task.id for task in tasks_of(board)}
    browser, address = pages.as_(mia), f"/boards/{board.id}?layout=list&group={group}&sort={sort}"
    whole = ids(browser.get(address).text)
    monkeypatch.setattr(layouts, "PAGE_SIZE", 5)

    page, found = browser.get(address).text, []
    while True:
        found += ids(page)
        if not (more := following(page)):
            break
        assert len(found) < 100
        page = browser.part(more).text

    assert found == whole
    assert sorted(found) == sorted(every)


def test_groups_are_named_and_counted_once(pages, mia, make, monkeypatch):
    board = make.board()
    for place in range(4):
        make.task(by=mia, board=board, priority=Priority.URGENT if place else Priority.LOW)
    browser = pages.as_(mia)

    page = " ".join(browser.get(f"/boards/{board.id}?layout=list&group=priority").text.split())
    monkeypatch.setattr(layouts, "PAGE_SIZE", 2)
    rest = browser.part(following(browser.get(f"/boards/{board.id}?layout=list&group=priority").text)).text

    assert page.index('Urgent <span class="count">3<') < page.index('Low <span class="count">1<')
    assert "Urgent <span" not in " ".join(rest.split())
    assert 'Low <span class="count">1<' in " ".join(rest.split())


@pytest.mark.parametrize(
    "after", ["x", "[]", "[1]", '["a", "b", "c"]', '[1, "\\u0000", 3]', "[1e99, 1, 1]", "[1, null, 2]"]
)
def test_a_cursor_of_no_kind_is_refused(pages, mia, make, after):
    board = make.board()

    for sort in ("position", "due", "priority"):
        answer = pages.as_(mia).get(f"/boards/{board.id}/list", query_string={"after": after, "sort": sort})
        assert answer.status_code == 422, sort


def test_list_and_calendar_are_filtered_and_hidden_like_the_board(pages, mia, noah, make):
    board = make.board()
    now = clock.now()
    hit = make.task("Hit", by=mia, board=board, priority=Priority.HIGH, due_at=now)
    miss = make.task("Miss", by=mia, board=board, due_at=now)
    make.grant(noah, board, 0)

    for layout in ("list", "calendar"):
        page = pages.as_(mia).get(f"/boards/{board.id}?layout={layout}&priority=high").text
        assert (hit.id in ids(page), miss.id in ids(page)) == (True, False), layout
        assert pages.as_(noah).get(f"/boards/{board.id}?layout={layout}").status_code == 404
    assert pages.as_(noah).get(f"/boards/{board.id}/list").status_code == 404


def test_a_calendar_shows_its_month_in_whole_weeks_and_goes_on(pages, mia, make):
    board = make.board()
    inside = make.task("In", by=mia, board=board, due_at=clock.now().replace(2031, 3, 31, 12))
    outside = make.task("Out", by=mia, board=board, due_at=clock.now().replace(2031, 5, 20, 12))
    undated = make.task("Some day", by=mia, board=board)

    page = pages.as_(mia).get(f"/boards/{board.id}?layout=calendar&month=2031-03").text

    assert inside.id in ids(page)
    assert not {outside.id, undated.id} & set(ids(page))
    assert "March 2031" in page
    assert "month=2031-02" in page
    assert "month=2031-04" in page
    days = re.findall(r'role="cell" data-day="([^"]*)"', " ".join(page.split()))
    assert (days[0], days[-1], len(days) % 7) == ("2031-02-24", "2031-04-06", 0)


def test_a_month_of_too_many_tasks_is_bounded_and_says_so(pages, mia, make, monkeypatch):
    board = make.board()
    for _ in range(4):
        make.task(by=mia, board=board, due_at=clock.now().replace(2031, 3, 31, 12))
    monkeypatch.setattr(layouts, "MOST_IN_MONTH", 3)

    page = pages.as_(mia).get(f"/boards/{board.id}?layout=calendar&month=2031-03").text

    assert len(ids(page)) == 3
    assert "Only the first tasks of this month are shown." in page


def test_the_layout_is_kept_for_the_person_and_the_board_alone(pages, mia, noah, make):
    board, other = make.board(), make.board()
    browser = pages.as_(mia)

    browser.post(f"/boards/{board.id}/display?priority=high", {"layout": "list"})

    assert "board-list" in browser.get(f"/boards/{board.id}").text
    assert "board-list" not in browser.get(f"/boards/{board.id}?layout=board").text
    assert "board-list" not in browser.get(f"/boards/{other.id}").text
    assert "board-list" not in pages.as_(noah).get(f"/boards/{board.id}").text


def test_what_cards_show_is_kept_for_all_boards(pages, mia, make):
    board, other = make.board(), make.board()
    browser = pages.as_(mia)

    browser.post(f"/boards/{board.id}/display", {"cards": "1", "shows": "due", "compact": "1"})
    page = browser.get(f"/boards/{other.id}").text

    for name in ("cards-compact", "hides-tags", "hides-agent", "hides-counts"):
        assert name in page, name
    assert "hides-due" not in page

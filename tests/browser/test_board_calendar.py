"""Dragging on the calendar of a board changes the due date."""

import datetime as dt
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from helix.db.transaction import end_reading
from helix.extensions import db
from helix.models import Task
from helix.models.vocabulary import BoardLevel
from tests.support.page_scripts import wait_for_scripts
from tests.support.waiting import wait_for

THE_13TH = dt.datetime(2031, 5, 13, 12, tzinfo=dt.UTC)


def due(task: Task) -> dt.date | None:
    end_reading()
    due_at = db.session.get_one(Task, task.id, populate_existing=True).due_at
    return due_at and due_at.date()


def calendar_of_may(open_as_mia: Callable[[str], Page], board_id: int) -> Page:
    page = open_as_mia(f"/boards/{board_id}")
    page.goto(f"/boards/{board_id}?layout=calendar&month=2031-05")
    wait_for_scripts(page)
    return page


def drag(page: Page, task: Task, day: str) -> None:
    card, cell = page.locator(f"#task-{task.id}"), page.locator(f'.day-cards[data-day="{day}"]')
    start, end = card.bounding_box(), cell.bounding_box()
    assert start
    assert end
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(start["x"] + start["width"] / 2 + 8, start["y"] + start["height"] / 2 + 8, steps=3)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2, steps=8)
    page.mouse.up()


@pytest.fixture
def task(make, mia) -> Task:
    return make.task("Pick the photos", by=mia, due_at=THE_13TH)


def test_a_task_that_is_dragged_to_another_day_is_due_then(open_as_mia, task):
    page = calendar_of_may(open_as_mia, task.board_id)

    drag(page, task, "2031-05-22")

    wait_for(lambda: due(task) == dt.date(2031, 5, 22), what="the new day")
    expect(page.locator(f'.day-cards[data-day="2031-05-22"] #task-{task.id}')).to_have_count(1)
    expect(page.locator(".toast")).to_contain_text("due")
    page.keyboard.press("Control+z")
    expect(page.locator(f'.day-cards[data-day="2031-05-13"] #task-{task.id}')).to_have_count(1)
    assert due(task) == dt.date(2031, 5, 13)


def test_a_task_that_may_not_be_changed_stays_on_its_day(open_as_mia, make, mia, ada, task):
    board = make.board()
    other = make.task("Print the flyers", by=ada, board=board, due_at=THE_13TH)
    make.grant(mia, board, BoardLevel.VIEW)
    page = calendar_of_may(open_as_mia, board.id)

    drag(page, other, "2031-05-22")

    expect(page.locator(f'.day-cards[data-day="2031-05-13"] #task-{other.id}')).to_have_count(1)
    assert due(other) == dt.date(2031, 5, 13)

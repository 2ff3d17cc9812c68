"""Each key of a board, on the focused card and on the selected ones, and the keys that go on to the next task."""

import datetime as dt

import pytest
from playwright.sync_api import Page, expect

from helix.db.transaction import end_reading
from helix.extensions import db
from helix.models import Agent, Board, Task
from helix.models.vocabulary import BoardLevel, Priority, TaskStatus
from tests.support.results import answered
from tests.support.waiting import wait_for


@pytest.fixture
def board(make, mia) -> Board:
    make.model()
    board = make.board("Spring")
    make.grant(mia, board, BoardLevel.MANAGE)
    return board


@pytest.fixture
def sierra(make) -> Agent:
    return make.agent(name="Sierra")


@pytest.fixture
def tasks(make, mia, board, sierra) -> list[Task]:
    """Three tasks of Sierra in To Do."""
    return [make.task(title, by=mia, board=board, agent=sierra) for title in ("One", "Two", "Three")]


def stored(task: Task) -> Task:
    end_reading()
    return db.session.get_one(Task, task.id, populate_existing=True)


def press(page: Page, task: Task, key: str) -> None:
    """With the focus on the card of the task."""
    page.locator(f"#task-{task.id}").focus()
    page.keyboard.press(key)


def test_r_runs_and_v_approves(open_as_mia, board, tasks, sierra):
    waiting, other = tasks[0], tasks[1]
    answered(waiting, sierra, "A word.")
    page = open_as_mia(f"/boards/{board.id}")

    press(page, waiting, "v")
    expect(page.locator(f"#column-done #task-{waiting.id}")).to_have_count(1)
    press(page, other, "v")  # not waiting: nothing to approve
    press(page, other, "r")

    wait_for(lambda: stored(other).last_run_id is not None, what="a run")
    assert stored(waiting).status == TaskStatus.DONE
    assert stored(tasks[2]).last_run_id is None


def test_r_runs_all_that_are_selected(open_as_mia, board, tasks):
    page = open_as_mia(f"/boards/{board.id}")

    for task in tasks[:2]:
        press(page, task, "x")
    expect(page.get_by_role("toolbar", name="Selected tasks")).to_contain_text("2 selected")
    page.keyboard.press("r")

    wait_for(lambda: all(stored(task).last_run_id for task in tasks[:2]), what="two runs")
    assert stored(tasks[2]).last_run_id is None


def test_letters_open_the_menu_that_changes_the_focused_card(open_as_mia, make, mia, board, tasks):
    winter = make.board("Winter")
    make.agent(name="Bella")
    page = open_as_mia(f"/boards/{board.id}")
    first, second, third = tasks

    press(page, first, "d")
    expect(page.get_by_label("Due date").locator("visible=true").last).to_be_focused()
    page.locator("#bulk-menu-due input").fill("2031-05-17")
    page.keyboard.press("Enter")
    expect(page.locator(f"#task-{first.id} .card-due")).to_contain_text("17 May")

    press(page, first, "t")
    page.keyboard.type("linen")
    page.keyboard.press("Enter")
    expect(page.locator(f"#task-{first.id} .tag")).to_have_text("linen")

    press(page, first, "a")
    expect(page.locator("#bulk-menu-agent")).to_be_visible()
    page.keyboard.type("Bella")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(f"#task-{first.id} .card-who")).to_have_text("Bella")

    press(page, second, "m")
    page.get_by_role("menuitem", name="In Progress").press("Enter")
    expect(page.locator(f"#column-in_progress #task-{second.id}")).to_have_count(1)

    press(page, third, "b")
    page.get_by_role("menuitem", name="Winter").press("Enter")
    expect(page.locator(f"#task-{third.id}")).to_have_count(0)
    assert stored(third).board_id == winter.id
    assert stored(first).due_at.date() == dt.date(2031, 5, 17)
    assert stored(second).due_at is None


def test_digits_set_the_priority_and_n_begins_a_task_in_the_column(open_as_mia, board, tasks):
    page = open_as_mia(f"/boards/{board.id}")

    for key, priority in zip("1234", ("low", "medium", "high", "urgent"), strict=True):
        press(page, tasks[0], key)
        expect(page.locator(f"#task-{tasks[0].id} .pr-{priority}")).to_have_count(1)
    assert stored(tasks[0]).priority == Priority.URGENT
    press(page, tasks[1], "m")
    page.get_by_role("menuitem", name="In Progress").press("Enter")
    expect(page.locator(f"#column-in_progress #task-{tasks[1].id}")).to_have_count(1)
    press(page, tasks[2], "n")
    expect(page.get_by_label("New task in To Do")).to_be_focused()
    page.keyboard.type("Four")
    page.keyboard.press("Enter")

    expect(page.locator("#column-todo .card", has_text="Four")).to_have_count(1)


def test_j_and_k_go_on_to_the_next_task_in_the_open_panel(open_as_mia, board, tasks):
    page = open_as_mia(f"/boards/{board.id}")
    panel = page.locator("#task-panel")
    press(page, tasks[0], "Enter")
    expect(panel).to_have_attribute("data-id", str(tasks[0].id))

    page.keyboard.press("j")
    expect(panel).to_have_attribute("data-id", str(tasks[1].id))
    page.keyboard.press("j")
    expect(panel).to_have_attribute("data-id", str(tasks[2].id))
    page.keyboard.press("k")
    expect(panel).to_have_attribute("data-id", str(tasks[1].id))

    expect(page.locator(".card-open")).to_have_attribute("data-id", str(tasks[1].id))
    assert f"task={tasks[1].id}" in page.url
    panel.get_by_label("Comment").first.focus()
    page.keyboard.type("jk")
    expect(panel).to_have_attribute("data-id", str(tasks[1].id))

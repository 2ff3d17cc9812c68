"""The menus of a board: of a column, of several tasks, who sees it, and the suggestions in the box for a new task."""

import datetime as dt

import pytest
from playwright.sync_api import Page, expect

from helix.db.transaction import end_reading, transaction
from helix.extensions import db
from helix.models import Board, Task, User
from helix.models.vocabulary import BoardLevel, Role
from tests.support.waiting import wait_for


@pytest.fixture
def board(make, mia) -> Board:
    make.model()
    board = make.board("Spring")
    make.grant(mia, board, BoardLevel.MANAGE)
    return board


@pytest.fixture
def tasks(make, mia, board) -> list[Task]:
    """Three tasks of Sierra in To Do."""
    agent = make.agent(name="Sierra")
    return [make.task(title, by=mia, board=board, agent=agent) for title in ("One", "Two", "Three")]


def stored(task: Task) -> Task:
    end_reading()
    return db.session.get_one(Task, task.id, populate_existing=True)


def choose(page: Page, *tasks: Task) -> None:
    for task in tasks:
        page.locator(f"#task-{task.id}").focus()
        page.keyboard.press("x")
    expect(page.locator("[data-bulk-count]")).to_have_text(f"{len(tasks)} selected")


def test_the_menu_of_a_column_adds_limits_and_folds_that_column(open_as_mia, board, tasks):
    page = open_as_mia(f"/boards/{board.id}")
    todo, progress, menu = (
        page.locator("#column-todo"),
        page.locator("#column-in_progress"),
        page.locator("#column-menu"),
    )

    todo.get_by_role("button", name="Menu of To Do").click()
    menu.get_by_role("menuitem", name="Add a task here").click()
    expect(page.get_by_label("New task in To Do")).to_be_focused()
    page.keyboard.press("Escape")
    todo.get_by_role("button", name="Menu of To Do").click()
    menu.get_by_role("menuitem", name="Set a limit").click()
    expect(page.locator("#column-limit")).to_contain_text("Most tasks in To Do")
    page.locator("#column-limit [name=limit]").fill("5")
    page.keyboard.press("Enter")
    expect(todo.locator("[data-limit]")).to_have_text("3/5")
    expect(progress.locator("[data-limit]")).to_have_text("0")
    progress.get_by_role("button", name="Menu of In Progress").click()
    menu.get_by_role("menuitem", name="Fold").click()

    assert progress.evaluate("(column) => column.offsetWidth") == 40
    assert todo.evaluate("(column) => column.offsetWidth") > 200
    page.reload()
    assert progress.evaluate("(column) => column.offsetWidth") == 40


def test_who_may_not_manage_is_offered_no_limit(open_as_mia, make, mia, ada):
    board = make.board()
    make.grant(mia, board, BoardLevel.VIEW)
    page = open_as_mia(f"/boards/{board.id}")

    page.get_by_role("button", name="Menu of To Do").click()

    expect(page.locator("#column-menu").get_by_role("menuitem").locator("visible=true")).to_have_text(["Fold"])


def test_only_these_people_see_a_board_that_was_closed_to_all_others(open_as_mia, pages, make, mia, noah):
    board, other = make.board("Spring"), make.task("Secret", board=None)
    with transaction():
        db.session.get_one(User, mia.id).role = Role.ADMIN
    assert pages.as_(noah).get(f"/boards/{board.id}").status_code == 200
    page = open_as_mia(f"/boards/{board.id}")

    page.get_by_role("button", name="Menu of Spring").click()
    page.get_by_role("menuitem", name="People").click()
    dialog = page.get_by_role("dialog", name="Who sees Spring")
    expect(dialog.get_by_label("Everybody can")).to_be_visible()
    dialog.get_by_label("Only these people").check()
    expect(dialog.get_by_label("Everybody can")).to_be_hidden()
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("Only the people with a level see Spring.")

    assert pages.as_(noah).get(f"/boards/{board.id}").status_code == 404
    assert pages.as_(noah).get(f"/boards/{other.board_id}").status_code == 200
    page.reload()
    page.get_by_role("button", name="Menu of Spring").click()
    page.get_by_role("menuitem", name="People").click()
    expect(dialog.get_by_label("Only these people")).to_be_checked()
    dialog.get_by_label("Level of Noah").select_option("view")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    assert pages.as_(noah).get(f"/boards/{board.id}").status_code == 200


def test_several_are_run_dated_and_put_on_another_board(open_as_mia, make, board, tasks):
    winter = make.board("Winter")
    page = open_as_mia(f"/boards/{board.id}")
    bar = page.get_by_role("toolbar", name="Selected tasks")
    first, second, third = tasks

    choose(page, first, second)
    bar.get_by_role("button", name="Due date").click()
    page.locator("#bulk-menu-due input").fill("2031-05-17")
    page.locator("#bulk-menu-due").get_by_role("button", name="Set").click()
    expect(page.locator(".card-due")).to_have_text(["17 May 2031"] * 2)
    bar.get_by_role("button", name="Due date").click()
    page.locator("#bulk-menu-due").get_by_role("button", name="No due date").click()
    expect(page.locator(".card-due")).to_have_count(0)
    bar.get_by_role("button", name="Due date").click()
    page.locator("#bulk-menu-due input").fill("2031-05-18")
    page.keyboard.press("Enter")
    expect(page.locator(".card-due")).to_have_text(["18 May 2031"] * 2)
    bar.get_by_role("button", name="Run").click()
    wait_for(lambda: stored(first).last_run_id and stored(second).last_run_id, what="two runs")
    bar.get_by_role("button", name="Select nothing").click()
    expect(bar).to_be_hidden()
    choose(page, third)
    bar.get_by_role("button", name="Board").click()
    page.locator("#bulk-menu-board").get_by_role("menuitem", name="Winter").click()
    expect(page.locator(f"#task-{third.id}")).to_have_count(0)

    assert [stored(task).board_id for task in tasks] == [board.id, board.id, winter.id]
    assert [task.due_at and task.due_at.date() for task in map(stored, tasks)] == [dt.date(2031, 5, 18)] * 2 + [None]
    assert stored(third).last_run_id is None


def test_an_agent_and_a_tag_are_suggested_in_the_box_for_a_new_task(open_as_mia, make, mia, board):
    sierra = make.agent(name="Sierra")
    make.agent(name="Bella")
    make.task("Old", by=mia, board=board, tags=["linen", "summer"])
    page = open_as_mia(f"/boards/{board.id}")
    page.locator("[data-quick-add=todo]").click()
    box, options = page.get_by_label("New task in To Do"), page.locator(".quick-add .suggest [role=option]")

    box.press_sequentially("Cut the cloth #li")
    expect(options).to_have_text(["linen"])
    page.keyboard.press("Enter")
    expect(box).to_have_value("Cut the cloth #linen ")
    box.press_sequentially("@sie")
    expect(options).to_have_count(1)
    expect(options).to_contain_text("Sierra")
    listed = options.first.bounding_box()
    assert listed
    assert 0 <= listed["y"] <= 844 - listed["height"]
    page.keyboard.press("Enter")
    expect(box).to_have_value("Cut the cloth #linen @Sierra ")
    page.keyboard.press("Enter")
    card = page.locator("#column-todo .card", has_text="Cut the cloth")
    expect(card.locator(".card-title")).to_have_text("Cut the cloth")

    made = db.session.get_one(Task, int(card.get_attribute("data-id") or 0))
    assert made.assigned_agent_id == sierra.id
    expect(card.locator(".tag")).to_have_text(["linen"])


def test_the_focus_returns_to_the_card_when_its_menu_is_closed(open_as_mia, board, tasks):
    page = open_as_mia(f"/boards/{board.id}")
    card = page.locator(f"#task-{tasks[0].id}")
    card.focus()
    page.keyboard.press("d")
    expect(page.locator("#bulk-menu-due")).to_be_visible()

    # A live update replaces the card meanwhile.
    card.evaluate("card => card.replaceWith(card.cloneNode(true))")
    page.keyboard.press("Escape")

    expect(page.locator("#bulk-menu-due")).to_be_hidden()
    expect(card).to_be_focused()

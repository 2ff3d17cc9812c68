"""Decisions in a real browser: a key is meant for what was read, Ctrl+Z takes it back, and typed words are not lost."""

import re

import pytest
from playwright.sync_api import Page, expect

from helix.db.transaction import end_reading
from helix.extensions import db
from helix.models import Task
from helix.models.vocabulary import TaskStatus
from tests.support.page_scripts import wait_for_scripts
from tests.support.results import answered, second_attempt


@pytest.fixture
def agent(make):
    make.model()
    return make.agent(name="Sierra")


@pytest.fixture
def board(make):
    return make.board()


@pytest.fixture
def waiting(make, mia, agent, board):
    """Five results that wait for Mia, the oldest first."""
    found = [make.task(f"Report {number}", by=mia, agent=agent, board=board) for number in range(1, 6)]
    for task in found:
        answered(task, agent, f"Words of {task.title}.")
    return found


def statuses(tasks) -> list[TaskStatus]:
    end_reading()
    return [db.session.get_one(Task, task.id, populate_existing=True).status for task in tasks]


def current(page: Page, task) -> None:
    expect(page.locator('#inbox-list a[aria-current="true"]')).to_have_attribute("data-item", f"task-{task.id}")
    expect(page.locator("#inbox-detail .inbox-item")).to_have_attribute("data-key", f"task-{task.id}")


def test_a_second_press_decides_nothing_that_was_not_read(open_as_mia, waiting):
    page = open_as_mia("/inbox")
    current(page, waiting[0])

    # As fast as the line changes, from within the page: pressed in the very frame of the swap, and four times more.
    page.evaluate(
        """() => document.addEventListener("htmx:after:swap", () => {
            const press = () => new KeyboardEvent("keydown", { key: "a", bubbles: true });
            for (let n = 0; n < 5; n++) document.body.dispatchEvent(press());
            document.querySelector('[data-inbox-key="a"]')?.click();
        })"""
    )
    page.keyboard.press("a")
    current(page, waiting[1])
    page.wait_for_timeout(600)

    assert statuses(waiting) == [TaskStatus.DONE, *[TaskStatus.REVIEW] * 4]


def test_after_the_guard_the_key_works_again(open_as_mia, waiting):
    page = open_as_mia("/inbox")
    page.keyboard.press("a")
    current(page, waiting[1])
    page.wait_for_timeout(400)

    page.keyboard.press("a")

    current(page, waiting[2])
    assert statuses(waiting)[:3] == [TaskStatus.DONE, TaskStatus.DONE, TaskStatus.REVIEW]


def test_a_line_that_was_chosen_on_purpose_is_decided_at_once(open_as_mia, waiting):
    page = open_as_mia("/inbox")
    page.keyboard.press("j")
    current(page, waiting[1])

    page.keyboard.press("a")

    expect(page.locator(f"#line-task-{waiting[1].id}")).to_have_count(0)
    assert statuses(waiting)[:2] == [TaskStatus.REVIEW, TaskStatus.DONE]


def test_ctrl_z_takes_an_approval_back_and_shows_it_again(open_as_mia, waiting):
    page = open_as_mia("/inbox")
    page.keyboard.press("a")
    expect(page.locator("#toasts")).to_contain_text("Approved “Report 1”, now in Done.")
    current(page, waiting[1])

    page.keyboard.press("Control+z")

    expect(page.locator("#toasts")).to_contain_text("Brought back “Report 1”, now in Review.")
    current(page, waiting[0])
    expect(page).to_have_url(re.compile(f"item=task-{waiting[0].id}"))
    assert statuses(waiting) == [TaskStatus.REVIEW] * 5


def test_ctrl_z_takes_several_back(open_as_mia, waiting):
    page = open_as_mia("/inbox")
    for number in range(3):
        page.locator(f"#pick-{waiting[number].id}").check()
    page.locator("#inbox-several").get_by_role("button", name="Approve").click()
    expect(page.locator("#toasts")).to_contain_text("Approved 3 tasks, now in Done.")

    page.keyboard.press("Control+z")

    expect(page.locator("#toasts")).to_contain_text("Brought back 3 tasks")
    assert statuses(waiting) == [TaskStatus.REVIEW] * 5


def test_sending_back_is_undone_by_its_button(open_as_mia, waiting):
    page = open_as_mia("/inbox")
    page.keyboard.press("r")
    page.keyboard.type("Shorter.")
    page.get_by_label("Run again at once").uncheck()
    page.get_by_label("What should change?").press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("Sent back “Report 1”, now in To Do.")

    page.get_by_role("button", name="Undo").click()

    expect(page.locator("#toasts")).to_contain_text("Brought back")
    assert statuses(waiting) == [TaskStatus.REVIEW] * 5


def test_the_dashboard_opens_the_result_and_decides_there(open_as_mia, waiting):
    page = open_as_mia("/")
    needs = page.locator("#needs")
    expect(needs.get_by_role("button", name="Approve")).to_have_count(0)

    needs.get_by_role("link", name="Report 1", exact=True).click()
    panel = page.locator("#task-panel")
    expect(panel).to_contain_text("Words of Report 1.")
    expect(page).to_have_url(re.compile(rf"task={waiting[0].id}"))
    page.reload()
    wait_for_scripts(page)
    expect(panel).to_contain_text("Words of Report 1.")
    panel.get_by_role("button", name="Approve").click()

    expect(page.locator("#toasts")).to_contain_text("Approved “Report 1”, now in Done.")
    expect(panel).to_contain_text("approved by Mia")
    page.keyboard.press("Control+z")
    expect(panel.get_by_role("button", name="Approve")).to_be_visible()


def test_changes_are_shown_in_place(open_as_mia, make, mia, agent):
    task = make.task("Weekly report", by=mia, agent=agent)
    second_attempt(task, agent, mia, "It rose by 7 %.", "Round it up", "It rose by 8 %.")
    page = open_as_mia("/inbox")
    expect(page.locator(".attempt")).to_contain_text(re.compile(r"Attempt 2 · you asked:\s+Round it up"))

    page.get_by_role("link", name="Changes").click()

    expect(page.locator("#task-result-body ins")).to_have_text("8")
    expect(page.locator("#task-result-body del")).to_have_text("7")
    expect(page).to_have_url(re.compile("/inbox"))


def test_a_result_being_edited_is_neither_approved_nor_lost(open_as_mia, waiting):
    page = open_as_mia("/inbox")
    page.get_by_label("Edit the result").click()
    box = page.get_by_label("Result, in Markdown")
    expect(box).to_be_focused()
    box.fill("Words of **Mia**.")
    expect(page.locator("#result-preview strong")).to_have_text("Mia")

    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#toasts")).to_contain_text("Save or cancel your changes to the result first.")
    expect(box).to_have_value("Words of **Mia**.")
    assert statuses(waiting)[0] == TaskStatus.REVIEW
    page.get_by_role("button", name="Save the result").click()

    expect(page.locator(".result-head")).to_contain_text("edited by Mia")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#toasts")).to_contain_text("Approved “Report 1”")
    end_reading()
    assert db.session.get_one(Task, waiting[0].id, populate_existing=True).result == "Words of **Mia**."

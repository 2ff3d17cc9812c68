"""Swiping and holding on a phone, with the touches that a browser gets from a screen."""

import re

import pytest
from playwright.sync_api import CDPSession, Locator, Page, expect

from helix.db.transaction import end_reading
from helix.extensions import db
from helix.models import Task
from helix.models.vocabulary import TaskStatus
from tests.support.results import answered
from tests.support.waiting import wait_for

HOLD_MS = 600


class Finger:
    """One finger on the screen of a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.session: CDPSession = page.context.new_cdp_session(page)
        self.at = (0.0, 0.0)

    def _send(self, kind: str) -> None:
        points = [] if kind == "touchEnd" else [{"x": self.at[0], "y": self.at[1]}]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def put_on(self, element: Locator) -> None:
        # Not scroll_into_view_if_needed: it gives up when an event of the server replaces a card at that moment.
        element.evaluate("(one) => one.scrollIntoView({ block: 'nearest', inline: 'center', behavior: 'instant' })")
        self.page.wait_for_timeout(150)
        box = element.bounding_box()
        assert box
        self.at = (box["x"] + box["width"] / 2, box["y"] + min(box["height"] / 2, 40))
        self._send("touchStart")

    def move(self, across: float, down: float = 0, steps: int = 6) -> None:
        for _ in range(steps):
            self.at = (self.at[0] + across / steps, self.at[1] + down / steps)
            self._send("touchMove")
            self.page.wait_for_timeout(16)

    def lift(self) -> None:
        self._send("touchEnd")

    def swipe(self, element: Locator, across: float, down: float = 0) -> None:
        self.put_on(element)
        self.move(across, down)
        self.lift()

    def hold(self, element: Locator) -> None:
        self.put_on(element)
        self.page.wait_for_timeout(HOLD_MS)
        self.lift()


@pytest.fixture
def waiting(make, mia):
    """Three results that wait for Mia, the oldest first."""
    make.model()
    agent, board = make.agent(name="Sierra"), make.board()
    found = [make.task(f"Report {number}", by=mia, agent=agent, board=board) for number in range(1, 4)]
    for task in found:
        answered(task, agent, f"Words of {task.title}.")
    return found


@pytest.fixture
def phone(open_as_mia):
    return lambda path: open_as_mia(path, width=390, has_touch=True, is_mobile=True)


def statuses(tasks: list[Task]) -> list[TaskStatus]:
    end_reading()
    return [db.session.get_one(Task, task.id, populate_existing=True).status for task in tasks]


def become(tasks: list[Task], expected: list[TaskStatus]) -> None:
    """A page shows a move before the server has answered."""
    wait_for(lambda: statuses(tasks) == expected, what=f"{expected}")


def row(page: Page, task: Task) -> Locator:
    return page.locator(".inbox-row", has=page.locator(f"#line-task-{task.id}"))


def settled(page: Page) -> None:
    """Time in which a gesture that should do nothing would have done something."""
    page.wait_for_timeout(500)


def test_a_swipe_to_the_right_approves_that_row_and_is_undone(phone, waiting):
    page = phone("/inbox")
    expect(page.get_by_text("Swipe right to approve")).to_be_visible()

    Finger(page).swipe(row(page, waiting[1]), 150)

    expect(row(page, waiting[1])).to_have_count(0)
    assert statuses(waiting) == [TaskStatus.REVIEW, TaskStatus.DONE, TaskStatus.REVIEW]
    expect(row(page, waiting[0])).to_be_visible()  # the list stays, no item covers it
    page.wait_for_timeout(500)  # no finger is back sooner, and the browser drops a tap right after a swipe
    page.get_by_role("button", name="Undo").tap()
    expect(page.locator(f"#line-task-{waiting[1].id}")).to_have_count(1)
    assert statuses(waiting) == [TaskStatus.REVIEW] * 3


def test_a_swipe_to_the_left_opens_the_form_that_sends_back(phone, waiting):
    page = phone("/inbox")

    Finger(page).swipe(row(page, waiting[1]), -150)

    expect(page.locator("#inbox-detail .inbox-item")).to_have_attribute("data-key", f"task-{waiting[1].id}")
    expect(page.get_by_label("What should change?")).to_be_focused()
    assert statuses(waiting) == [TaskStatus.REVIEW] * 3


def test_a_swipe_that_goes_back_or_is_short_or_scrolls_does_nothing(phone, waiting):
    page = phone("/inbox")
    finger, line = Finger(page), row(page, waiting[0])

    finger.put_on(line)
    finger.move(150)
    expect(line).to_have_class(re.compile("will-act"))
    finger.move(-130)
    expect(line).not_to_have_class(re.compile("will-act"))
    finger.lift()
    finger.swipe(line, 50)
    finger.swipe(line, 60, -120)

    settled(page)
    expect(line).to_be_visible()
    assert line.get_attribute("style") is None
    assert statuses(waiting) == [TaskStatus.REVIEW] * 3


def test_a_second_swipe_right_after_the_first_decides_nothing(phone, waiting):
    page = phone("/inbox")
    # In the very frame in which the list changes: what lies below the finger was not read.
    page.evaluate(
        """() => document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
            if (ctx.target?.id !== "inbox") return;
            document.querySelector("[data-swipe-right]")
                .dispatchEvent(new CustomEvent("helix:swipe", { detail: { to: "right" }, bubbles: true }));
        })"""
    )

    Finger(page).swipe(row(page, waiting[0]), 150)

    expect(row(page, waiting[0])).to_have_count(0)
    settled(page)
    assert statuses(waiting) == [TaskStatus.DONE, TaskStatus.REVIEW, TaskStatus.REVIEW]


def test_held_rows_of_the_inbox_are_chosen_and_no_longer_swiped(phone, waiting):
    page = phone("/inbox")
    finger = Finger(page)

    finger.hold(row(page, waiting[0]))
    expect(page.locator("#inbox-several")).to_contain_text("1 chosen")
    finger.hold(row(page, waiting[1]))
    expect(page.locator("#inbox-several")).to_contain_text("2 chosen")
    finger.swipe(row(page, waiting[2]), 150)

    settled(page)
    assert statuses(waiting) == [TaskStatus.REVIEW] * 3


def test_a_held_card_opens_its_menu_which_approves_and_moves(phone, waiting):
    task = waiting[0]
    page = phone(f"/boards/{task.board_id}")
    expect(page.locator(".toast")).to_contain_text("Hold a task")
    finger, card, menu = Finger(page), page.locator(f"#task-{task.id}"), page.locator("#bulk-menu-card")

    finger.hold(card)
    expect(menu).to_be_visible()
    expect(menu.get_by_role("menuitem", name="Run now")).to_be_hidden()
    menu.get_by_role("menuitem", name="Approve", exact=True).tap()
    expect(page.locator(f"#column-done #task-{task.id}")).to_have_count(1)

    other = page.locator(f"#task-{waiting[1].id}")
    finger.hold(other)
    menu.get_by_role("menuitem", name="Move", exact=True).tap()
    page.locator("#bulk-menu-move").get_by_role("menuitem", name="In Progress").tap()
    expect(page.locator(f"#column-in_progress #task-{waiting[1].id}")).to_have_count(1)
    become(waiting, [TaskStatus.DONE, TaskStatus.IN_PROGRESS, TaskStatus.REVIEW])
    page.reload()
    settled(page)
    expect(page.locator(".toast", has_text="Hold a task")).to_have_count(0)


def test_a_card_that_is_held_and_moved_is_dragged_and_opens_no_menu(phone, waiting):
    task = waiting[2]
    page = phone(f"/boards/{task.board_id}")
    finger, card = Finger(page), page.locator(f"#task-{task.id}")

    finger.put_on(card)
    page.wait_for_timeout(HOLD_MS)
    finger.move(0, -30)
    expect(page.locator(".board.is-dragging")).to_have_count(1)
    finger.lift()

    settled(page)
    expect(page.locator("#bulk-menu-card")).to_be_hidden()
    expect(page.locator("#task-panel")).to_have_count(0)


def test_a_held_line_of_my_tasks_offers_what_its_status_allows(phone, waiting):
    page = phone("/my-tasks?show=created")
    menu, line = page.locator("#mine-menu"), page.locator(f"#mine-{waiting[0].id}")

    Finger(page).hold(line)

    expect(menu).to_be_visible()
    expect(menu.get_by_role("menuitem", name="Run now")).to_be_hidden()
    menu.get_by_role("menuitem", name="Approve", exact=True).tap()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert statuses(waiting)[0] == TaskStatus.DONE

    Finger(page).hold(page.locator(f"#mine-{waiting[1].id}"))
    menu.get_by_role("menuitem", name="Send back").tap()
    expect(page.locator("dialog[open]")).to_contain_text("What should change?")

"""Filters and lanes change without a reload and are part of the address."""

import re

from playwright.sync_api import Page, expect

MARK = "document.body.dataset.mark = 'the same page'"


def same_page(page: Page) -> None:
    expect(page.locator("body")).to_have_attribute("data-mark", "the same page")


def test_typing_in_the_find_field_narrows_the_board_and_keeps_the_focus_there(open_page):
    page = open_page("/boards/4")
    page.evaluate(MARK)
    every = page.locator(".board .card").count()
    field = page.get_by_label("Find on this board")

    field.press_sequentially("linen", delay=120)

    expect(page).to_have_url(re.compile(r"/boards/4\?q=linen$"))
    expect(page.locator(".chip-on")).to_contain_text("linen")
    expect(field).to_be_focused()
    expect(field).to_have_value("linen")
    assert page.locator(".board .card").count() < every
    page.go_back()
    expect(page.locator(".board .card")).to_have_count(every)
    expect(page).to_have_url(re.compile(r"/boards/4$"))
    page.go_forward()
    expect(page.locator(".chip-on")).to_contain_text("linen")
    field.fill("")
    expect(page.locator(".board .card")).to_have_count(every)
    expect(page).to_have_url(re.compile(r"/boards/4$"))
    same_page(page)


def test_a_filter_that_did_not_reach_the_server_leaves_address_and_board_as_they_were(open_page):
    page = open_page("/boards/4")
    every = page.locator(".board .card").count()
    page.context.set_offline(True)

    page.get_by_label("Find on this board").fill("linen")

    expect(page.locator(".toast-danger")).to_contain_text("The board is shown as it was")
    expect(page).to_have_url(re.compile(r"/boards/4$"))
    expect(page.get_by_label("Find on this board")).to_have_value("linen")
    expect(page.locator(".board .card")).to_have_count(every)
    page.context.set_offline(False)
    page.keyboard.press("Enter")
    expect(page.locator(".chip-on")).to_contain_text("linen")


def test_a_filter_lanes_and_a_view_leave_the_page_and_its_panel_alone(open_page):
    page = open_page("/boards/4?task=22")
    page.evaluate(MARK)

    page.get_by_role("button", name="Filter", exact=True).click()
    page.locator("#board-filter summary", has_text="Priority").click()
    page.locator("#board-filter").get_by_label("Urgent").check()
    expect(page.locator(".chip-on")).to_have_text("Priority: Urgent")
    page.locator("#board-filter").get_by_label("High").check()
    expect(page).to_have_url(re.compile(r"priority=(urgent,high|high,urgent)"))
    page.locator("#board-filter").get_by_label("Urgent").uncheck()
    expect(page.locator(".chip-on")).to_have_text("Priority: High")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Lanes").click()
    page.get_by_role("menuitem", name="By agent").click()
    expect(page.locator(".board-lanes")).to_be_visible()
    page.get_by_role("link", name="Save as a view").click()
    page.get_by_role("dialog").get_by_label("Name").fill("High, by agent")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()

    tab = page.locator("#board-views").get_by_role("link", name="High, by agent")
    expect(tab).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("#task-panel")).to_have_attribute("data-id", "22")
    page.get_by_role("link", name="All tasks").click()
    expect(page.locator(".chip-on")).to_have_count(0)
    tab.click()
    expect(page.locator(".chip-on")).to_have_text("Priority: High")
    page.get_by_role("button", name="Change the view").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("button", name="Yes, go on").click()
    expect(tab).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/boards/4\?task=22$"))
    same_page(page)


def test_back_and_forward_open_and_close_the_panel_on_the_same_page(open_page):
    page = open_page("/boards/4")
    page.evaluate(MARK)
    panel = page.locator("#task-panel")

    page.locator("#task-22 .card-title").click()
    expect(panel).to_be_visible()
    page.go_back()
    expect(panel).to_have_count(0)
    page.go_forward()
    expect(panel).to_have_attribute("data-id", "22")
    same_page(page)


def test_address_and_title_name_the_open_task_and_its_tab(open_page):
    page = open_page("/boards/4?priority=high")
    of_board = page.title()

    page.locator("#task-22 .card-title").click()
    expect(page).to_have_title(re.compile(rf"^Article: linen or percale.* · {re.escape(of_board)}$"))
    page.locator("#task-panel").get_by_role("link", name="Activity").click()
    expect(page).to_have_url(re.compile(r"/boards/4\?priority=high&task=22&tab=activity$"))
    page.reload()
    expect(page.locator("#task-panel .tab[aria-current]")).to_have_text("Activity")
    expect(page).to_have_title(re.compile("^Article: linen or percale"))
    page.locator("#task-panel").get_by_role("button", name="Close").click()
    expect(page).to_have_url(re.compile(r"/boards/4\?priority=high$"))
    expect(page).to_have_title(of_board)
    page.goto("/tasks/22")
    page.locator("#task-panel").get_by_role("link", name="Runs").click()
    expect(page).to_have_url(re.compile(r"/tasks/22\?tab=runs$"))


def test_undo_brings_back_what_was_deleted_on_a_page_of_its_own(open_page, installation):
    with installation.client() as api:
        number = api.post("/tasks/", json={"title": "Gone too soon", "board_id": 4}).json()["id"]
    page = open_page(f"/tasks/{number}")

    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("button", name="Yes, go on").click()
    expect(page).to_have_url(re.compile(r"/boards/4$"))
    toast = page.locator(".toast", has_text="Deleted “Gone too soon”.")
    toast.get_by_role("button", name="Undo").click()

    expect(page.locator(f"#task-{number}")).to_be_visible()
    expect(toast).to_have_count(0)

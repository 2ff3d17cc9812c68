"""Tasks of people, and what a person arranges: my tasks, favourites, the sidebar, snoozing."""

import re

from playwright.sync_api import expect

from tests.support.page_scripts import wait_for_scripts


def test_a_person_takes_a_task_finds_it_by_a_key_and_copies_its_id(open_page):
    page = open_page("/boards/4?task=21")
    panel = page.locator("#task-panel")
    expect(panel.get_by_role("button", name="Copy SEO-21")).to_be_visible()

    panel.get_by_text("Assign a person").click()
    panel.locator("#menu-people .menu-item", has_text="You").click()

    expect(panel.locator("[popovertarget=menu-person] .face")).to_be_visible()
    expect(page.locator("#task-21 .card-foot .face:not(.face-agent)")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("#main").focus()
    page.keyboard.press("g")
    page.keyboard.press("m")
    page.wait_for_url("**/my-tasks")
    expect(page.locator("#mine-21")).to_contain_text("SEO-21")


def test_favourites_are_added_ordered_by_keys_and_kept(open_page):
    page = open_page("/boards/4")
    page.get_by_role("button", name="Add to favourites").click()
    expect(page.get_by_role("button", name="Remove from favourites")).to_be_visible()
    page.goto("/agents/17")
    wait_for_scripts(page)
    page.get_by_role("button", name="Add to favourites").click()
    links = page.locator("#nav-starred .nav-link")
    expect(links).to_have_count(2)

    with page.expect_response("**/sidebar/order"):
        links.nth(1).focus()
        page.keyboard.press("Alt+Shift+ArrowUp")
    page.reload()

    expect(links.first).to_have_attribute("href", "/agents/17")
    expect(page.locator("#nav-recent .nav-link").first).to_have_attribute("href", "/boards/4")


def test_the_sidebar_is_icons_at_1024_until_it_is_unfolded(open_page):
    page = open_page("/agents", width=1024)
    narrow = page.locator(".sidebar").bounding_box()["width"]

    with page.expect_response("**/sidebar/width"):
        page.get_by_role("button", name="Unfold the sidebar").click()

    assert narrow < 60
    assert page.locator(".sidebar").bounding_box()["width"] > 200
    page.reload()
    wait_for_scripts(page)
    assert page.locator(".sidebar").bounding_box()["width"] > 200


def test_snoozing_hides_the_number_at_the_bell(open_page):
    page = open_page("/inbox")
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("menuitem", name="For an hour").click()

    expect(page.locator("#bell .snoozed")).to_be_visible()
    expect(page.locator("#toasts")).to_contain_text(re.compile("snoozed until"))
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("menuitem", name="Resume notifications").click()
    expect(page.locator("#bell .snoozed")).to_have_count(0)


def test_tags_are_suggested_in_boxes_with_commas_and_after_a_hash(open_page):
    page = open_page("/boards/4")
    options = page.locator("#tag-suggestions option")
    page.get_by_role("link", name="New task").click()
    box = page.get_by_role("dialog", name="New task").get_by_label("Tags")

    box.press_sequentially("linen, blo")
    expect(options.first).to_have_attribute("value", "linen, blog")
    page.keyboard.press("Escape")
    page.get_by_role("dialog", name="Discard draft?").get_by_role("button", name="Discard").click()
    page.locator("[data-quick-add=todo]").click()
    page.get_by_label("New task in To Do").press_sequentially("Write it #blo")

    expect(options.first).to_have_attribute("value", "Write it #blog")

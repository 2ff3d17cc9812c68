"""The command palette: groups, what was visited, acts on what is open, and the search page behind it."""

import re

from playwright.sync_api import expect

from tests.support.page_scripts import wait_for_scripts


def options(page):
    return page.locator("#palette [role=option]")


def test_it_acts_on_the_open_task_and_only_where_the_page_offers_the_act(open_page):
    page = open_page("/tasks/1")
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Search or jump to")
    expect(field).to_be_focused()

    field.fill("due date")

    expect(options(page).first).to_have_text("Set a due date…")
    expect(field).to_have_attribute("aria-activedescendant", "palette-0")
    expect(page.get_by_role("group", name=re.compile("^On “"))).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#menu-due")).to_be_visible()


def test_pages_that_were_visited_come_first_and_a_task_names_its_board(open_page):
    page = open_page("/agents/1")
    name = page.locator("h1").inner_text()
    page.goto(page.url.replace("/agents/1", "/skills"))
    wait_for_scripts(page)
    page.keyboard.press("Control+k")

    recent = page.get_by_role("group", name="Recent")
    expect(recent.get_by_role("option", name=name)).to_be_visible()
    page.get_by_role("combobox", name="Search or jump to").fill("linen")
    found = page.get_by_role("group", name="Tasks").get_by_role("option").first
    expect(found).to_be_visible()
    expect(found.locator(".push")).to_contain_text("SEO & Blog")
    expect(found.locator(".st")).to_have_count(1)


def test_the_arrows_go_round_and_escape_gives_the_focus_back(open_page):
    page = open_page("/")
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Search or jump to")
    last = options(page).count() - 1

    page.keyboard.press("ArrowUp")
    expect(field).to_have_attribute("aria-activedescendant", f"palette-{last}")
    page.keyboard.press("ArrowDown")
    expect(field).to_have_attribute("aria-activedescendant", "palette-0")
    field.fill("zzzz no such thing")
    expect(options(page)).to_have_text(["Search all tasks for “zzzz no such thing”"])
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()


def test_the_search_page_narrows_while_typing_and_keeps_all_in_the_address(open_page):
    page = open_page("/search?q=linen")
    box = page.get_by_role("searchbox", name="Search for")
    expect(box).to_have_value("linen")
    expect(page.locator(".hit mark").first).to_have_text(re.compile("linen", re.IGNORECASE))

    page.get_by_label("Status").select_option("done")
    expect(page).to_have_url(re.compile(r"status=done"))
    page.get_by_role("radio", name="Between").check(force=True)
    expect(page.get_by_label("First day")).to_be_visible()
    page.get_by_label("First day").fill("2001-01-01")
    page.get_by_label("Last day").fill("2001-01-02")
    expect(page.get_by_text("No task that you can see matches these filters.")).to_be_visible()
    page.get_by_role("link", name="Clear the filters").click()

    expect(page).to_have_url(re.compile(r"/search\?q=linen$"))
    expect(page.locator(".hit").first).to_be_visible()


def test_sidebar_and_palette_show_the_same_pages_and_each_place_once(open_page):
    page = open_page("/boards/4", own_session=True)
    page.goto("/agents/17")
    page.goto("/skills")
    wait_for_scripts(page)
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Search or jump to").fill("linen")
    task = page.get_by_role("group", name="Tasks").get_by_role("option").first
    expect(task).to_be_visible()
    title = task.locator(".cut").first.inner_text()
    task.click()
    page.wait_for_url(re.compile(r"/boards/\d+\?task=\d+$"))
    page.goto("/skills")
    wait_for_scripts(page)

    in_sidebar = page.locator("#nav-recent .nav-link")
    expect(in_sidebar.filter(has_text=title)).to_have_count(1)
    labels = in_sidebar.all_inner_texts()
    assert "SEO & Blog" in labels
    page.keyboard.press("Control+k")
    recent = page.get_by_role("group", name="Recent").get_by_role("option").locator(".cut:not(.push)")
    expect(recent).to_have_text(labels)
    places = page.get_by_role("group", name="Go to").get_by_role("option").all_inner_texts()
    assert len(places) == len(set(places))
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("menuitem", name="Sign out").click()
    page.wait_for_url(re.compile("/sign-in"))
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('recent-'))") == []

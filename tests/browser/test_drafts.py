"""What is typed is not lost: drafts of forms, and the questions before they are left."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.page_scripts import wait_for_scripts


@pytest.fixture
def dialog(open_page):
    """The dialog of a new task, on the dashboard."""
    page = open_page("/")
    page.keyboard.press("c")
    dialog = page.get_by_role("dialog", name="New task")
    expect(dialog).to_be_visible()
    return dialog


def question(page):
    return page.get_by_role("dialog", name="Discard draft?")


@pytest.mark.parametrize("way", ["Escape", "Close", "Cancel", "backdrop"])
def test_a_dialog_with_text_asks_before_it_closes(dialog, way):
    page = dialog.page
    dialog.get_by_label("Title").fill("Half a thought")

    if way == "Escape":
        page.keyboard.press("Escape")
    elif way == "backdrop":
        page.mouse.click(3, 3)
    else:
        dialog.get_by_role("button", name=way).click()
    expect(question(page)).to_be_visible()
    question(page).get_by_role("button", name="Continue writing").click()

    expect(dialog.get_by_label("Title")).to_have_value("Half a thought")


def test_a_dialog_without_text_just_closes(dialog):
    dialog.page.keyboard.press("Escape")

    expect(dialog).to_be_hidden()


def test_a_draft_that_is_kept_is_back_after_a_reload_and_gone_once_discarded(dialog):
    page = dialog.page
    dialog.get_by_label("Title").fill("Half a thought")
    dialog.get_by_label("Priority").select_option("high")
    page.keyboard.press("Escape")
    question(page).get_by_role("button", name="Keep for later").click()
    expect(dialog).to_be_hidden()

    page.reload()
    wait_for_scripts(page)
    page.keyboard.press("c")
    expect(dialog.get_by_label("Title")).to_have_value("Half a thought")
    expect(dialog.get_by_label("Priority")).to_have_value("high")
    expect(dialog).to_contain_text("Your draft is back.")
    page.keyboard.press("Escape")
    question(page).get_by_role("button", name="Discard").click()
    expect(dialog).to_be_hidden()
    page.keyboard.press("c")

    expect(dialog.get_by_label("Title")).to_have_value("")


def test_a_draft_is_gone_once_its_task_is_created(dialog):
    page = dialog.page
    dialog.get_by_label("Title").fill("A whole thought")
    dialog.get_by_role("button", name="Create", exact=True).click()
    expect(page).to_have_url(re.compile(r"/boards/\d+\?task=\d+"))
    expect(page.locator("#task-panel")).to_be_visible()
    wait_for_scripts(page)

    page.keyboard.press("Escape")
    page.keyboard.press("c")

    expect(dialog.get_by_label("Title")).to_have_value("")


def test_leaving_a_skill_with_unsaved_text_asks_and_the_draft_comes_back(open_page):
    page = open_page("/skills/new")
    asked = []
    page.on("dialog", lambda question: (asked.append(question.type), question.accept()))
    page.get_by_label("Name").first.fill("Unsaved")

    page.get_by_role("link", name="Dashboard").click()
    expect(page).to_have_url(re.compile(r"/$"))
    page.goto(page.url + "skills/new")

    assert asked == ["beforeunload"]
    expect(page.get_by_label("Name").first).to_have_value("Unsaved")

"""Creating a task and starting its agent in one step."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.page_scripts import wait_for_scripts


def open_form(page):
    page.get_by_role("link", name="New task").click()
    dialog = page.get_by_role("dialog", name="New task")
    expect(dialog).to_be_visible()
    return dialog


def choose_agent(dialog, name):
    value = dialog.locator("option", has_text=re.compile(f"^{name} ·")).get_attribute("value")
    dialog.get_by_label("Agent").select_option(value)


def board_name(dialog):
    return dialog.get_by_label("Board").evaluate("select => select.selectedOptions[0].text")


def test_one_button_creates_the_task_on_the_agents_board_and_starts_it(open_page):
    page = open_page("/inbox")
    dialog = open_form(page)
    dialog.get_by_label("Title").fill("Captions for the towels")
    expect(dialog.get_by_role("button", name="Create and run")).to_be_hidden()

    choose_agent(dialog, "Remy")
    assert board_name(dialog) == "Social Media"
    dialog.get_by_role("button", name="Create and run").click()

    expect(page).to_have_url(re.compile(r"/boards/\d+\?task=\d+"))
    panel = page.locator("#task-panel")
    expect(panel.locator(".panel-title")).to_have_value("Captions for the towels")
    expect(panel.locator("#task-result-body")).not_to_be_empty(timeout=30_000)


def test_a_board_that_somebody_chose_stays_when_the_agent_changes(open_page):
    page = open_page("/inbox")
    dialog = open_form(page)

    dialog.get_by_label("Board").select_option(label="SEO & Blog")
    choose_agent(dialog, "Remy")

    assert board_name(dialog) == "SEO & Blog"


@pytest.mark.parametrize("field", ["Title", "Description"])
def test_ctrl_enter_creates_and_runs_and_opens_the_panel_on_the_board(open_page, field):
    page = open_page("/boards")
    page.locator(".sidebar").get_by_role("link", name=re.compile("Social Media")).click()
    wait_for_scripts(page)
    dialog = open_form(page)
    dialog.get_by_label("Title").fill(f"By keys from {field}")
    choose_agent(dialog, "Remy")

    dialog.get_by_label(field).press("Control+Enter")

    expect(dialog).to_be_hidden()
    panel = page.locator("#task-panel")
    expect(panel.locator(".panel-title")).to_have_value(f"By keys from {field}")
    expect(panel).to_contain_text(re.compile("Queued|Running|Stop|Cancel"))
    expect(
        page.locator("#column-todo .card, #column-in_progress .card", has_text=f"By keys from {field}")
    ).to_be_visible()


def test_another_can_follow(open_page):
    page = open_page("/inbox")
    dialog = open_form(page)
    dialog.get_by_label("Title").fill("The first")
    choose_agent(dialog, "Remy")

    dialog.get_by_role("button", name="More ways to create it").click()
    page.get_by_role("menuitem", name="Create another").click()

    expect(dialog.get_by_label("Title")).to_have_value("")
    expect(page.locator("#toasts")).to_contain_text("Created task")
    assert board_name(dialog) == "Social Media"


def test_a_task_is_given_from_the_page_of_an_agent(open_page):
    page = open_page("/agents")
    page.get_by_role("link", name=re.compile("Remy")).first.click()
    page.get_by_role("link", name="Give a task").first.click()

    dialog = page.get_by_role("dialog", name="New task")
    expect(dialog.get_by_role("button", name="Create and run")).to_be_visible()
    assert board_name(dialog) == "Social Media"


def test_a_task_dragged_to_in_progress_is_started_from_the_toast(open_page):
    page = open_page("/inbox")
    dialog = open_form(page)
    dialog.get_by_label("Title").fill("Moved by hand")
    choose_agent(dialog, "Remy")
    dialog.get_by_role("button", name="More ways to create it").click()
    page.get_by_role("menuitem", name="Create only").click()
    expect(page).to_have_url(re.compile(r"task=\d+"))
    task = page.url.split("task=")[1]
    wait_for_scripts(page)
    page.keyboard.press("Escape")

    page.locator(f"#task-{task}").focus()
    page.keyboard.press("m")
    page.get_by_role("menuitem", name=re.compile("In Progress")).click()
    toast = page.locator("#toasts .toast", has_text="Remy has not started.")
    expect(toast.get_by_role("button", name="Undo")).to_be_visible()
    toast.get_by_role("button", name="Run now").click()

    expect(page.locator(f"#task-{task}")).to_contain_text(re.compile("Queued|Running|Needs your review"))

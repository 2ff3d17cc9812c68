"""The main actions of the settings and the activity feed."""

import re

from playwright.sync_api import expect


def test_a_form_of_the_settings_answers_in_its_place(open_page):
    page = open_page("/settings/tokens")
    page.get_by_label("Name").fill("Nightly report")

    page.get_by_role("button", name="Make the token").click()

    expect(page.locator("#new-token")).to_contain_text("hx_")
    expect(page.locator(".line", has_text="Nightly report")).to_be_visible()
    page.get_by_role("button", name="Delete Nightly report").click()
    page.get_by_role("button", name="Yes, go on").click()
    expect(page.locator(".line", has_text="Nightly report")).to_have_count(0)


def test_activity_is_narrowed_in_its_address(open_page):
    page = open_page("/activity")

    page.get_by_label("Any action").select_option("task.created")

    expect(page).to_have_url(re.compile(r"action=task\.created"))
    expect(page.locator(".feed-words").first).to_contain_text("created")

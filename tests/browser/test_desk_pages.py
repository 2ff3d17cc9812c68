"""Dashboard, inbox, activity, settings, costs and set-up: for everyone, in both themes, on a phone."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.axe import complaints

PAGES = (
    "/",
    "/inbox",
    "/inbox?show=notifications",
    "/activity",
    "/profile",
    "/settings",
    "/settings/tokens",
    "/settings/telegram",
    "/settings/budgets",
    "/costs",
    "/setup/model",
    "/setup/departments",
    "/setup/agents",
    "/setup/team",
)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_and_nothing_runs_out_sideways(open_page, theme):
    page = open_page("/activity", color_scheme=theme)

    for path in PAGES:
        page.goto(path)
        assert complaints(page) == [], path
    page.set_viewport_size({"width": 390, "height": 844})
    for path in PAGES:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path


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

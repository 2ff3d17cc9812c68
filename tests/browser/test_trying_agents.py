"""An agent is made with what matters first, tried without a task, and its skill is written where it is read."""

import re

from playwright.sync_api import expect


def test_a_new_agent_is_tried_and_the_answer_is_kept_as_a_task(open_page):
    page = open_page("/agents")
    page.get_by_role("link", name="New agent").click()
    form = page.get_by_role("dialog", name="New agent")
    form.get_by_label("Name").fill("Wren")
    form.get_by_label("Instructions").fill("You write about weather.")
    form.get_by_label("SEO Checklist").check()
    expect(form.get_by_label("Runs at a time")).to_be_hidden()
    form.get_by_role("button", name="Create agent").click()
    page.wait_for_url(re.compile(r"/agents/\d+\?tab=prompt$"))

    page.get_by_role("link", name="Try it").click()
    page.get_by_label("Message").fill("Rain in November")
    page.get_by_role("button", name="Try it").click()

    trial = page.locator("#trial")
    expect(trial).to_contain_text("demo model", timeout=30_000)
    expect(trial.get_by_role("button", name="Keep as a task")).to_be_visible(timeout=30_000)
    expect(trial.locator("#trial-body h1, #trial-body h2, #trial-body p").first).to_be_visible()
    trial.get_by_role("button", name="Keep as a task").click()

    page.wait_for_url(re.compile(r"/tasks/\d+$"))
    expect(page.locator(".panel-title")).to_have_value("Rain in November")


def test_the_first_wrong_field_of_the_form_has_the_focus(open_page):
    page = open_page("/agents")
    page.get_by_role("link", name="New agent").click()
    form = page.get_by_role("dialog", name="New agent")
    form.get_by_label("Name").fill("Nobody yet")
    form.get_by_text("Advanced").click()
    form.get_by_label("Monthly budget").fill("plenty")
    form.get_by_role("button", name="Create agent").click()

    expect(form.get_by_text("Enter an amount in dollars")).to_be_visible()
    expect(form.get_by_label("Monthly budget")).to_be_focused()


def test_an_agent_is_duplicated_from_its_page(open_page):
    page = open_page("/agents/2")
    name = page.locator("h1").inner_text()

    page.get_by_role("button", name=f"Duplicate {name}").click()

    expect(page.locator("h1")).to_have_text(f"{name} copy")
    expect(page.locator("#toasts")).to_contain_text(f"Created {name} copy")


def test_the_save_of_a_long_skill_stays_in_reach_and_says_what_is_unsaved(open_page):
    page = open_page("/skills/2")
    expect(page.locator("textarea")).to_have_count(0)
    page.get_by_role("link", name="Edit", exact=True).click()
    save = page.get_by_role("button", name="Save")
    expect(save).to_be_in_viewport()
    expect(page.get_by_text("Unsaved changes")).to_have_count(0)

    page.get_by_label("Description").fill("Changed by a test.")

    expect(page.get_by_text("Unsaved changes")).to_be_visible()
    save.click()
    expect(page.locator("#toasts")).to_contain_text("Saved")
    expect(page.get_by_text("Unsaved changes")).to_have_count(0)

"""What a fresh demo installation shows of agents that act."""

import re

from playwright.sync_api import expect

from tests.support.page_scripts import wait_for_scripts


def test_a_fresh_demo_asks_and_a_person_answers_on_a_phone(installation, open_page):
    with installation.client() as api:
        (task,) = [task for task in api.get("/tasks/").json() if task["title"].startswith("Win-back mail")]
    page = open_page("/inbox", width=390)
    expect(page.locator(".inbox-line", has_text="May I call add_comment?")).to_be_visible()

    page.goto(f"/tasks/{task['id']}")
    wait_for_scripts(page)
    page.get_by_role("button", name="Run now").click()
    page.goto("/inbox")
    wait_for_scripts(page)
    page.locator(".inbox-line", has_text="Which subject line should it have?").click(timeout=30_000)
    page.get_by_label("The softest part comes now").check()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Answer", exact=True).click()

    review = page.locator(f"#line-task-{task['id']}")
    expect(review).to_be_visible(timeout=30_000)
    review.click()
    result = page.locator("#inbox").get_by_role("heading", name="What I asked")
    expect(result).to_be_visible()
    expect(page.locator("#inbox blockquote")).to_have_text(re.compile("The softest part comes now"))
    expect(page.get_by_role("button", name="Approve").first).to_be_visible()

"""Reading and plain forms work with JavaScript disabled."""

import re

from playwright.sync_api import expect


def test_a_task_goes_from_an_idea_to_done_by_plain_forms(open_page, installation):
    page = open_page("/tasks/new", java_script_enabled=False)

    page.get_by_label("Title", exact=True).fill("Count the towels")
    page.get_by_label("Board", exact=True).select_option(label="SEO & Blog")
    page.get_by_role("button", name="Create", exact=True).click()
    page.wait_for_url(re.compile(r"/tasks/\d+"))
    number = page.url.rpartition("/")[2]
    expect(page.locator("#task-panel")).to_contain_text("Count the towels")

    page.goto(f"/tasks/{number}/edit")
    page.get_by_label("Title", exact=True).fill("")
    page.get_by_label("Description").fill("All forty, please.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".field-error")).to_have_count(1)
    expect(page.get_by_label("Description")).to_have_value(re.compile("All forty, please."))
    page.get_by_label("Title", exact=True).fill("Count the towels again")
    page.get_by_label("Status").select_option("in_progress")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(f"**/tasks/{number}")

    page.get_by_label("Comment").fill("Done by hand.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#thread")).to_contain_text("Done by hand.")
    page.locator("#task-files input[type=file]").set_input_files(
        {"name": "count.txt", "mimeType": "text/plain", "buffer": b"40"}
    )
    page.get_by_role("button", name="Upload").click()
    expect(page.locator("#task-files")).to_contain_text("count.txt")

    # Menus are the browser's own, and their items submit.
    page.get_by_role("button", name="In Progress").click()
    page.get_by_role("menuitem", name="Review").click()
    page.get_by_role("link", name="Send back").click()
    page.get_by_label("What should change?").fill("Count them twice.")
    page.get_by_role("button", name="Send back").click()
    page.wait_for_url(f"**/tasks/{number}")
    expect(page.locator("#thread")).to_contain_text("Count them twice.")

    with installation.client() as api:
        assert api.patch(f"/tasks/{number}", json={"status": "todo"}).status_code == 200
        assert api.patch(f"/tasks/{number}", json={"status": "in_progress"}).status_code == 200
        assert api.patch(f"/tasks/{number}", json={"status": "review"}).status_code == 200
    page.goto(f"/inbox?item=task-{number}")
    page.locator(f"#pick-{number}").check()
    page.locator("#inbox-several").get_by_role("button", name="Approve").click()
    expect(page.locator("body")).to_contain_text("now in Done.")
    with installation.client() as api:
        assert api.get(f"/tasks/{number}").json()["status"] == "done"


def test_pages_are_read_and_searched_without_a_script(open_page):
    page = open_page("/search?q=linen", java_script_enabled=False)
    expect(page.locator(".lines .line").first).to_be_visible()

    for path in (
        "/",
        "/agents",
        "/agents/1?tab=prompt",
        "/skills/1",
        "/activity",
        "/costs",
        "/settings/data",
        "/profile",
    ):
        reply = page.goto(path)
        assert reply, path
        assert reply.ok, path
        expect(page.locator("main")).to_be_visible()

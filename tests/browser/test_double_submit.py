"""A form that is submitted twice in quick succession takes effect once."""

import re

import pytest
from playwright.sync_api import expect


@pytest.fixture
def task(installation):
    with installation.client() as api:
        board = api.get("/boards/").json()[0]["id"]
        return api.post("/tasks/", json={"title": "Sent twice", "board_id": board, "requires_approval": False}).json()


def comments_of(installation, task):
    with installation.client() as api:
        return [each["content"] for each in api.get(f"/tasks/{task['id']}/comments/").json()]


def settled(page) -> None:
    page.wait_for_timeout(700)


def test_ctrl_enter_twice_writes_one_comment_and_wakes_the_agent_once(open_page, installation, task):
    page = open_page(f"/tasks/{task['id']}")
    box = page.get_by_label("Comment", exact=True)
    box.fill("@Klay what do you think?")
    page.keyboard.press("Escape")
    box.focus()

    page.keyboard.press("Control+Enter")
    page.wait_for_timeout(60)
    page.keyboard.press("Control+Enter")
    page.locator("#thread .comment").first.wait_for()
    settled(page)

    assert comments_of(installation, task).count("@Klay what do you think?") == 1
    with installation.client() as api:
        runs = api.get(f"/tasks/{task['id']}/runs").json()
    assert len(runs) == 1
    assert page.locator("#thread .comment", has_text="what do you think").count() == 1


def test_double_click_on_send_writes_one_comment_and_the_next_one_goes_out(open_page, installation, task):
    page = open_page(f"/tasks/{task['id']}")
    box, send = page.get_by_label("Comment", exact=True), page.get_by_role("button", name="Send", exact=True)
    box.fill("Again")

    send.dblclick()
    settled(page)
    once = comments_of(installation, task).count("Again")
    box.fill("Again")
    send.click()
    settled(page)

    assert once == 1
    assert comments_of(installation, task).count("Again") == 2


def test_comment_that_an_event_shows_before_the_forms_response_is_shown_once(open_page, installation, task):
    page = open_page(f"/tasks/{task['id']}")
    box = page.get_by_label("Comment", exact=True)
    shown = page.locator("#thread .comment", has_text="Raced")

    def respond_late(route) -> None:
        response = route.fetch()
        shown.wait_for()
        route.fulfill(response=response)

    page.route(f"**/tasks/{task['id']}/comments", respond_late)
    box.fill("Raced")
    with page.expect_response(f"**/tasks/{task['id']}/comments"):
        page.keyboard.press("Control+Enter")
    settled(page)

    assert shown.count() == 1
    assert box.input_value() == ""
    assert box.evaluate("box => box === document.activeElement")


def test_enter_twice_in_quick_add_makes_one_card(open_page, installation, task):
    page = open_page(f"/boards/{task['board_id']}")
    page.locator('[data-quick-add="todo"]').first.click()
    box = page.locator('.column[data-status="todo"] .quick-add input[name="text"]').first
    box.fill("Made in a hurry")

    page.keyboard.press("Enter")
    page.wait_for_timeout(60)
    page.keyboard.press("Enter")
    settled(page)

    with installation.client() as api:
        found = api.get(f"/tasks/?board_id={task['board_id']}&q=Made in a hurry").json()
    assert len(found) == 1


def test_double_click_without_a_script_makes_one_comment(open_page, installation, task):
    page = open_page(f"/tasks/{task['id']}", java_script_enabled=False)
    page.get_by_label("Comment", exact=True).fill("Plainly")

    page.get_by_role("button", name="Send", exact=True).dblclick()
    page.wait_for_url(re.compile(f"/tasks/{task['id']}"))
    settled(page)

    assert comments_of(installation, task).count("Plainly") == 1


def test_second_press_sends_nothing_when_a_refresh_gave_the_form_another_key_meanwhile(open_page, installation, task):
    page = open_page(f"/tasks/{task['id']}")
    box, key = page.get_by_label("Comment", exact=True), page.locator("#task-writing [name=form_key]")
    held = []
    page.route(f"**/tasks/{task['id']}/comments", lambda route: held.append(route))  # noqa: PLW0108 - playwright marks the function
    box.fill("Held back")
    first_key = key.input_value()

    page.keyboard.press("Control+Enter")
    page.wait_for_timeout(200)
    with installation.client() as api:
        api.post(f"/tasks/{task['id']}/comments/", json={"content": "From somebody else"})
    expect(page.locator("#thread")).to_contain_text("From somebody else")
    expect(key).not_to_have_value(first_key)
    box.focus()
    page.keyboard.press("Control+Enter")
    settled(page)
    held[0].continue_()
    expect(page.locator("#thread")).to_contain_text("Held back")
    settled(page)

    # htmx would send the second one after the first has ended.
    assert len(held) == 1
    assert comments_of(installation, task).count("Held back") == 1

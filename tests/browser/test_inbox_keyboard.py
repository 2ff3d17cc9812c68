"""Reviewing results in the inbox with the keyboard only."""

import re

from playwright.sync_api import Page, expect


def lines(page: Page) -> list[str]:
    return page.locator("#inbox-list a[data-item]").evaluate_all("all => all.map(one => one.dataset.item)")


def chosen(page: Page, key: str) -> None:
    """Both the line and what stands beside it are this one, and so is the address."""
    expect(page.locator('#inbox-list a[aria-current="true"]')).to_have_attribute("data-item", key)
    expect(page.locator("#inbox-detail .inbox-item")).to_have_attribute("data-key", key)


def results(page: Page) -> list[str]:
    """The results that wait for review. They come after what agents ask; the first is chosen."""
    waiting = lines(page)
    found = [key for key in waiting if key.startswith("task-")]
    for key in waiting[: waiting.index(found[0])]:
        chosen(page, key)
        page.keyboard.press("j")
    chosen(page, found[0])
    return found


def test_results_are_read_approved_and_sent_back_by_keys_alone(open_page, installation):
    page = open_page("/inbox")
    waiting = len(lines(page))
    first, second, third, fourth = results(page)[:4]
    expect(page.locator("#inbox-count")).to_have_text(str(waiting))
    # What an agent of the demo asks may stand above them by now.
    page.locator(f"#line-{first}").click()
    chosen(page, first)

    page.keyboard.press("j")
    chosen(page, second)
    expect(page).to_have_url(re.compile(rf"item={second}"))
    page.keyboard.press("k")
    chosen(page, first)

    page.keyboard.press("a")
    expect(page.locator(f"#line-{first}")).to_have_count(0)
    expect(page.locator("#inbox-count")).to_have_text(str(waiting - 1))
    chosen(page, second)
    # A key in the first 300 ms was meant for the line before.
    page.wait_for_timeout(400)

    page.keyboard.press("r")
    box = page.get_by_label("What should change?")
    expect(box).to_be_focused()
    page.keyboard.type("Shorter, and without j, k or a.")
    page.get_by_label("Run again at once").uncheck()
    box.focus()
    page.keyboard.press("Control+Enter")
    expect(page.locator(f"#line-{second}")).to_have_count(0)
    chosen(page, third)

    page.keyboard.press("j")
    chosen(page, fourth)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/tasks/{fourth.removeprefix('task-')}")

    with installation.client() as api:
        found = [api.get(f"/tasks/{key.removeprefix('task-')}").json()["status"] for key in (first, second, third)]
    assert found == ["done", "rejected", "review"]


def test_the_list_follows_what_others_decide_and_keeps_what_is_being_typed(open_page, installation):
    page = open_page("/inbox")
    mine, other = results(page)[:2]
    page.keyboard.press("r")
    page.keyboard.type("Half a sentence")

    with installation.client() as api:
        assert api.post(f"/tasks/{other.removeprefix('task-')}/approve").status_code == 200

    expect(page.locator(f"#line-{other}")).to_have_count(0)
    chosen(page, mine)
    expect(page.get_by_label("What should change?")).to_have_value("Half a sentence")


def test_several_are_chosen_with_x_and_sent_back_at_once(open_page, installation):
    page = open_page("/inbox")
    first, second = results(page)[:2]

    page.keyboard.press("x")
    page.keyboard.press("j")
    chosen(page, second)
    page.keyboard.press("x")
    expect(page.locator("#inbox-several")).to_contain_text("2 chosen")
    page.keyboard.press("r")
    expect(page.get_by_label("What should change in all of them?")).to_be_focused()
    page.keyboard.type("Name the sources.")
    page.get_by_role("button", name="Send all back").click()

    expect(page.locator(f"#line-{first}")).to_have_count(0)
    expect(page.locator(f"#line-{second}")).to_have_count(0)
    expect(page.locator("#inbox-several")).to_be_hidden()
    with installation.client() as api:
        assert {api.get(f"/tasks/{key[5:]}").json()["status"] for key in (first, second)} == {"rejected"}


def test_an_undone_decision_is_the_current_line_again_for_the_keys(open_page):
    page = open_page("/inbox")
    first, second = results(page)[:2]
    page.locator(f"#line-{first}").click()
    chosen(page, first)
    page.keyboard.press("a")
    expect(page.locator("#toasts")).to_contain_text("Approved")
    chosen(page, second)

    # The list may be refreshed meanwhile, with the line that was current before.
    page.keyboard.press("Control+z")

    expect(page.locator("#toasts")).to_contain_text("Brought back")
    chosen(page, first)
    page.wait_for_timeout(600)
    chosen(page, first)
    expect(page.locator(f"#line-{first}")).to_be_focused()

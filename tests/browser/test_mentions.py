"""The list of names after an @ in the comment box."""

from playwright.sync_api import expect

from tests.support.page_scripts import wait_for_scripts


def test_the_list_stays_in_the_window_and_begins_with_the_agent_of_the_task(open_page):
    for size in ({"width": 1440, "height": 900}, {"width": 390, "height": 844}):
        page = open_page("/tasks/22")
        page.set_viewport_size(size)
        wait_for_scripts(page)
        agent = page.locator(".props [popovertarget=menu-agent] .face-agent").get_attribute("title")
        box = page.get_by_label("Comment")

        box.click()
        page.keyboard.type("@")

        names = page.locator(".suggest .menu-item")
        expect(names.first).to_be_visible()
        shown = page.locator(".suggest").bounding_box()
        assert shown["y"] >= 0
        assert shown["y"] + shown["height"] <= size["height"]
        assert agent.startswith(names.first.locator(".cut").first.inner_text())


def test_a_late_answer_does_not_replace_a_newer_one(open_page):
    page = open_page("/tasks/22")
    held = []
    page.route("**/mentions?q=S&*", lambda route: held.append(route))
    page.get_by_label("Comment").click()

    page.keyboard.type("@S")
    page.wait_for_timeout(200)
    page.keyboard.type("i")
    expect(page.locator(".suggest .menu-item .cut").first).to_have_text("Sierra")
    late = [route.fulfill(json=[{"id": 1, "name": "Late", "type": "user"}]) for route in held]
    page.wait_for_timeout(300)

    assert len(late) == 1
    expect(page.locator(".suggest .menu-item .cut").first).to_have_text("Sierra")

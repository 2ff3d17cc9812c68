"""The box for a time zone knows the browser's own and lists the others."""

from playwright.sync_api import expect


def test_the_browsers_zone_is_offered_and_the_list_is_fetched_once(open_page):
    page = open_page("/profile", timezone_id="Asia/Tokyo")
    requests = []
    page.on("request", lambda request: requests.append(request.url) if "time-zones" in request.url else None)
    box = page.get_by_label("Time zone")

    page.get_by_role("button", name="Use Asia/Tokyo, as this browser").click()
    box.focus()
    expect(page.locator("#time-zones option[value='Europe/Berlin']")).to_have_count(1)
    page.get_by_label("Name").first.focus()
    box.focus()

    expect(box).to_have_value("Asia/Tokyo")
    assert len(requests) == 1

"""Departments and boards are reordered by dragging and with their menus."""

from playwright.sync_api import expect


def test_a_board_is_dragged_before_another_and_everybody_sees_it_there(open_page, installation):
    with installation.client() as api:
        department = api.post("/departments/", json={"name": "To put in order", "emoji": "📦"}).json()["id"]
        made = [
            api.post("/boards/", json={"name": name, "department_id": department}) for name in ("One", "Two", "Three")
        ]
        ids = [reply.json()["id"] for reply in made]
    page = open_page("/boards")
    section = page.locator(f'[data-sort-id="{department}"][aria-labelledby]')
    names = section.locator(".board-tile-name")
    first, second, last = section.locator(".board-tile").all()
    page.set_viewport_size({"width": 1440, "height": 2000})  # nothing scrolls away under the pointer

    start, between, end = (tile.bounding_box() for tile in (last, second, first))
    page.mouse.move(start["x"] + 30, start["y"] + 20)
    page.mouse.down()
    page.mouse.move(start["x"] + 20, start["y"] + 22, steps=3)
    # Over one tile after the other, each time until they have made way.
    page.mouse.move(between["x"] + 30, between["y"] + 20, steps=8)
    expect(names).to_have_text(["One", "Three", "Two"])
    for step in range(20):  # a hand is never quite still, and the browser tells of a drag only while it moves
        page.mouse.move(end["x"] + 30 + step, end["y"] + 20, steps=2)
        if names.first.text_content() == "Three":
            break
        page.wait_for_timeout(100)
    expect(names).to_have_text(["Three", "One", "Two"])
    page.mouse.up()

    expect(names).to_have_text(["Three", "One", "Two"])
    expect(page.locator(".sidebar").get_by_role("link", name="Three")).to_be_visible()
    page.reload()
    expect(names).to_have_text(["Three", "One", "Two"])
    page.locator(f'[popovertarget="board-more-{ids[2]}"]').click()
    page.get_by_role("menuitem", name="Move down").click()
    expect(names).to_have_text(["One", "Three", "Two"])


def test_an_address_that_leads_nowhere_says_so_in_its_heading(open_page):
    page = open_page("/")

    reply = page.goto("/boards/999999")

    assert reply.status == 404
    expect(page.get_by_role("heading", level=1)).to_have_text("Not found")
    page.get_by_role("link", name="Go to the dashboard").click()
    expect(page).to_have_url(f"{reply.url.partition('/boards')[0]}/")

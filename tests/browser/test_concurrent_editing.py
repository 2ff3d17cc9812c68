"""Two users have the same task open: each sees the other, and neither overwrites the other's changes unnoticed."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import MIA


def test_they_see_each_other_and_a_stale_save_shows_both_versions(open_page, installation):
    with installation.client() as api:
        number = api.post("/tasks/", json={"board_id": 4, "title": "Fold the towels"}).json()["id"]
        user = next(one["id"] for one in api.get("/users/").json() if one["email"] == MIA["email"])
        others = [one for one in api.get("/boards/4/permissions/").json() if one["user_id"] != user]
        levels = [*others, {"user_id": user, "level": "manage"}]
        assert api.put("/boards/4/permissions/", json=levels).status_code == 200
    adas = open_page(f"/tasks/{number}")
    mias = open_page(f"/boards/4?task={number}", who=MIA)

    expect(adas.locator("#task-here")).to_contain_text("Mia Moss is looking at this too")
    mias.get_by_label("Title", exact=True).focus()
    adas.get_by_label("Title", exact=True).fill("Fold the towels in thirds")
    adas.keyboard.press("Enter")
    expect(mias.locator("#task-panel")).to_have_attribute("data-v", "2")
    mias.get_by_label("Title", exact=True).fill("Roll the towels")
    mias.keyboard.press("Enter")

    dialog = mias.get_by_role("dialog", name="Someone else changed this task in the meantime")
    expect(dialog).to_contain_text("Fold the towels in thirds")
    expect(dialog.get_by_label("Title, your version")).to_have_value("Roll the towels")
    dialog.get_by_role("button", name="Save mine").click()
    expect(adas.get_by_label("Title", exact=True)).to_have_value("Roll the towels")


def test_who_goes_away_is_gone_for_the_others_within_seconds(open_page, installation):
    with installation.client() as api:
        number = api.post("/tasks/", json={"board_id": 4, "title": "Iron the towels"}).json()["id"]
    adas = open_page(f"/tasks/{number}")
    mias = open_page(f"/boards/4?task={number}", who=MIA)
    here = adas.locator("#task-here")
    expect(here).to_contain_text("Mia Moss is looking at this too")

    mias.get_by_role("button", name="Close").first.click()
    expect(here).to_have_count(0, timeout=4_000)
    mias.go_back()
    expect(here).to_be_visible()
    mias.goto("/boards")
    expect(here).to_have_count(0, timeout=4_000)
    mias.goto(f"/tasks/{number}")
    expect(here).to_be_visible()
    mias.close()
    expect(here).to_have_count(0, timeout=4_000)


def test_tags_that_are_being_typed_do_not_go_over_those_that_came_meanwhile(open_page, installation):
    with installation.client() as api:
        number = api.post("/tasks/", json={"board_id": 4, "title": "Label the shelves"}).json()["id"]
    page = open_page(f"/boards/4?task={number}")
    panel = page.locator("#task-panel")

    page.get_by_role("button", name="Add a tag").click()
    page.get_by_label("Tags", exact=True).last.fill("mine")
    with installation.client() as api:
        assert api.patch(f"/tasks/{number}", json={"tags": ["theirs"]}).status_code == 200
    expect(panel).to_have_attribute("data-v", "2")
    page.keyboard.press("Enter")

    dialog = page.get_by_role("dialog", name="Someone else changed this task in the meantime")
    expect(dialog).to_contain_text("theirs")
    dialog.get_by_role("button", name="Save mine").click()
    expect(panel.locator(".chip", has_text="mine")).to_be_visible()


def test_a_menu_with_a_form_closes_when_it_was_saved_and_saves_again(open_page, installation):
    with installation.client() as api:
        number = api.post("/tasks/", json={"board_id": 4, "title": "Count the shelves"}).json()["id"]
    page = open_page(f"/boards/4?task={number}")
    panel = page.locator("#task-panel")

    for words in ("one", "one, two"):
        page.locator("[popovertarget=menu-tags]").click()
        page.locator("#menu-tags input[name=tags]").fill(words)
        page.keyboard.press("Enter")
        expect(page.locator("#menu-tags")).to_be_hidden()
        expect(panel.locator(".chip", has_text=words[-3:])).to_be_visible()


def test_ctrl_enter_saves_a_title_in_its_place(open_page, installation):
    with installation.client() as api:
        number = api.post("/tasks/", json={"board_id": 4, "title": "Dust the shelves"}).json()["id"]
    page = open_page(f"/boards/4?task={number}")

    page.get_by_label("Title", exact=True).fill("Dust the shelves twice")
    page.keyboard.press("Control+Enter")

    expect(page.locator("#task-panel")).to_have_attribute("data-v", "2")
    expect(page).to_have_url(re.compile(rf"/boards/4\?task={number}$"))


def test_each_of_several_files_shows_how_far_it_has_come(open_page, installation):
    with installation.client() as api:
        number = api.post("/tasks/", json={"board_id": 4, "title": "Photograph the shelves"}).json()["id"]
    page = open_page(f"/boards/4?task={number}")
    held = []
    page.route("**/attachments", lambda route: held.append(route))

    page.locator("#task-files input[type=file]").set_input_files(
        [{"name": name, "mimeType": "text/plain", "buffer": b"40"} for name in ("first.txt", "second.txt")]
    )

    for name in ("first.txt", "second.txt"):
        expect(page.locator("#task-files .upload-line")).to_have_text(name)
        held.pop().continue_()
        expect(page.locator("#task-files .file", has_text=name)).to_be_visible()


def test_files_are_sent_with_progress_and_shown_with_a_preview(open_page, installation):
    with installation.client() as api:
        number = api.post("/tasks/", json={"board_id": 4, "title": "Photograph the towels"}).json()["id"]
    page = open_page(f"/boards/4?task={number}")

    picture = page.screenshot()
    page.locator("#task-files input[type=file]").set_input_files(
        [
            {"name": "towels.png", "mimeType": "image/png", "buffer": picture},
            {"name": "count.txt", "mimeType": "text/plain", "buffer": b"40"},
        ]
    )

    expect(page.locator("#task-files .file-picture img")).to_have_count(1)
    expect(page.locator("#task-files")).to_contain_text("count.txt")
    page.get_by_role("button", name="Delete count.txt").click()
    page.get_by_role("button", name="Yes, go on").click()
    expect(page.locator("#task-files")).not_to_contain_text("count.txt")

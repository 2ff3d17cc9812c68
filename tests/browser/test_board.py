"""The board: bulk changes, undo, lanes, dragging, two users at once, a lost connection."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.page_scripts import wait_for_scripts

MIA = {"email": "mia.moss@example.com"}


@pytest.fixture
def new_board(installation):
    """`new_board("One", "Two")`: a board of its own with these tasks in To Do. Gives its path and their ids."""

    def make(*titles, **fields):
        with installation.client() as api:
            names = {board["name"] for board in api.get("/boards/").json()}
            board = api.post("/boards/", json={"name": f"Try {len(names)}", "department_id": 1}).json()["id"]
            made = [api.post("/tasks/", json={"title": title, "board_id": board, **fields}).json() for title in titles]
        return f"/boards/{board}", [task["id"] for task in made]

    return make


def shown(page: Page, status: str) -> list[int]:
    """The ids in a column, in the order that a person sees."""
    cards = page.locator(f'.cards[data-status="{status}"] .card')
    return [int(id) for id in cards.evaluate_all("cards => cards.map((card) => card.dataset.id)")]


def drag(page: Page, card: str, to: str) -> None:
    wait_for_scripts(page)
    start, end = page.locator(card).bounding_box(), page.locator(to).bounding_box()
    assert start
    assert end
    page.mouse.move(start["x"] + 60, start["y"] + 40)
    page.mouse.down()
    page.mouse.move(start["x"] + 80, start["y"] + 50, steps=3)
    page.mouse.move(end["x"] + 60, end["y"] + min(40, end["height"] / 2), steps=12)


def test_several_are_chosen_moved_and_put_back_by_keys_alone(open_page, new_board):
    path, ids = new_board("One", "Two", "Three", "Four")
    page = open_page(path)

    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("Shift+ArrowDown")
    expect(page.get_by_role("toolbar", name="Selected tasks")).to_contain_text("2 selected")
    page.keyboard.press("m")
    expect(page.get_by_role("menuitem", name="Review")).to_be_disabled()
    page.get_by_role("menuitem", name="In Progress").press("Enter")

    expect(page.locator(".toast")).to_contain_text("Moved 2 tasks to In Progress.")
    expect(page.locator("#column-in_progress .card")).to_have_count(2)
    expect(page.locator("#column-in_progress [data-count]")).to_have_text("2")
    expect(page.get_by_role("toolbar", name="Selected tasks")).to_be_hidden()
    page.keyboard.press("Control+z")
    expect(page.locator("#column-todo .card")).to_have_count(4)
    assert shown(page, "todo") == ids

    page.locator(f"#task-{ids[3]}").focus()
    for key in ("x", "k", "x", "4"):
        page.keyboard.press(key)
    expect(page.locator(".card .pr-urgent")).to_have_count(2)
    page.keyboard.press("t")
    page.keyboard.type("linen, spring")
    page.keyboard.press("Enter")
    expect(page.locator(".tag", has_text="linen")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(page.locator(".pick:checked")).to_have_count(0)


def test_undo_that_is_quicker_than_the_answer_takes_back_that_very_deed(open_page, new_board, installation):
    path, ids = new_board("One", "Two")
    page = open_page(path)
    for number in ids:
        page.locator(f"#task-{number}").focus()
        page.keyboard.press("m")
        page.get_by_role("menuitem", name="In Progress").press("Enter")
        if number == ids[0]:
            expect(page.locator(".toast")).to_contain_text("Moved")

    page.keyboard.press("Control+z")

    expect(page.locator(f"#column-todo #task-{ids[1]}")).to_be_visible()
    expect(page.locator(f"#column-in_progress #task-{ids[0]}")).to_be_visible()
    with installation.client() as api:
        assert [api.get(f"/tasks/{number}").json()["status"] for number in ids] == ["in_progress", "todo"]


def test_the_pointer_chooses_with_ctrl_shift_and_the_box_and_deletes_with_a_way_back(open_page, new_board):
    path, ids = new_board("One", "Two", "Three", "Four")
    page = open_page(path)

    page.locator(f"#task-{ids[0]}").hover()
    page.locator(f"#task-{ids[0]} .pick").check()
    page.locator(f"#task-{ids[2]}").click(modifiers=["Shift"])
    expect(page.locator(".pick:checked")).to_have_count(3)
    page.locator(f"#task-{ids[1]}").click(modifiers=["ControlOrMeta"])
    expect(page.locator("#bulk-bar")).to_contain_text("2 selected")
    expect(page.locator("#task-panel")).to_have_count(0)
    page.locator("#bulk-bar").get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Yes, go on").click()

    expect(page.locator(".card")).to_have_count(2)
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".card")).to_have_count(4)
    assert shown(page, "todo") == ids


def test_a_finger_chooses_after_select(open_page, new_board):
    path, ids = new_board("One", "Two")
    page = open_page(path, width=390, has_touch=True, is_mobile=True)

    page.get_by_role("button", name="Select", exact=True).tap()
    page.locator(f"#task-{ids[0]}").tap()
    page.locator(f"#task-{ids[1]}").tap()
    expect(page.locator("#bulk-bar")).to_contain_text("2 selected")
    page.locator("#bulk-bar").get_by_role("button", name="Priority").tap()
    page.get_by_role("menuitem", name="High").tap()

    expect(page.locator(".card .pr-high")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_choosing_by_finger_outlives_a_board_that_is_fetched_anew(open_page, new_board):
    path, ids = new_board("One", "Two")
    page = open_page(path, width=390, has_touch=True, is_mobile=True)
    page.get_by_role("button", name="Select", exact=True).tap()
    page.locator(f"#task-{ids[0]}").tap()
    expect(page.locator("#bulk-bar")).to_contain_text("1 selected")

    page.evaluate(
        """() => new Promise((done) => {
            document.addEventListener("helix:board-new", done, { once: true });
            document.body.dispatchEvent(new CustomEvent("helix:reload"));
        })"""
    )
    page.locator(f"#task-{ids[1]}").tap()

    expect(page.locator("#bulk-bar")).to_contain_text("2 selected")


def test_a_card_is_dragged_where_the_table_allows_and_the_other_person_sees_it(open_page, new_board):
    path, ids = new_board("One", "Two")
    page, other = open_page(path), open_page(path, who=MIA)

    drag(page, f"#task-{ids[0]}", "#cards-review")
    expect(page.locator("#column-review")).to_have_attribute("data-allowed", "no")
    expect(page.locator("#column-in_progress")).to_have_attribute("data-allowed", "yes")
    page.mouse.up()
    assert (shown(page, "todo"), shown(page, "review")) == (ids, [])
    drag(page, f"#task-{ids[1]}", f"#task-{ids[0]}")
    page.mouse.up()
    expect(page.locator("#cards-todo .card >> nth=0")).to_have_id(f"task-{ids[1]}")
    drag(page, f"#task-{ids[0]}", "#cards-in_progress")
    page.mouse.up()

    expect(other.locator(f"#column-in_progress #task-{ids[0]}")).to_be_visible(timeout=10_000)
    expect(other.locator("#column-todo [data-count]")).to_have_text("1")
    page.reload()
    assert (shown(page, "todo"), shown(page, "in_progress")) == ([ids[1]], [ids[0]])


def test_a_card_dragged_into_another_lane_goes_to_that_agent_and_lanes_stay_folded(open_page, new_board):
    path, ids = new_board("One")
    page = open_page(path)
    page.get_by_role("button", name="Lanes").click()
    page.get_by_role("menuitem", name="By priority").click()
    expect(page.locator("#cards-urgent-in_progress")).to_be_visible()

    drag(page, f"#task-{ids[0]}", "#cards-urgent-in_progress")
    page.mouse.up()
    expect(page.locator(f"#cards-urgent-in_progress #task-{ids[0]} .pr-urgent")).to_be_visible()
    page.get_by_role("button", name="Medium").click()
    page.get_by_role("button", name="Done", exact=True).click()
    page.reload()

    expect(page.get_by_role("button", name="Medium")).to_have_attribute("aria-expanded", "false")
    expect(page.locator("#cards-medium-todo")).to_be_hidden()
    expect(page.locator("#column-done")).to_have_class(re.compile("column-folded"))
    expect(page.locator(f"#cards-urgent-in_progress #task-{ids[0]}")).to_be_visible()


def test_a_task_that_is_being_typed_outlives_a_board_that_comes_anew(open_page, new_board, installation):
    path, _ids = new_board("One")
    page = open_page(path)
    page.get_by_role("button", name="Add a task to To Do").click()
    page.keyboard.type("Half a ti")

    with installation.client() as api:
        limits = {"wip_limits": {"review": 3}}
        assert api.patch(f"/boards/{path.rpartition('/')[2]}", json=limits).status_code == 200

    expect(page.locator("#column-review [data-count]")).to_have_text("0/3")
    page.keyboard.type("tle")
    page.keyboard.press("Enter")
    expect(page.locator("#column-todo .card", has_text="Half a title")).to_be_visible()


def test_a_board_that_was_cut_off_says_so_and_heals(open_page, new_board, installation):
    path, ids = new_board("One")
    page = open_page(path)

    page.context.set_offline(True)
    page.evaluate("id => document.body.dispatchEvent(new CustomEvent('helix:task', {detail: {id}}))", ids[0])
    with installation.client() as api:
        api.patch(f"/tasks/{ids[0]}", json={"status": "in_progress"})
    page.locator(f"#task-{ids[0]}").focus()
    page.keyboard.press("1")
    expect(page.locator(".toast-danger")).to_contain_text("cannot be reached")
    page.context.set_offline(False)

    expect(page.locator(f"#column-in_progress #task-{ids[0]}")).to_be_visible()
    expect(page.locator("#lost")).to_be_hidden()


def test_of_two_tasks_opened_quickly_the_later_one_stays(open_page, new_board):
    path, (one, two) = new_board("One", "Two")
    page, held = open_page(path), []
    wait_for_scripts(page)
    page.route(f"**/tasks/{one}/panel*", lambda route: held.append(route))

    page.locator(f"#task-{one} .card-title").click()
    page.locator(f"#task-{two} .card-title").click()
    expect(page.locator("#task-panel textarea[name=title]")).to_have_value("Two")
    held[0].continue_()  # its answer is not waited for any more

    page.wait_for_timeout(300)
    expect(page.locator("#task-panel textarea[name=title]")).to_have_value("Two")
    assert page.url.endswith(f"task={two}")

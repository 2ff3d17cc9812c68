"""Nothing jumps while a page loads: the sum of layout shifts, as browsers measure it."""

import json

import pytest

from tests.support.page_scripts import wait_for_scripts

MOST = 0.02
COLLECT = """
window.shifts = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


def shift(page, path: str) -> float:
    page.add_init_script(COLLECT)
    page.goto(path)
    wait_for_scripts(page)
    if "task=" in path:
        page.locator("#task-panel").wait_for()
    # Two frames after the last change, so that its shift is counted.
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page.evaluate("window.shifts")


@pytest.mark.parametrize("path", ["/boards/4", "/boards/4?task=22", "/boards/4?priority=high", "/boards/4?lanes=agent"])
@pytest.mark.parametrize("width", [1440, 390])
def test_a_board_does_not_jump(open_page, path, width):
    page = open_page("/profile", width=width)

    assert shift(page, path) <= MOST


def test_the_costs_do_not_jump_when_their_font_is_late(open_page):
    page = open_page("/profile")
    late = []
    page.route("**/*.woff2", lambda route: late.append(route))
    page.add_init_script(COLLECT)
    page.goto("/costs", wait_until="commit")  # the load event waits for the font
    page.locator(".cost-table").first.wait_for()
    assert late
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    for route in late:
        route.continue_()
    page.evaluate("() => document.fonts.ready")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    assert page.evaluate("document.fonts.check('13px Inter')")
    assert page.evaluate("window.shifts") <= MOST


def test_columns_that_this_browser_folded_are_folded_from_the_first_paint(open_page):
    page = open_page("/profile")
    page.evaluate(
        "localStorage.setItem('folds-4', arguments)".replace(
            "arguments", json.dumps('{"review":true,"cancelled":false}')
        )
    )

    assert shift(page, "/boards/4") <= MOST
    assert page.locator("#column-review").evaluate("(column) => column.offsetWidth") == 40
    assert page.locator("#column-cancelled").evaluate("(column) => column.offsetWidth") > 200


def test_a_board_of_five_hundred_cards_does_not_jump(open_page, installation):
    with installation.client() as api:
        department = api.get("/departments/").json()[0]["id"]
        board = api.post("/boards/", json={"name": "Five hundred", "department_id": department}).json()["id"]
        for number in range(500):
            made = api.post(
                "/tasks/", json={"board_id": board, "title": f"Order {number} " + "of linen " * (number % 9)}
            )
            assert made.status_code == 201, made.text
    page = open_page("/profile")

    assert shift(page, f"/boards/{board}") <= MOST


def test_selecting_cards_moves_no_column(open_page):
    page = open_page("/boards/4")
    before = page.locator(".column").evaluate_all("(all) => all.map((one) => one.getBoundingClientRect().height)")

    page.locator(".card").first.focus()
    page.keyboard.press("x")
    page.locator("#bulk-bar").wait_for()

    after = page.locator(".column").evaluate_all("(all) => all.map((one) => one.getBoundingClientRect().height)")
    assert after == before

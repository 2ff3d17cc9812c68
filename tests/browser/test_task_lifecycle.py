"""The main workflow: create a task, run an agent, review and decide."""

import re

from playwright.sync_api import Page, expect

from tests.support.page_scripts import wait_for_scripts

MIA = {"email": "mia.moss@example.com"}


def create(page: Page, title: str, agent: str = "Sierra") -> str:
    """By the dialog, on the board that is open. Gives the task's id."""
    page.get_by_role("link", name="New task").click()
    dialog = page.get_by_role("dialog", name="New task")
    dialog.get_by_label("Title").fill(title)
    dialog.get_by_label("Description").fill("Three ideas, **short**.")
    choice = dialog.locator("option", has_text=agent).first.get_attribute("value")
    dialog.get_by_label("Agent").select_option(choice)
    dialog.get_by_role("button", name="More ways to create it").click()
    page.get_by_role("menuitem", name="Create only").click()
    expect(page.locator("#task-panel")).to_be_visible()
    page.locator("[data-close-panel]").click()
    card = page.locator("#column-todo .card", has_text=title)
    expect(card).to_be_visible()
    return card.get_attribute("data-id") or ""


def board_of(page: Page, name: str) -> None:
    page.locator(".sidebar").get_by_role("link", name=re.compile(name)).first.click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    wait_for_scripts(page)


def execute(page: Page, task: str) -> None:
    card = page.locator(f"#task-{task}")
    card.hover()
    card.get_by_role("button", name="Run now").click()


def test_an_agent_works_before_ones_eyes_and_a_person_approves(open_page):
    page = open_page("/boards")
    board_of(page, "SEO & Blog")
    task = create(page, "Ideas for posts about linen")

    execute(page, task)

    expect(page.locator(f"#column-in_progress #task-{task}")).to_be_visible()
    expect(page.locator(f"#column-review #task-{task}")).to_be_visible(timeout=30_000)
    page.locator(f"#task-{task} .card-title").click()
    panel = page.locator("#task-panel")
    expect(page).to_have_url(re.compile(rf"task={task}"))
    expect(panel.locator("#task-result-body")).not_to_be_empty()
    expect(panel.locator("#task-result-body p, #task-result-body li").first).to_be_visible()

    panel.get_by_label("Comment").fill("Good. **Thank you.**")
    panel.get_by_role("button", name="Send", exact=True).click()
    expect(panel.locator(".comment strong", has_text="Thank you.")).to_be_visible()
    expect(panel.locator(".comment", has_text="Good.")).to_have_count(1)

    panel.get_by_role("button", name="Approve").click()
    expect(page.locator(f"#column-done #task-{task}")).to_be_visible()
    page.reload()
    expect(page.locator(f"#column-done #task-{task}")).to_be_visible()
    expect(page.locator("#task-panel .chip", has_text="Done")).to_be_visible()


def test_what_was_sent_back_is_tried_again_with_the_feedback(open_page):
    page = open_page("/boards")
    board_of(page, "Social Media")
    task = create(page, "Captions for the towels", agent="Maven")
    execute(page, task)
    expect(page.locator(f"#column-review #task-{task}")).to_be_visible(timeout=30_000)

    page.locator(f"#task-{task} .card-title").click()
    page.locator("#task-decide").get_by_role("link", name="Send back").click()
    dialog = page.get_by_role("dialog", name=re.compile("Send back"))
    dialog.get_by_label("What should change?").fill("Shorter, please.")
    dialog.get_by_label("Run again at once").uncheck()
    dialog.get_by_role("button", name="Send back").click()

    card = page.locator(f"#column-todo #task-{task}")
    expect(card).to_contain_text("Shorter, please.")
    expect(page.locator("#task-panel .comment-feedback")).to_contain_text("Shorter, please.")
    page.locator("#task-panel").get_by_role("button", name="Run again").click()
    expect(page.locator(f"#column-review #task-{task}")).to_be_visible(timeout=30_000)
    page.locator("#task-panel").get_by_role("link", name="Runs").click()
    expect(page.locator("#task-panel .run-item")).to_have_count(2)
    page.locator("#task-panel .run-item summary").first.click()
    expect(page.locator("#task-panel .run-item").first).to_contain_text("What was sent first")


def test_another_person_sees_the_move_at_once(open_page):
    page = open_page("/boards")
    board_of(page, "Order Processing")
    task = create(page, "Count the stock of sheets")
    other = open_page("/boards", who=MIA)
    board_of(other, "Order Processing")
    expect(other.locator(f"#column-todo #task-{task}")).to_be_visible()

    card = page.locator(f"#task-{task}")
    card.focus()
    card.press("m")
    page.get_by_role("menuitem", name="In Progress").click()

    expect(other.locator(f"#column-in_progress #task-{task}")).to_be_visible(timeout=3_000)
    expect(page.locator(f"#column-in_progress #task-{task}")).to_be_visible()


def test_a_move_that_is_refused_goes_back_and_says_why(open_page):
    ours = open_page("/boards")
    board_of(ours, "Development")
    task = create(ours, "Rename the button")
    other = open_page("/boards", who=MIA)
    board_of(other, "Development")

    card = other.locator(f"#task-{task}")
    card.focus()
    card.press("m")
    other.get_by_role("menuitem", name="Done").click()

    expect(other.locator(".toast-danger")).to_contain_text("somebody else's")
    expect(other.locator(f"#column-todo #task-{task}")).to_be_visible()


def test_two_who_save_the_same_title_both_see_what_the_other_wrote(open_page, installation):
    page = open_page("/boards")
    board_of(page, "Testing")
    task = create(page, "Before")
    page.goto(f"/tasks/{task}")
    title = page.locator("#task-panel textarea[name=title]")
    title.click()
    title.fill("Mine")
    with installation.client() as api:
        assert api.patch(f"/tasks/{task}", json={"title": "Theirs"}).status_code == 200

    title.press("Enter")

    dialog = page.get_by_role("dialog", name=re.compile("Someone else changed"))
    expect(dialog.locator(".stale-text").first).to_have_text("Theirs")
    expect(dialog.get_by_label("Title, your version")).to_have_value("Mine")
    dialog.get_by_role("button", name="Save mine").click()
    expect(dialog).to_have_count(0)
    expect(page.locator("#task-panel textarea[name=title]")).to_have_value("Mine")


def test_a_phone_shows_the_board_and_the_task_without_scrolling_sideways(open_page):
    page = open_page("/boards", width=390)
    page.goto("/boards/4")

    page.locator(".card-title").first.click()

    expect(page.locator("#task-panel")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Close").first.click()
    expect(page.locator("#task-panel")).to_have_count(0)


def test_what_the_agent_writes_appears_while_it_writes(open_page):
    page = open_page("/boards")
    board_of(page, "Finance")
    task = create(page, "Costs of the autumn")
    page.locator(f"#task-{task} .card-title").click()

    page.locator("#task-panel").get_by_role("button", name="Run now").click()

    expect(page.locator("#live-text")).to_contain_text("demo model", timeout=30_000)
    expect(page.locator("#task-result-body")).to_be_visible(timeout=30_000)
    expect(page.locator("#live-text")).to_have_count(0)


def test_what_is_typed_outlives_what_others_do(open_page, installation):
    page = open_page("/boards")
    board_of(page, "HR")
    task = create(page, "A notice for the warehouse")
    page.goto(f"/tasks/{task}")
    page.get_by_role("link", name="Edit the description").click()
    # The form takes the focus when it is there: not in the middle of what is typed next.
    expect(page.get_by_label("Description")).to_be_focused()
    page.get_by_label("Description").fill("What I was just writing")
    page.get_by_label("Comment").fill("Half a thought")

    with installation.client() as api:
        assert api.patch(f"/tasks/{task}", json={"priority": "urgent"}).status_code == 200

    expect(page.locator("#task-panel .chip", has_text="Urgent")).to_be_visible()
    expect(page.get_by_label("Description")).to_have_value("What I was just writing")
    expect(page.get_by_label("Comment")).to_have_value("Half a thought")


def test_a_task_is_made_and_found_by_keys_alone(open_page):
    page = open_page("/boards")
    board_of(page, "Bug Tracker")

    page.keyboard.press("c")
    expect(page.get_by_role("dialog", name="New task").get_by_label("Title")).to_be_focused()
    page.keyboard.type("Found by its words")
    page.keyboard.press("Enter")
    expect(page.locator(".card", has_text="Found by its words")).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("by its wor")
    expect(page.get_by_role("option", name="Found by its words")).to_be_visible()
    page.keyboard.press("Enter")

    expect(page.locator("#task-panel textarea[name=title]")).to_have_value("Found by its words")

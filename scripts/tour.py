"""Takes the screenshots of docs/tour.md: sign in, create a task, run it, send it back, review again, approve.

Then `walk_agents`: agents that ask, wait for an approval, save files and end in review.
"""

from playwright.sync_api import Browser, Page, expect

from scripts.screenshots import PHONE, WIDE, new_page, screenshot_both_themes, sign_in
from tests.support.installation import EMAIL, PASSWORD

TITLE = "Five questions to ask before buying linen"


def walk(browser: Browser, address: str) -> None:
    """Walks through the seeded demo organization. Fails if a step does not work."""
    page = new_page(browser, address)
    page.goto("/sign-in?next=/")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    take(page, "01-sign-in")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()
    take(page, "02-dashboard")
    page.goto("/boards/4")
    take(page, "03-board")
    task = _create(page)
    panel = page.locator("#task-panel")
    expect(panel).to_be_visible()
    take(page, "05-task")
    _run(page, "Run now", "06-streaming")
    expect(panel.locator("#task-decide")).to_be_visible(timeout=60_000)
    take(page, "07-review")
    _send_back(page)
    take(page, "09-sent-back")
    _run(page, "Run again")
    expect(panel.locator("#task-decide")).to_be_visible(timeout=60_000)
    _compare(page, task)
    page.goto(f"/boards/4?task={task}")
    page.locator("#task-panel").get_by_role("button", name="Approve").click()
    expect(page.locator(f"#column-done #task-{task}")).to_be_attached()
    expect(page.locator("#task-panel .chip", has_text="Done")).to_be_visible()
    take(page, "11-approved")


def walk_agents(browser: Browser, address: str) -> None:
    """The scripted agents of the demo: a question, an approval, and files. Fails if a step does not work."""
    page = new_page(browser, address)
    sign_in(page)
    page.goto("/agents/17?tab=tools")
    take(page, "12-tools")
    _open_run(page, "Win-back mail")
    expect(page.locator(".run-asked")).to_contain_text("Which subject line", timeout=60_000)
    take(page, "13-question")
    page.locator(".run-asked label.check").first.click()
    page.get_by_role("button", name="Answer", exact=True).click()
    expect(page.locator(".turn-answer")).to_be_visible(timeout=60_000)
    take(page, "14-answered")
    page.goto("/inbox")
    page.locator(".inbox-line", has_text="May I call add_comment?").click()
    expect(page.get_by_role("button", name="Allow once")).to_be_visible()
    take(page, "15-approval")
    task = _open_run(page, "Sort 14 messages")
    expect(page.locator(".turn-answer")).to_be_visible(timeout=90_000)
    take(page, "16-files")
    page.goto(task)
    expect(page.locator("#task-decide")).to_be_visible()
    take(page, "17-in-review")


def _open_run(page: Page, title: str) -> str:
    """Runs the task and opens the page of its run. Returns the address of the task."""
    page.goto(f"/search?q={title}")
    page.locator("#main").get_by_role("link", name=title).first.click()
    page.locator("#task-panel").get_by_role("button", name="Run now").click()
    state = page.locator("#task-panel .panel-actions .run-state")
    expect(state).to_contain_text("Running", timeout=60_000)
    run = (state.get_attribute("id") or "").removeprefix("run-state-")
    page.goto(f"/runs/{run}")
    return page.locator("#run-page h1 a").get_attribute("href") or ""


def take(page: Page, name: str) -> None:
    """Takes four screenshots: both widths, both themes."""
    for viewport in (WIDE, PHONE):
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        screenshot_both_themes(page, f"tour/{name}", viewport["width"])
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]


def _create(page: Page) -> str:
    page.keyboard.press("c")
    dialog = page.get_by_role("dialog", name="New task")
    dialog.get_by_label("Title").fill(TITLE)
    dialog.get_by_label("Description").fill("For people who have slept in cotton all their life. **Short**, no jargon.")
    sierra = dialog.locator("option", has_text="Sierra").first.get_attribute("value")
    dialog.get_by_label("Agent").select_option(sierra)
    dialog.get_by_label("Tags").fill("blog, linen")
    take(page, "04-new-task")
    dialog.get_by_role("button", name="More ways to create it").click()
    page.get_by_role("menuitem", name="Create only").click()
    card = page.locator("#column-todo .card", has_text=TITLE)
    expect(card).to_be_visible()
    return card.get_attribute("data-id") or ""


def _run(page: Page, button: str, name: str | None = None) -> None:
    page.locator("#task-panel").get_by_role("button", name=button).click()
    if name:
        expect(page.locator("#live-text")).to_contain_text("demo model", timeout=60_000)
        take(page, name)


def _send_back(page: Page) -> None:
    page.locator("#task-decide").get_by_role("link", name="Send back").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What should change?").fill("Three questions are enough. Say first what it costs to wash.")
    dialog.get_by_label("Run again at once").uncheck()
    take(page, "08-send-back")
    dialog.get_by_role("button", name="Send back").click()
    expect(page.locator("#task-panel .comment-feedback")).to_be_visible()


def _compare(page: Page, task: str) -> None:
    page.goto(f"/tasks/{task}/results")
    expect(page.get_by_role("heading", name="What changed")).to_be_visible()
    take(page, "10-compared")

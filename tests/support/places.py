"""Every page that a browser can show, with what opens over it: dialogs, menus, the panel, the palette.

What each test of all pages walks through (axe, sizes, injected scripts), and what `make screens` photographs. A page of
the page table that is neither here nor among the PARTS fails the suite.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
from playwright.sync_api import Page, expect

from tests.support.scripts import wait_for_scripts

Deed = Callable[[Page], object]


@dataclass(frozen=True)
class Place:
    """An address, and what is done there before one looks. `name` is that of its picture, when it has one."""

    path: str
    then: Deed | None = None
    name: str = ""
    signed_in: bool = True
    status: int = 200

    def __str__(self) -> str:
        return f"{self.path} ({self.name})" if self.then else self.path

    def open(self, page: Page) -> None:
        answer = page.goto(self.path)
        assert answer, self
        assert answer.status == self.status, f"{self} answers {answer.status}"
        if page.locator('script[src$="/dist/app.js"]').count():
            wait_for_scripts(page)
        if self.then:
            self.then(page)


def dialog(link: str | re.Pattern[str]) -> Deed:
    """The first link or button of that name, and then the dialog that it brings."""

    def _do(page: Page) -> None:
        wanted = page.locator("#main, .topbar, #panel")
        wanted.get_by_role("link", name=link).or_(wanted.get_by_role("button", name=link)).first.click()
        expect(page.locator("dialog[open]")).to_be_visible()

    return _do


def menu(opener: str, item: str | None = None) -> Deed:
    """What the button opens with `popovertarget`; `item` leads on to a dialog."""

    def _do(page: Page) -> None:
        page.locator(opener).first.click()
        expect(page.locator("[popover]:popover-open")).to_be_visible()
        if item:
            page.locator("[popover]:popover-open").get_by_role("menuitem", name=item).click()
            expect(page.locator("dialog[open]")).to_be_visible()

    return _do


def palette(words: str = "") -> Deed:
    def _do(page: Page) -> None:
        page.keyboard.press("Control+k")
        expect(page.locator("#palette[open]")).to_be_visible()
        if words:
            page.keyboard.type(words)
            expect(page.get_by_role("option", name="Task").first).to_be_visible()

    return _do


def key(letter: str) -> Deed:
    def _do(page: Page) -> None:
        page.keyboard.press(letter)
        expect(page.locator("dialog[open]")).to_be_visible()

    return _do


def on_a_card(letter: str) -> Deed:
    def _do(page: Page) -> None:
        wait_for_scripts(page)
        page.locator(".card").first.focus()
        page.keyboard.press(letter)
        expect(page.locator("[popover]:popover-open")).to_be_visible()

    return _do


def click(selector: str, shows: str) -> Deed:
    def _do(page: Page) -> None:
        page.locator(selector).first.click()
        expect(page.locator(shows).first).to_be_visible()

    return _do


# Of the demo organization: a board with something in every column, and a task there that waits for a review.
BOARD, TASK, AGENT, SKILL = "/boards/4", "/tasks/22", "/agents/17", "/skills/2"
PANEL = f"{BOARD}?task=22"

SIGNED_OUT = (
    Place("/sign-in", name="sign-in", signed_in=False),
    Place("/sign-in?next=/boards", then=click("button[type=submit]", "[aria-invalid=true]"), signed_in=False),
    Place("/api/docs", click("#tasks_create > summary", "#tasks_create .doc-body"), name="api-docs", signed_in=False),
    Place("/invitation/spent", signed_in=False, status=410),
    Place("/reset-password/spent", signed_in=False, status=410),
)
DESK = (
    Place("/", name="dashboard"),
    Place("/", menu(".topbar [popovertarget=user-menu]")),
    Place("/", palette("linen"), name="palette"),
    Place("/", key("?"), name="keys"),
    Place("/inbox", name="inbox"),
    Place("/inbox?show=notifications", name="notifications"),
    Place("/activity", name="activity"),
    Place("/search?q=linen", name="search"),
    Place("/search?q=nothing-of-the-kind"),
    Place("/nowhere", name="not-found", status=404),
    Place("/profile", name="settings-profile"),
    Place("/settings/tokens", name="settings-tokens"),
    Place("/settings", name="settings-organization"),
    Place("/settings/telegram", name="settings-telegram"),
    Place("/settings/budgets", name="settings-budgets"),
    Place("/settings/data", name="settings-data"),
    Place("/settings/webhooks", name="settings-webhooks"),
    Place("/settings/webhooks/new"),
    Place("/settings/webhooks/1", name="webhook"),
    Place("/settings/webhooks/1/edit"),
    Place("/settings/webhooks/1/log"),
    Place("/settings/webhook-deliveries/1"),
    Place("/costs", name="costs"),
    Place("/setup/model", name="setup-model"),
    Place("/setup/departments", name="setup-departments"),
    Place("/setup/agents", name="setup-agents"),
    Place("/setup/team", name="setup-team"),
    Place("/setup/done", name="setup-done"),
)
WORK = (
    Place("/boards", name="boards"),
    Place("/boards", menu("[popovertarget='board-more-4']", "Edit")),
    Place("/boards", menu("[popovertarget='department-more-1']", "Delete")),
    Place("/boards/new"),
    Place("/boards/4/edit"),
    Place("/boards/4/delete"),
    Place("/departments/new"),
    Place("/departments/1/edit"),
    Place("/departments/1/delete"),
    Place(BOARD, name="board"),
    Place(f"{BOARD}?lanes=agent", name="board-lanes"),
    Place(BOARD, menu("[popovertarget=board-filter]")),
    Place(BOARD, menu("[popovertarget=board-lanes]")),
    Place(f"{BOARD}?priority=high", dialog("Save as a view"), name="board-view"),
    Place(BOARD, menu("[data-limit]")),
    Place(BOARD, key("c"), name="new-task"),
    Place(BOARD, on_a_card("m")),
    Place(BOARD, on_a_card("a")),
    Place(PANEL, name="panel"),
    Place(PANEL, menu("[popovertarget=menu-status]")),
    Place(PANEL, click("[popovertarget=menu-agent]", "#menu-team .menu-item")),
    Place(PANEL, menu("[popovertarget=menu-due]")),
    Place(PANEL, menu("[popovertarget=menu-tags]")),
    Place(PANEL, menu("[popovertarget=task-more]")),
    Place(PANEL, click("#task-decide a", "dialog[open]")),
    Place(TASK, name="task"),
    Place(TASK, click("#task-description > .button", "#task-description textarea")),
    Place(f"{TASK}?tab=runs", click(".run-item summary", ".run-item .steps"), name="task-runs"),
    Place(f"{TASK}?tab=activity"),
    Place(f"{TASK}/results", name="task-results"),
    Place(f"{TASK}/prompt", name="task-prompt"),
    Place(f"{TASK}/edit"),
    Place(f"{TASK}/reject"),
    Place("/tasks/new"),
)
OFFICE = (
    Place("/agents", name="agents"),
    Place("/agents", dialog("New agent")),
    Place(AGENT, name="agent"),
    Place(f"{AGENT}?tab=tasks"),
    Place(f"{AGENT}?tab=runs"),
    Place(f"{AGENT}?tab=skills", name="agent-skills"),
    Place(f"{AGENT}?tab=prompt", name="agent-instructions"),
    Place(AGENT, dialog("Edit")),
    Place(AGENT, dialog(re.compile("^Delete"))),
    Place("/agents/new"),
    Place(f"{AGENT}/edit"),
    Place(f"{AGENT}/delete"),
    Place("/skills", name="skills"),
    Place("/skills", dialog("Import")),
    Place(SKILL, name="skill"),
    Place(SKILL, dialog(re.compile("^Delete"))),
    Place("/skills/new", name="skill-editor"),
    Place(f"{SKILL}/versions", name="skill-versions"),
    Place(f"{SKILL}/delete"),
    Place("/skills/import"),
    Place("/agents/import"),
    Place("/models", name="models"),
    Place("/models", dialog("Add model")),
    Place("/models", menu("[popovertarget^=model-menu]", "Edit")),
    Place("/models", menu("[popovertarget^=model-menu]", "Delete")),
    Place("/models/new"),
    Place("/models/1/edit"),
    Place("/models/1/delete"),
    Place("/team", name="team"),
    Place("/team", dialog("Invite")),
    Place("/team", menu("[popovertarget='person-menu-2']", "Name and address")),
    Place("/team", menu("[popovertarget='person-menu-2']", "Close the account")),
    Place("/team/levels", name="levels"),
    Place("/team/invite"),
    Place("/team/2/edit"),
    Place("/team/2/close"),
)
PLACES = (*SIGNED_OUT, *DESK, *WORK, *OFFICE)

# What is no page: brought into one by htmx or a script (and seen there), a file, a stream, or a way to elsewhere.
PARTS = """
GET  /activity.csv
GET  /activity/more
GET  /agents/{agent_id}/card
GET  /agents/{agent_id}/head
GET  /agents/{agent_id}/skills/size
GET  /attachments/{attachment_id}
GET  /attachments/{attachment_id}/preview
GET  /avatars/{key}
GET  /boards/{board_id}/cards
GET  /boards/{board_id}/columns/{status}
GET  /boards/{board_id}/lanes/{lane}
GET  /boards/{board_id}/views
GET  /boards/{board_id}/views/new
GET  /board-views/{view_id}/edit
GET  /comments/{comment_id}
GET  /comments/{comment_id}/edit
GET  /events
GET  /inbox/count
GET  /inbox/items/{key}
GET  /inbox/list
GET  /mentions
GET  /metrics
GET  /notifications/count
GET  /palette
GET  /runs/{run_id}
GET  /tasks/{task_id}/answering
GET  /settings/export.zip
GET  /setup
GET  /sidebar
GET  /skill-attachments/{attachment_id}
GET  /skills/{skill_id}/export
GET  /sign-in/oidc
GET  /sign-in/oidc/back
GET  /static/{filename}
GET  /static/{tag}/{name}
GET  /tasks/{task_id}/description
GET  /tasks/{task_id}/panel
GET  /tasks/{task_id}/result.md
GET  /tasks/{task_id}/team
"""


def furnish(api: httpx.Client) -> None:
    """What the places name and the demo organization does not have: a webhook, with one delivery."""
    made = api.post("/webhooks/", json={"name": "Accounting", "url": "http://127.0.0.1:9/", "events": ["task.created"]})
    assert made.status_code == 201, made.text
    assert api.post(f"/webhooks/{made.json()['id']}/test").status_code == 200


def pictured() -> Iterator[Place]:
    return (place for place in PLACES if place.name)

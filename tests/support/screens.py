"""All screens of the application: every page, and the dialogs, menus, panel and palette that open on it.

Used by the tests of all pages (axe, sizes, script injection) and by `make screens`. A page of page_permissions.py that
is neither here nor in PARTS fails the suite.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
from playwright.sync_api import Page, expect

from tests.support.page_scripts import wait_for_scripts

Action = Callable[[Page], object]


@dataclass(frozen=True)
class Screen:
    """An address, and an action after opening it. `name` is the name of its screenshot, if it has one."""

    path: str
    then: Action | None = None
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


def dialog(link: str | re.Pattern[str]) -> Action:
    """Clicks the first link or button of that name and waits for its dialog."""

    def _do(page: Page) -> None:
        wanted = page.locator("#main, .topbar, #panel")
        wanted.get_by_role("link", name=link).or_(wanted.get_by_role("button", name=link)).first.click()
        expect(page.locator("dialog[open]")).to_be_visible()

    return _do


def menu(opener: str, item: str | None = None) -> Action:
    """Opens the menu of a button with `popovertarget`; `item` opens a dialog from it."""

    def _do(page: Page) -> None:
        page.locator(opener).first.click()
        expect(page.locator("[popover]:popover-open")).to_be_visible()
        if item:
            page.locator("[popover]:popover-open").get_by_role("menuitem", name=item).click()
            expect(page.locator("dialog[open]")).to_be_visible()

    return _do


def palette(words: str = "") -> Action:
    def _do(page: Page) -> None:
        page.keyboard.press("Control+k")
        expect(page.locator("#palette[open]")).to_be_visible()
        if words:
            page.keyboard.type(words)
            expect(page.get_by_role("option", name=words).first).to_be_visible()

    return _do


def key(letter: str) -> Action:
    def _do(page: Page) -> None:
        page.keyboard.press(letter)
        expect(page.locator("dialog[open]")).to_be_visible()

    return _do


def on_a_card(letter: str) -> Action:
    def _do(page: Page) -> None:
        wait_for_scripts(page)
        page.locator(".card").first.focus()
        page.keyboard.press(letter)
        expect(page.locator("[popover]:popover-open")).to_be_visible()

    return _do


def click(selector: str, shows: str) -> Action:
    def _do(page: Page) -> None:
        page.locator(selector).first.click()
        expect(page.locator(shows).first).to_be_visible()

    return _do


def choose_cards(menu_of: str = "") -> Action:
    """Selects the first card of a board; `menu_of` presses a button of the bar, which opens a menu."""

    def _do(page: Page) -> None:
        page.locator(".card").first.focus()
        page.keyboard.press("x")
        expect(page.locator("#bulk-bar")).to_be_visible()
        if menu_of:
            page.locator("#bulk-bar").get_by_role("button", name=menu_of).click()
            expect(
                page.locator("[popover]:popover-open .menu-item, [popover]:popover-open input").first
            ).to_be_visible()

    return _do


def filter_by_priority(page: Page) -> None:
    page.locator("[popovertarget=board-filter]").first.click()
    page.locator("#board-filter [data-field=priority] summary").click()
    expect(page.locator("#board-filter [name=priority]").first).to_be_visible()


def suggestions(page: Page) -> None:
    """The names that the box for a new task suggests."""
    page.locator("[data-quick-add]").first.click()
    page.keyboard.type("Write it @")
    expect(page.locator(".suggest [role=option]").first).to_be_visible()


def more_ways_to_create(page: Page) -> None:
    key("c")(page)
    page.locator("dialog[open] [name=assigned_agent_id]").select_option(index=1)
    page.locator("dialog[open] [popovertarget=create-menu]").click()
    expect(page.locator("#create-menu:popover-open")).to_be_visible()


def answer_of_a_trial(page: Page) -> None:
    page.get_by_label("Message").fill("Who are you?")
    page.get_by_label("Message").press("Control+Enter")
    expect(page.locator(".try .prose").first).to_be_visible()


# In the demo organization: a board with tasks in every column, and a task there that waits for review.
BOARD, TASK, AGENT, SKILL = "/boards/4", "/tasks/22", "/agents/17", "/skills/2"
PANEL = f"{BOARD}?task=22"
# A run that waits for a person, and one that has ended.
WAITING_RUN, ENDED_RUN = "/runs/21", "/runs/20"

SIGNED_OUT_SCREENS = (
    Screen("/sign-in", name="sign-in", signed_in=False),
    Screen("/sign-in?next=/boards", then=click("button[type=submit]", "[aria-invalid=true]"), signed_in=False),
    Screen("/api/docs", click("#tasks_create > summary", "#tasks_create .doc-body"), name="api-docs", signed_in=False),
    Screen("/invitation/spent", signed_in=False, status=410),
    Screen("/reset-password/spent", signed_in=False, status=410),
)
PERSONAL_SCREENS = (
    Screen("/", name="dashboard"),
    Screen("/", menu(".topbar [popovertarget=user-menu]")),
    Screen("/", palette("linen"), name="palette"),
    Screen(PANEL, palette()),
    Screen(PANEL, palette("zzzz")),
    Screen("/", key("?"), name="keys"),
    Screen("/inbox", name="inbox"),
    Screen("/inbox?item=request-1"),
    Screen(
        "/inbox?item=task-22", click("#inbox-detail .inbox-reject > summary", "#inbox-detail .inbox-reject textarea")
    ),
    Screen("/inbox", click(".inbox-pick", "#inbox-several")),
    Screen("/inbox?show=notifications", name="notifications"),
    Screen("/my-tasks", name="my-tasks"),
    Screen("/tags", name="tags"),
    Screen("/my-tasks?show=created"),
    Screen("/activity", name="activity"),
    Screen("/search?q=linen", name="search"),
    Screen("/search?q=linen&period=days&archived=1"),
    Screen("/search?q=nothing-of-the-kind"),
    Screen("/nowhere", name="not-found", status=404),
    Screen("/profile", name="settings-profile"),
    Screen("/settings/tokens", name="settings-tokens"),
    Screen("/settings", name="settings-organization"),
    Screen("/settings/telegram", name="settings-telegram"),
    Screen("/settings/web-search", name="settings-web-search"),
    Screen("/settings/budgets", name="settings-budgets"),
    Screen("/settings/data", name="settings-data"),
    Screen("/settings/tools", name="settings-tools"),
    Screen("/settings/tools/new"),
    Screen("/settings/tools/2", name="tool-source"),
    Screen("/settings/tools/2", menu("[popovertarget=source-menu]")),
    Screen("/settings/tools/2/edit"),
    Screen("/settings/tool/1"),
    Screen("/settings/webhooks", name="settings-webhooks"),
    Screen("/settings/webhooks/new"),
    Screen("/settings/webhooks/1", name="webhook"),
    Screen("/settings/webhooks/1", menu("[popovertarget=webhook-menu]")),
    Screen("/settings/webhooks/1/edit"),
    Screen("/settings/webhooks/1/log"),
    Screen("/settings/webhook-deliveries/1"),
    Screen("/costs", name="costs"),
    Screen("/setup/model", name="setup-model"),
    Screen("/agents/templates", name="agent-templates"),
    Screen("/setup/organization", name="setup-organization"),
    Screen("/setup/departments", name="setup-departments"),
    Screen("/setup/agents", name="setup-agents"),
    Screen("/setup/team", name="setup-team"),
    Screen("/setup/done", name="setup-done"),
)
WORK_SCREENS = (
    Screen("/boards", name="boards"),
    Screen("/boards", menu("[popovertarget='board-more-4']", "Edit")),
    Screen("/boards", menu("[popovertarget='department-more-1']", "Delete")),
    Screen("/boards/new"),
    Screen("/boards/4/edit"),
    Screen("/boards/4/delete"),
    Screen("/boards/4/people", name="board-people"),
    Screen("/boards/4/limits"),
    Screen(BOARD, menu("[popovertarget=board-menu]")),
    Screen(BOARD, menu("[data-column-menu]")),
    Screen(BOARD, click("[data-quick-add]", ".quick-add [name=text]")),
    Screen(BOARD, suggestions),
    Screen(BOARD, choose_cards()),
    Screen(BOARD, choose_cards("Move")),
    Screen(BOARD, choose_cards("Tag")),
    Screen(BOARD, choose_cards("Due date")),
    Screen(BOARD, choose_cards("Board")),
    Screen(f"{BOARD}?lanes=agent", choose_cards()),
    Screen(f"{BOARD}?layout=list", choose_cards()),
    Screen(f"{BOARD}?layout=calendar&task=22"),
    Screen(BOARD, menu("[popovertarget=board-menu]", "People")),
    Screen(BOARD, menu("[popovertarget=board-menu]", "Limits")),
    Screen("/departments/new"),
    Screen("/departments/1/edit"),
    Screen("/departments/1/delete"),
    Screen(BOARD, name="board"),
    Screen(f"{BOARD}?lanes=agent", name="board-lanes"),
    Screen(f"{BOARD}?layout=list", name="board-list"),
    Screen(f"{BOARD}?layout=calendar", name="board-calendar"),
    Screen(BOARD, click("[popovertarget=board-display]", "#board-display form")),
    Screen("/boards/4/display"),
    Screen(BOARD, click("[popovertarget=board-filter]", "#board-filter form")),
    Screen(f"{BOARD}?priority=high&priority=urgent", filter_by_priority),
    Screen("/boards/4/filter?priority=high"),
    Screen(BOARD, menu("[popovertarget=board-lanes]")),
    Screen(f"{BOARD}?priority=high", dialog("Save as a view"), name="board-view"),
    Screen(BOARD, menu("[data-limit]")),
    Screen(BOARD, key("c"), name="new-task"),
    Screen(BOARD, more_ways_to_create),
    Screen(BOARD, on_a_card("m")),
    Screen(BOARD, on_a_card("a")),
    Screen(PANEL, name="panel"),
    Screen(PANEL, menu("[popovertarget=menu-status]")),
    Screen(PANEL, click("[popovertarget=menu-agent]", "#menu-team .menu-item")),
    Screen(PANEL, menu("[popovertarget=menu-due]")),
    Screen(PANEL, menu("[popovertarget=menu-tags]")),
    Screen(PANEL, menu("[popovertarget=task-more]")),
    Screen(PANEL, click("#task-decide a", "dialog[open]")),
    Screen(TASK, name="task"),
    Screen(TASK, click("#task-description > .button", "#task-description textarea")),
    Screen(f"{TASK}?tab=runs", click(".run-item summary", ".run-item .conversation"), name="task-runs"),
    Screen(WAITING_RUN, name="run"),
    Screen(WAITING_RUN, click(".run-asked details > summary", ".run-asked [name=arguments]")),
    Screen(ENDED_RUN, click("details[id^=prompt-] > summary", "details[id^=prompt-] .is-whole")),
    Screen(f"{TASK}?tab=activity"),
    Screen(f"{TASK}/results", name="task-results"),
    Screen(f"{TASK}/prompt", name="task-prompt"),
    Screen(f"{TASK}/edit"),
    Screen(f"{TASK}/reject"),
    Screen(f"{TASK}/board"),
    Screen(f"{TASK}/result/edit"),
    Screen("/tasks/new"),
)
ADMIN_SCREENS = (
    Screen("/agents", name="agents"),
    Screen("/agents", dialog("New agent")),
    Screen("/agents", dialog("From a template")),
    Screen("/agents", dialog("Import")),
    Screen(AGENT, name="agent"),
    Screen(f"{AGENT}?tab=try"),
    Screen(f"{AGENT}?tab=try", answer_of_a_trial),
    Screen(f"{AGENT}?tab=tasks"),
    Screen(f"{AGENT}?tab=runs"),
    Screen(f"{AGENT}?tab=skills", name="agent-skills"),
    Screen(f"{AGENT}?tab=tools"),
    Screen(f"{AGENT}?tab=tools", click(".agent-tools .fold > summary", ".agent-tools .tool-limits")),
    Screen(f"{AGENT}?tab=prompt", name="agent-instructions"),
    Screen(AGENT, dialog("Edit")),
    Screen(AGENT, dialog(re.compile("^Delete"))),
    Screen("/agents/new"),
    Screen(f"{AGENT}/edit"),
    Screen(f"{AGENT}/delete"),
    Screen("/workflows", name="workflows"),
    Screen("/workflows/new"),
    Screen("/workflows/1", name="workflow-editor"),
    Screen("/workflows/1", click("[data-step] > summary", "[data-step] .box-body")),
    Screen("/workflows/1?as=yaml"),
    Screen("/workflows/1/start", name="workflow-start"),
    Screen("/workflows/1/versions/1"),
    Screen("/workflow-runs/1", name="workflow-run"),
    Screen("/schedules", name="schedules"),
    Screen("/schedules/new", name="schedule-editor"),
    Screen("/schedules/1", name="schedule"),
    Screen("/task-templates"),
    Screen("/tasks/22/template"),
    Screen("/skills", name="skills"),
    Screen("/skills", dialog("Import")),
    Screen(SKILL, name="skill"),
    Screen(SKILL, dialog(re.compile("^Delete"))),
    Screen("/skills/new", name="skill-editor"),
    Screen(f"{SKILL}/edit"),
    Screen(f"{SKILL}/versions", name="skill-versions"),
    Screen(f"{SKILL}/versions?number=1&show=text"),
    Screen(f"{SKILL}/delete"),
    Screen("/skills/import"),
    Screen("/agents/import"),
    Screen("/agents/2/picture"),
    Screen("/models", name="models"),
    Screen("/models", dialog("Add model")),
    Screen("/models", menu("[popovertarget^=model-menu]", "Edit")),
    Screen("/models", menu("[popovertarget^=model-menu]", "Delete")),
    Screen("/models/new"),
    Screen("/models/1/edit"),
    Screen("/models/1/delete"),
    Screen("/team", name="team"),
    Screen("/team", dialog("Invite")),
    Screen("/team", menu("[popovertarget='person-menu-2']", "Name and address")),
    Screen("/team", menu("[popovertarget='person-menu-2']", "Close the account")),
    Screen("/team/levels", name="levels"),
    Screen("/team/invite"),
    Screen("/team/2/edit"),
    Screen("/team/2/close"),
)
SCREENS = (*SIGNED_OUT_SCREENS, *PERSONAL_SCREENS, *WORK_SCREENS, *ADMIN_SCREENS)

# Routes that are not pages: fragments, files, streams and redirects.
PARTS = """
GET  /schedules/when
GET  /workflows/{workflow_id}/export
GET  /t/{reference}
GET  /tags/suggestions
GET  /activity.csv
GET  /activity/more
GET  /agents/{agent_id}/card
GET  /agents/{agent_id}/head
GET  /agents/{agent_id}/skills/size
GET  /agents/{agent_id}/try/{trial_id}
GET  /attachments/{attachment_id}
GET  /attachments/{attachment_id}/preview
GET  /avatars/{key}
GET  /boards/{board_id}/cards
GET  /boards/{board_id}/columns/{status}
GET  /boards/{board_id}/lanes/{lane}
GET  /boards/{board_id}/list
GET  /boards/{board_id}/other-boards
GET  /boards/{board_id}/tags
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
GET  /runs/{run_id}/calls/{call_id}/arguments
GET  /runs/{run_id}/calls/{call_id}/result
GET  /runs/{run_id}/conversation
GET  /runs/{run_id}/prompt
GET  /tasks/{task_id}/answering
GET  /tasks/{task_id}/needs
GET  /settings/export.zip
GET  /settings/tools/oauth
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
GET  /tasks/{task_id}/result
GET  /tasks/{task_id}/result.md
GET  /tasks/{task_id}/people
GET  /tasks/{task_id}/team
GET  /time-zones
"""


def add_webhook(api: httpx.Client) -> None:
    """Creates a webhook with one delivery, which some screens need and the demo organization does not have."""
    made = api.post("/webhooks/", json={"name": "Accounting", "url": "http://127.0.0.1:9/", "events": ["task.created"]})
    assert made.status_code == 201, made.text
    assert api.post(f"/webhooks/{made.json()['id']}/test").status_code == 200


def add_tool_source(api: httpx.Client) -> None:
    """Adds an MCP server that does not answer, which the demo organization does not have."""
    made = api.post("/tools/sources/", json={"slug": "crm", "title": "CRM", "url": "https://mcp.example.com/mcp"})
    assert made.status_code == 201, made.text


def add_schedule(api: httpx.Client) -> None:
    """Adds a schedule, which the demo organization does not have."""
    body = {
        "name": "Weekly report",
        "board_id": 4,
        "agent_id": 17,
        "template": {"title": "Report of week {week}", "due_in": 1},
        "cron": "0 9 * * 1",
    }
    made = api.post("/schedules/", json=body)
    assert made.status_code == 201, made.text
    assert made.json()["id"] == 1


def start_workflow(api: httpx.Client) -> None:
    """Starts a workflow of the demo organization, which has no run of one."""
    made = api.post("/workflows/1/start", json={"input": {"topic": "Linen in winter"}})
    assert made.status_code == 201, made.text
    assert made.json()["id"] == 1


def photographed() -> Iterator[Screen]:
    return (place for place in SCREENS if place.name)

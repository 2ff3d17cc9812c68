"""A form that is submitted unchanged writes no row, version or activity entry."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import MetaData

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Organization, Task
from helix.models.vocabulary import TaskStatus
from helix.services import agents, boards, comments, settings, skills, tasks, webhooks
from tests.support.html_forms import form, forms
from tests.support.people import as_actor

# Viewer and organization: one zone, days apart, an hour with minutes, both sides of the date line.
ZONES = [
    ("UTC", "UTC"),
    ("Pacific/Auckland", "UTC"),
    ("America/Los_Angeles", "Asia/Kolkata"),
    ("Asia/Tokyo", "America/New_York"),
    ("Pacific/Kiritimati", "Pacific/Pago_Pago"),
]
DUE = [
    datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC),
    datetime(2026, 12, 31, 17, 0, 0, tzinfo=UTC),
    datetime(2027, 3, 28, 1, 30, 0, 123000, tzinfo=UTC),
    None,
]
# Seen at every request, and so no change by the form.
PASSING = {"sessions", "idempotency_keys", "alembic_version", "throttles", "login_attempts"}


def everything() -> dict[str, list[tuple]]:
    """Every row of every table, but those that any request touches."""
    db.session.remove()
    tables: MetaData = db.Model.metadata
    with db.engine.connect() as connection:
        return {
            name: sorted(tuple(map(str, row)) for row in connection.execute(table.select()))
            for name, table in tables.tables.items()
            if name not in PASSING
        }


def put(thing, **fields) -> None:
    with transaction():
        row = db.session.get_one(type(thing), thing.id)
        for name, value in fields.items():
            setattr(row, name, value)


def zones(user, viewer: str, organization: str) -> None:
    put(user, timezone=viewer)
    settings.organization()
    put(db.session.get_one(Organization, 1), timezone=organization)


def sent_back(browser, address: str, action: str | None = None, **typed):
    """The answer to the form at `address`, sent as it was shown, with what was typed into it."""
    shown = form(browser.get(address).text, action or address)
    return browser.post(action or address, shown.fields | typed)


@pytest.mark.parametrize("due", DUE, ids=str)
@pytest.mark.parametrize(("viewer", "organization"), ZONES)
def test_due_date_stays_when_only_the_title_is_edited(pages, ada, make, viewer, organization, due):
    task = make.task("Plan", due_at=due)
    zones(ada, viewer, organization)
    before = tasks.get(as_actor(ada), task.id).due_at

    answer = sent_back(pages.as_(ada), f"/tasks/{task.id}/edit", title="Plan the launch")

    saved = tasks.get(as_actor(ada), task.id)
    assert answer.status_code == 303
    assert (saved.title, saved.due_at) == ("Plan the launch", before)


def test_due_date_stays_when_two_people_in_other_zones_edit_in_turn(pages, ada, mia, make):
    task = make.task("Plan", by=mia, due_at=datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC))
    put(ada, timezone="Pacific/Auckland")
    people = [pages.as_(ada), pages.as_(mia)]

    for number in range(6):
        sent_back(people[number % 2], f"/tasks/{task.id}/edit", title=f"Plan {number}")

    saved = tasks.get(as_actor(ada), task.id)
    assert saved.title == "Plan 5"
    assert saved.due_at == datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("viewer", "organization", "end"),
    [
        ("UTC", "UTC", datetime(2027, 1, 4, 23, 59, 59, tzinfo=UTC)),
        ("Pacific/Auckland", "UTC", datetime(2027, 1, 4, 23, 59, 59, tzinfo=UTC)),
        ("America/Los_Angeles", "Asia/Kolkata", datetime(2027, 1, 4, 18, 29, 59, tzinfo=UTC)),
        ("Asia/Tokyo", "America/New_York", datetime(2027, 1, 5, 4, 59, 59, tzinfo=UTC)),
        ("Pacific/Kiritimati", "Pacific/Pago_Pago", datetime(2027, 1, 5, 10, 59, 59, tzinfo=UTC)),
    ],
)
def test_chosen_due_day_ends_in_the_organizations_zone_and_is_shown_as_chosen(
    pages, ada, make, viewer, organization, end
):
    task = make.task("Plan", due_at=DUE[1])
    zones(ada, viewer, organization)
    signed_in = pages.as_(ada)
    address = f"/tasks/{task.id}/edit"

    by_form = sent_back(signed_in, address, due_date="2027-01-04")
    shown = form(signed_in.get(address).text, address).fields["due_date"]
    popover = signed_in.part(f"/tasks/{task.id}/panel").text
    signed_in.post("/tasks/new", {"title": "New", "board_id": task.board_id, "due_date": "2027-01-04"})
    signed_in.post(f"/boards/{task.board_id}/quick-add", {"text": "Quick ^2027-01-04"})

    assert by_form.status_code == 303
    assert shown == ["2027-01-04"]
    assert 'name="due_date" aria-label="Due date" value="2027-01-04"' in popover
    dues = {each.title: each.due_at for each in db.session.query(Task)}
    assert dues == {"Plan": end, "New": end, "Quick": end}


@pytest.fixture
def addresses(make, ada):
    """By noun: where its form stands and where that is sent, with values that a form cannot say in full."""
    by_ada = as_actor(ada)
    board, model = make.board("Blog"), make.model()
    model_fields = {"input_cost_per_million": "0.123456789", "base_url": None, "context_window": None}
    put(model, **model_fields)
    put(board, description="One\r\ntwo\r\n")
    agent = make.agent("Sierra", ai_model_id=model.id, monthly_budget_usd="12.5", system_prompt="Write.\r\n\r\nWell.\n")
    gone = make.agent("Gone")
    task = make.task("Two\nlines", agent=agent, board=board, tags=["a, b", "#c"], description="One\r\ntwo\rthree\n ")
    put(task, due_at=DUE[1])
    done = make.task("Finished", agent=gone, board=board, status=TaskStatus.DONE)
    agents.delete(by_ada, gone.id)
    put(done, assigned_agent_id=gone.id)
    skill = skills.create(by_ada, name="SEO", content="One\r\ntwo\n", tags=["a, b"], agent_ids=[agent.id])
    hook, _secret = webhooks.create(by_ada, name="CRM", url="https://crm.example.com/", events=["*"])
    comment = comments.add(by_ada, task.id, "One\r\ntwo")
    view = boards.add_view(by_ada, board.id, name="Mine", query="priority=high", shared=False)
    put(db.session.get_one(Organization, 1), unknown_price_per_million_usd="30.123456789")
    return {
        "task": (f"/tasks/{task.id}/edit", None),
        "task of an agent that is gone": (f"/tasks/{done.id}/edit", None),
        "due date": (f"/tasks/{task.id}", f"/tasks/{task.id}/edit"),
        "description": (f"/tasks/{task.id}/description", f"/tasks/{task.id}/edit"),
        "comment": (f"/comments/{comment.id}/edit", None),
        "board": (f"/boards/{board.id}/edit", None),
        "department": (f"/departments/{board.department_id}/edit", None),
        "view": (f"/board-views/{view.id}/edit", None),
        "agent": (f"/agents/{agent.id}/edit", None),
        "prompt": (f"/agents/{agent.id}?tab=prompt", f"/agents/{agent.id}/prompt"),
        "skills of an agent": (f"/agents/{agent.id}?tab=skills", f"/agents/{agent.id}/skills"),
        "skill": (f"/skills/{skill.id}/edit", f"/skills/{skill.id}"),
        "model": (f"/models/{model.id}/edit", None),
        "webhook": (f"/settings/webhooks/{hook.id}/edit", None),
        "organization": ("/settings", None),
        "budget": ("/settings/budgets", "/settings/budgets/organization"),
        "budget of an agent": ("/settings/budgets", f"/settings/budgets/{agent.id}"),
        "telegram": ("/settings/telegram", None),
        "profile": ("/profile", None),
        "person": (f"/team/{ada.id}/edit", None),
    }


NOUNS = [
    *("task", "task of an agent that is gone", "due date", "description", "comment", "board", "department", "view"),
    *("agent", "prompt", "skills of an agent", "skill", "model", "webhook", "organization", "budget"),
    *("budget of an agent", "telegram", "profile", "person"),
]


@pytest.mark.parametrize("noun", NOUNS)
def test_form_sent_back_as_shown_changes_nothing(pages, ada, addresses, noun, monkeypatch):
    address, action = addresses[noun]
    zones(ada, "Pacific/Auckland", "Asia/Kolkata")
    signed_in = pages.as_(ada)
    shown = [each for each in forms(signed_in.get(address).text) if each.action == (action or address)]
    before = everything()
    later = clock.now() + timedelta(seconds=5)
    monkeypatch.setattr(clock, "now", lambda: later)

    answers = [signed_in.post(action or address, each.fields) for each in shown]

    assert shown
    assert {answer.status_code for answer in answers} <= {200, 303}
    assert "/sign-in" not in [answer.headers.get("Location") for answer in answers]
    assert everything() == before

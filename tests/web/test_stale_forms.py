"""Concurrent edits: the later save is refused with both versions, and accepted on the next submit."""

import re

import pytest

from helix.services import boards, models, settings, webhooks
from tests.support.people import as_actor

pytestmark = pytest.mark.every_database


@pytest.fixture
def forms(make, ada):
    """By noun: the form, where it is sent, a field of it, and a save by somebody else."""
    board, model = make.board("Blog"), make.model()
    webhook, _secret = webhooks.create(
        as_actor(ada), name="CRM", url="https://crm.example.com/", events=["task.failed"]
    )
    department = board.department_id
    desk = f"/departments/{department}/edit"
    home, hook = f"/boards/{board.id}/edit", f"/settings/webhooks/{webhook.id}/edit"
    return {
        "board": (home, home, "name", lambda: boards.edit(as_actor(ada), board.id, {"name": "Theirs"})),
        "model": (
            f"/models/{model.id}/edit",
            f"/models/{model.id}/edit",
            "display_name",
            lambda: models.edit(as_actor(ada), model.id, {"display_name": "Theirs"}),
        ),
        "webhook": (hook, hook, "name", lambda: webhooks.edit(as_actor(ada), webhook.id, {"name": "Theirs"})),
        "department": (
            desk,
            desk,
            "name",
            lambda: boards.edit_department(as_actor(ada), department, {"name": "Theirs"}),
        ),
        "organization": ("/settings", "/settings", "name", lambda: settings.edit(as_actor(ada), {"name": "Theirs"})),
    }


@pytest.mark.parametrize("noun", ["board", "department", "model", "webhook", "organization"])
def test_a_save_over_somebody_elses_shows_both_and_loses_nothing(pages, ada, forms, noun):
    address, action, field, save_meanwhile = forms[noun]
    browser = pages.as_(ada)
    sent = values(browser.get(address).text) | {field: "Mine"}
    save_meanwhile()

    refused = browser.post(action, sent)
    typed_wrong = browser.post(action, sent | {field: ""})
    again = browser.post(action, values(refused.text))

    assert refused.status_code == 422
    assert f"Someone else changed this {noun} in the meantime" in refused.text
    assert "Theirs" in refused.text
    assert typed_wrong.status_code == 422
    assert again.status_code == 303
    assert values(browser.get(address).text)[field] == "Mine"


@pytest.mark.parametrize("whose", ["organization", "agent"])
def test_a_limit_that_somebody_set_meanwhile_is_not_overwritten_unseen(pages, ada, make, whose):
    agent = make.agent()
    row = "organization" if whose == "organization" else str(agent.id)
    browser = pages.as_(ada)
    seen = mark_of(browser.get("/settings/budgets").text, row)
    browser.post(f"/settings/budgets/{row}", {"monthly_budget_usd": "25"})

    refused = browser.post(f"/settings/budgets/{row}", {"monthly_budget_usd": "40", "seen": seen})
    typed_wrong = browser.post(f"/settings/budgets/{row}", {"monthly_budget_usd": "much", "seen": seen})
    again = browser.post(f"/settings/budgets/{row}", {"monthly_budget_usd": "40", "seen": mark_of(refused.text, row)})

    assert (refused.status_code, typed_wrong.status_code, again.status_code) == (422, 422, 303)
    assert "Someone else set it to $25 in the meantime." in refused.text
    assert 'value="40"' in refused.text
    assert mark_of(typed_wrong.text, row) == seen


def test_a_bot_that_somebody_changed_meanwhile_is_not_overwritten_unseen(pages, ada):
    browser = pages.as_(ada)
    sent = values(browser.get("/settings/telegram").text)
    settings.edit(as_actor(ada), {"telegram_bot_token": "123456789:AAtheirs-theirs-theirs-theirs-theirs"})

    refused = browser.post("/settings/telegram", sent | {"telegram_enabled": "1"})
    again = browser.post("/settings/telegram", values(refused.text) | {"telegram_enabled": "1"})

    assert (refused.status_code, again.status_code) == (422, 303)
    assert "Someone else changed the bot in the meantime." in refused.text
    assert settings.organization().telegram_enabled


def mark_of(page: str, row: str) -> str:
    form = page[page.index(f'action="/settings/budgets/{row}"') :]
    return re.search(r'name="seen" value="([^"]*)"', form)[1]


def values(page: str) -> dict[str, object]:
    """What the form in the middle of the page would send as it stands."""
    form = page[page.index('id="main"') :]
    found: dict[str, object] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = (re.search(rf'\b{word}="([^"]*)"', tag) for word in ("name", "value"))
        if name and name[1] != "csrf_token" and ('type="checkbox"' not in tag or " checked" in tag):
            found.setdefault(name[1], value[1] if value else "")
    for name, inner in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'<option value="([^"]*)"[^>]* selected', inner) or re.search(
            r'<option value="([^"]*)"', inner
        )
        found[name] = chosen[1] if chosen else ""
    for name, inner in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', form, re.S):
        found[name] = inner
    return found

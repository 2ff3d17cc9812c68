"""A form that is submitted twice, in sequence or concurrently, takes effect once."""

import re
import threading
from pathlib import Path

import pytest

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import (
    Agent,
    AiModel,
    ApiToken,
    Board,
    Comment,
    Department,
    IdempotencyKey,
    Run,
    SavedView,
    Skill,
    SkillVersion,
    Task,
    TaskAttachment,
    User,
    Webhook,
)
from helix.models.vocabulary import TaskStatus
from helix.services import idempotency, skills
from helix.web import form_keys
from tests.support.html_forms import form, forms
from tests.support.page_client import Pages
from tests.support.people import as_actor

pytestmark = pytest.mark.every_database

KEY = {"form_key": "a-key-of-this-form"}
TEMPLATES = Path(__file__).parents[2] / "templates"
# Nothing is made, changed or run by these: they are answered each time.
REPEATABLE = {"/skills/preview", "/skills/import/preview", "/models/fields", "/agents/<int:agent_id>/preview"}
# Of people who are not signed in (or of the set-up before there is anybody): nothing here is done twice anyway, since
# there is one first admin, a link serves once, and signing in or out again is the same.
SIGNED_OUT = {"/sign-in", "/sign-out", "/setup", "/invitation/<token>", "/reset-password/<token>"}
# Told by its own scripts or by Telegram, not by a form.
NO_FORMS = {"/telegram/webhook/<secret>"}
# Forms without the key: those of the table of levels, of which there are hundreds, only say which level holds.
WITHOUT_KEY = {"team/_level.html", "team/_level_of_all.html", "team/_level_of_everybody.html"}


def count(table) -> int:
    db.session.rollback()
    return db.session.query(table).count()


def said(answer) -> str:
    """An answer but for the keys of its forms, of which each is new."""
    return re.sub(r'name="form_key" value="[^"]*"', "", answer.text)


@pytest.fixture
def things(make, ada):
    """What the forms below are about."""
    make.model()
    agent = make.agent("Sierra")
    board = make.board("Blog")
    task = make.task("Write", by=ada, board=board, agent=agent)
    skill = skills.create(as_actor(ada), name="SEO", content="One")
    skills.edit(as_actor(ada), skill.id, {"content": "Two"})
    review = make.task("Read", by=ada, board=board, agent=agent, status=TaskStatus.REVIEW)
    return {
        "task": task.id,
        "board": board.id,
        "agent": agent.id,
        "department": board.department_id,
        "skill": skill.id,
        "review": review.id,
    }


NOVA = {"name": "Nova", "execution_mode": "manual", "max_parallel_runs": "1", "max_output_tokens": "900"}
CREATING = [
    ("/tasks/new", {"title": "Tea", "board_id": "{board}", "priority": "low"}, Task),
    ("/boards/{board}/quick-add", {"text": "Tea @Sierra !high", "status": "todo"}, Task),
    ("/tasks/{task}/comments", {"content": "Hello @Sierra"}, Comment),
    ("/tasks/{task}/comments", {"content": "Hello @Sierra"}, Run),
    ("/inbox/tasks/{task}/reply", {"content": "Hello"}, Comment),
    ("/tasks/{task}/execute", {}, Run),
    ("/inbox/tasks/{task}/run", {}, Run),
    ("/tasks/{review}/reject", {"feedback": "Shorter."}, Comment),
    ("/inbox/tasks/{review}/reject", {"feedback": "Shorter.", "run": "1"}, Run),
    ("/inbox/several/reject", {"feedback": "Shorter.", "ids": "{review}"}, Comment),
    ("/boards", {"name": "News", "department_id": "{department}"}, Board),
    ("/boards/{board}/views", {"name": "Late", "query": "due=overdue"}, SavedView),
    ("/departments", {"name": "Sales"}, Department),
    (
        "/agents",
        {"name": "Nova", "execution_mode": "manual", "max_parallel_runs": "1", "max_output_tokens": "900"},
        Agent,
    ),
    ("/skills", {"name": "Voice", "content": "Be kind.", "activation_mode": "always"}, Skill),
    ("/skills/{skill}/versions/1/restore", {}, SkillVersion),
    ("/models", {"provider": "demo", "model_name": "demo-2"}, AiModel),
    ("/team/invite", {"name": "Nina", "email": "nina@example.com", "role": "member"}, User),
    ("/settings/tokens", {"name": "CI", "scope": "read"}, ApiToken),
    ("/settings/webhooks", {"name": "CRM", "url": "https://crm.example.com/", "events": "*"}, Webhook),
]


@pytest.mark.parametrize("by_htmx", [False, True], ids=["plain", "htmx"])
@pytest.mark.parametrize(("address", "fields", "table"), CREATING, ids=[f"{a} {t.__name__}" for a, _, t in CREATING])
def test_form_sent_twice_is_done_once_and_answered_the_same(pages, ada, things, address, fields, table, by_htmx):
    signed_in = pages.as_(ada)
    send = signed_in.send if by_htmx else signed_in.post
    address = address.format(**things)
    fields = {name: value.format(**things) for name, value in fields.items()} | KEY
    before = count(table)

    first, again = send(address, fields), send(address, fields)

    assert first.status_code in (200, 204, 303), first.text[-2000:]
    assert (again.status_code, said(again)) == (first.status_code, said(first))
    assert again.headers.get("Location") == first.headers.get("Location")
    assert again.headers.get("HX-Redirect") == first.headers.get("HX-Redirect")
    assert count(table) == before + 1


def test_file_sent_twice_is_attached_once_and_another_one_besides(pages, ada, things):
    signed_in = pages.as_(ada)
    address = f"/tasks/{things['task']}/attachments"

    def send(content: bytes):
        from io import BytesIO

        return signed_in.post(address, KEY | {"file": (BytesIO(content), "notes.txt")}).status_code

    statuses = [send(b"one"), send(b"one"), send(b"two")]

    assert statuses == [303, 303, 303]
    assert count(TaskAttachment) == 2


def test_two_requests_truly_at_once_make_one_comment_and_one_run(clean_app, pages, ada, things):
    browsers = [pages.as_(ada) for _ in range(4)]
    gate, answers = threading.Barrier(4), []

    def send(browser: Pages) -> None:
        browser.token()
        gate.wait()
        with clean_app.app_context():
            reply = browser.send(f"/tasks/{things['task']}/comments", {"content": "Hello @Sierra"} | KEY)
        answers.append((reply.status_code, said(reply)))

    threads = [threading.Thread(target=send, args=(browser,)) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(answers)) == 1
    assert answers[0][0] == 200
    assert (count(Comment), count(Run)) == (1, 1)


def test_refused_form_can_be_mended_and_sent_again_with_its_key(pages, ada, things):
    signed_in = pages.as_(ada)
    address = f"/tasks/{things['task']}/comments"

    refused = signed_in.send(address, {"content": " "} | KEY)
    still_refused = signed_in.send(address, {"content": " "} | KEY)
    mended = signed_in.send(address, {"content": "Hello"} | KEY)

    assert (refused.status_code, still_refused.status_code, mended.status_code) == (422, 422, 200)
    assert count(Comment) == 1


def test_other_content_under_the_same_key_is_not_lost(pages, ada, things):
    signed_in = pages.as_(ada)
    address = f"/tasks/{things['task']}/comments"

    for words in ("One", "Two", "One"):
        signed_in.post(address, {"content": words} | KEY)

    assert sorted(comment.content for comment in db.session.query(Comment)) == ["One", "Two"]


def test_key_belongs_to_one_person(pages, ada, mia, things):
    address = f"/tasks/{things['task']}/comments"

    for person in (ada, mia):
        pages.as_(person).post(address, {"content": "Hello"} | KEY)

    assert count(Comment) == 2


def test_form_without_a_key_is_done_each_time(pages, ada, things):
    signed_in = pages.as_(ada)

    for _ in range(2):
        signed_in.post(f"/tasks/{things['task']}/comments", {"content": "Hello"})

    assert count(Comment) == 2


def test_form_whose_first_request_does_not_end_says_so(pages, ada, things, monkeypatch):
    signed_in = pages.as_(ada)
    monkeypatch.setattr(form_keys, "WAIT_SECONDS", 0.2)
    monkeypatch.setattr("helix.services.comments.add_and_wake", lambda *_: (_ for _ in ()).throw(SystemExit))
    monkeypatch.setattr(idempotency, "release", lambda _reservation: None)  # as if the process had been killed
    address = f"/tasks/{things['task']}/comments"
    with pytest.raises(SystemExit):
        signed_in.send(address, {"content": "Hello"} | KEY)
    monkeypatch.undo()
    monkeypatch.setattr(form_keys, "WAIT_SECONDS", 0.2)

    waiting = signed_in.send(address, {"content": "Hello"} | KEY)
    monkeypatch.setattr(idempotency, "ABANDONED_AFTER", idempotency.ABANDONED_AFTER * 0)
    later = signed_in.send(address, {"content": "Hello"} | KEY)

    assert waiting.status_code == 409
    assert "still in progress" in waiting.text
    assert later.status_code == 200
    assert count(Comment) == 1


def test_form_that_stays_on_the_page_gets_its_next_key(pages, ada, things):
    signed_in = pages.as_(ada)
    address = f"/tasks/{things['task']}/comments"
    shown = signed_in.part(f"/tasks/{things['task']}/panel").text
    key = form(shown, address).fields["form_key"][0]

    first = signed_in.send(address, {"content": "Hello", "form_key": key})
    refused = signed_in.send(address, {"content": "", "form_key": key})
    next_one = signed_in.send(address, {"content": "Hello", "form_key": first.headers["X-Form-Key"]})

    assert next_one.status_code == 200
    assert "X-Form-Key" not in refused.headers
    assert count(Comment) == 2


def test_secret_that_is_shown_once_is_not_kept_in_plain(pages, ada):
    reply = pages.as_(ada).post("/settings/tokens", {"name": "CI", "scope": "read"} | KEY)

    secret = re.search(r"hx_\w+", reply.text)
    with transaction():
        kept = db.session.query(IdempotencyKey).one()
    assert secret
    assert secret[0] not in str(kept.answer)


def test_every_form_of_a_page_has_a_key_of_its_own_each_time_it_is_shown(pages, ada, things):
    signed_in = pages.as_(ada)
    board = f"/boards/{things['board']}"

    keys = [
        key
        for text in (
            signed_in.get(board).text,
            signed_in.get(board).text,
            signed_in.part(f"/tasks/{things['task']}/panel").text,
        )
        for each in forms(text)
        for key in each.fields.get("form_key", [])
    ]

    assert len(keys) > 10
    assert len(set(keys)) == len(keys)
    assert all(len(key) >= 20 and "<" not in key for key in keys)


@pytest.mark.any_database
def test_every_view_that_is_posted_to_is_done_once_or_declared(app):
    rules = [
        rule
        for rule in app.url_map.iter_rules()
        if "POST" in rule.methods and not rule.rule.startswith(("/api/", "/dev/"))
    ]

    twice = {rule.rule for rule in rules if not getattr(app.view_functions[rule.endpoint], "done_once", False)}

    assert twice == REPEATABLE | SIGNED_OUT | NO_FORMS
    assert len(rules) > 80


def test_every_form_that_is_posted_carries_its_key():
    without = []

    for path in sorted(TEMPLATES.rglob("*.html")):
        text = path.read_text()
        for found in re.finditer(r"<form\b(?:[^>]|(?<=-)>)*?method=\"post\"", text):
            end = text.find("</form>", found.start())
            inside = text[found.start() : end if end > 0 else len(text)]
            if "csrf()" not in inside:
                without.append(str(path.relative_to(TEMPLATES)))

    assert set(without) == WITHOUT_KEY

"""The pages of workflows: written as a list, published, started, and followed."""

import re
from io import BytesIO

import pytest

from helix.extensions import db
from helix.models import Task, Workflow, WorkflowRun, WorkflowRunStep
from helix.models.vocabulary import BoardLevel, TaskStatus
from helix.services import boards, tasks, workflows
from helix.services.work import cancelling
from tests.support.html_forms import form
from tests.support.people import as_actor

LOOK = {"key": "look", "kind": "agent", "title": "Look at {{input.topic}}", "agent": "Sierra"}
TELL = {"key": "tell", "kind": "person", "title": "Tell them", "needs": ["look"]}
TOPIC = {"key": "topic", "title": "Topic", "type": "text", "required": True}


@pytest.fixture
def board(make):
    make.model()
    make.agent("Sierra")
    return make.board("Blog")


@pytest.fixture
def browser(pages, ada):
    return pages.as_(ada)


@pytest.fixture
def made(ada, board):
    """A workflow of two steps, as a draft; `made(steps=…, published=True)`."""

    def _made(steps=(LOOK, TELL), *, published=False, name="Report", **definition):
        actor = as_actor(ada)
        wanted = {"input": [TOPIC], "steps": list(steps), **definition}
        workflow = workflows.create(actor, name=name, board_id=board.id, definition=wanted)
        if published:
            workflows.publish(actor, workflow.id)
            workflows.set_enabled(actor, workflow.id, enabled=True)
        return workflow.id

    return _made


def draft_of(workflow_id):
    return db.session.get_one(Workflow, workflow_id, populate_existing=True).draft


def editor(browser, workflow_id):
    return typed_in(browser.get(f"/workflows/{workflow_id}").text, f"/workflows/{workflow_id}")


def typed_in(html, action):
    """The values of the form that is sent to `action`, as a browser would send them."""
    fields = form(html, action).fields
    return {name: values[-1] for name, values in fields.items() if name not in ("csrf_token", "form_key")}


def test_an_empty_list_leads_on_for_admins_alone(browser, pages, mia):
    assert "/workflows/new" in browser.get("/workflows").text
    members = pages.as_(mia).get("/workflows").text
    assert "No workflows yet" in members
    assert "/workflows/new" not in members


def test_a_workflow_is_created_and_its_first_step_added(browser, board):
    made = browser.post("/workflows/new", {"name": "Report", "board_id": str(board.id)})
    path = made.headers["Location"]

    first = browser.send(path, editor(browser, int(path.rsplit("/", 1)[1])) | {"do": "add-agent"}).text

    workflow = db.session.query(Workflow).one()
    assert path == f"/workflows/{workflow.id}"
    assert workflow.draft["steps"] == [{"key": "step_1", "kind": "agent"}]
    assert 'data-focus="step-step_1"' in first
    assert 'name="open-0" value="1"' in first


def test_a_step_is_typed_saved_and_shown_in_the_picture(browser, made):
    workflow_id = made()
    typed = editor(browser, workflow_id) | {"steps-1-title": "Tell everybody", "steps-1-person": "Mia", "max_usd": "2"}

    saved = browser.send(f"/workflows/{workflow_id}", typed | {"do": "save"})

    assert saved.status_code == 200
    assert draft_of(workflow_id)["steps"][1] == TELL | {"title": "Tell everybody", "person": "Mia"}
    assert draft_of(workflow_id)["max_usd"] == 2
    assert re.search(r'<text class="graph-title"[^>]*>Tell everybody</text>', saved.text)


def test_a_form_that_was_not_touched_changes_nothing(browser, made):
    workflow_id = made(published=True)
    before = db.session.get_one(Workflow, workflow_id, populate_existing=True).version

    browser.send(f"/workflows/{workflow_id}", editor(browser, workflow_id) | {"do": "save"})

    workflow = db.session.get_one(Workflow, workflow_id, populate_existing=True)
    assert (workflow.version, workflow.number) == (before, 1)
    assert "Version 1 is what a start uses" in browser.get(f"/workflows/{workflow_id}").text


def test_errors_stand_at_their_fields_and_the_draft_is_kept(browser, made):
    workflow_id = made()
    typed = editor(browser, workflow_id) | {"steps-0-agent": "", "steps-1-needs": "look, nothing", "do": "publish"}

    refused = browser.send(f"/workflows/{workflow_id}", typed)

    assert refused.status_code == 422
    assert "cannot be published yet" in refused.text
    assert "There is no step nothing." in refused.text
    assert re.search(r'id="f-steps-1-needs"[^>]*aria-invalid="true"', refused.text)
    assert draft_of(workflow_id)["steps"][1]["needs"] == ["look", "nothing"]
    assert "2 things to correct" in browser.get(f"/workflows/{workflow_id}").text


def test_a_wrong_name_is_said_and_nothing_typed_is_lost(browser, made):
    workflow_id = made()
    typed = editor(browser, workflow_id) | {"name": " ", "steps-0-title": "Another title", "do": "save"}

    refused = browser.send(f"/workflows/{workflow_id}", typed)

    assert refused.status_code == 422
    assert "Enter a name of 1 to 120 characters." in refused.text
    assert 'value="Another title"' in refused.text
    assert draft_of(workflow_id)["steps"][0]["title"] == LOOK["title"]


def test_somebody_elses_save_is_not_overwritten_unseen(browser, made, ada):
    workflow_id = made()
    typed = editor(browser, workflow_id)
    workflows.edit(as_actor(ada), workflow_id, {"description": "Theirs"})

    refused = browser.send(f"/workflows/{workflow_id}", typed | {"description": "Mine", "do": "save"})

    assert refused.status_code == 422
    assert ">\nMine</textarea>" in refused.text
    assert db.session.get_one(Workflow, workflow_id, populate_existing=True).description == "Theirs"


def test_steps_are_moved_and_stay_unfolded(browser, made):
    workflow_id = made()
    typed = editor(browser, workflow_id) | {"open-0": "", "open-1": "1", "do": "up-1"}

    moved = browser.send(f"/workflows/{workflow_id}", typed).text

    assert [step["key"] for step in draft_of(workflow_id)["steps"]] == ["tell", "look"]
    assert 'name="open-0" value="1"' in moved
    assert 'name="open-1" value=""' in moved
    assert 'data-focus="step-tell"' in moved


def test_publishing_and_enabling_let_it_be_started(browser, made):
    workflow_id = made()

    browser.send(f"/workflows/{workflow_id}", editor(browser, workflow_id) | {"do": "publish"})
    before = browser.get(f"/workflows/{workflow_id}").text
    browser.post(f"/workflows/{workflow_id}/enabled", {"enabled": "1"})
    after = browser.get(f"/workflows/{workflow_id}").text

    start = f'href="/workflows/{workflow_id}/start"'
    assert "Published, and disabled" in before
    assert start not in before
    assert start in after


def test_yaml_is_edited_exported_and_imported(browser, made):
    workflow_id = made()
    exported = browser.get(f"/workflows/{workflow_id}/export").text
    page = browser.get(f"/workflows/{workflow_id}?as=yaml").text

    typed = typed_in(page, f"/workflows/{workflow_id}")
    typed["yaml"] = typed["yaml"].replace("Tell them", "Tell all")
    browser.send(f"/workflows/{workflow_id}", typed | {"do": "save"})
    broken = browser.send(f"/workflows/{workflow_id}", typed | {"yaml": "steps: [", "do": "save"})
    imported = browser.post(
        "/workflows/import", {"file": (BytesIO(exported.replace("Report", "Copy").encode()), "copy.yaml"), "yaml": ""}
    )

    assert draft_of(workflow_id)["steps"][1]["title"] == "Tell all"
    assert broken.status_code == 422
    assert "is not valid YAML" in broken.text
    copy = db.session.query(Workflow).filter_by(name="Copy").one()
    assert imported.headers["Location"] == f"/workflows/{copy.id}"
    assert (copy.enabled, copy.number, copy.draft["steps"]) == (False, 0, [LOOK, TELL])


@pytest.mark.parametrize(
    ("content", "words"), [(b"\xff\xfe", "no text in UTF-8"), (b"", "Choose a file"), (b"a: &x 1", "anchors")]
)
def test_a_file_that_cannot_be_read_is_said(browser, content, words):
    refused = browser.post("/workflows/import", {"file": (BytesIO(content), "x.yaml"), "yaml": ""})

    assert refused.status_code == 422
    assert words in refused.text
    assert db.session.query(Workflow).count() == 0


def test_a_draft_of_another_shape_is_edited_as_yaml(browser, ada):
    odd = {"steps": [{"key": "a", "kind": "loop", "color": "red"}]}
    workflow = workflows.create(as_actor(ada), name="Odd", definition=odd)

    page = browser.get(f"/workflows/{workflow.id}").text

    assert "has fields that the list cannot show" in page
    assert "kind: loop" in page


def test_a_version_is_shown_and_becomes_the_draft_again(browser, made, ada):
    workflow_id = made(published=True)
    workflows.edit(as_actor(ada), workflow_id, {"definition": {"input": [], "steps": []}})

    page = browser.get(f"/workflows/{workflow_id}/versions/1").text
    browser.post(f"/workflows/{workflow_id}/versions/1/restore", {})

    assert "Look at {{input.topic}}" in page
    assert draft_of(workflow_id)["steps"] == [LOOK, TELL]
    assert browser.get(f"/workflows/{workflow_id}/versions/7").status_code == 404


def test_members_read_and_start_what_is_on_their_boards(pages, mia, made):
    workflow_id = made(published=True)
    member = pages.as_(mia)

    page = member.get(f"/workflows/{workflow_id}").text

    assert "Admins write workflows." in page
    assert re.search(r"<fieldset[^>]*disabled", page)
    assert member.post(f"/workflows/{workflow_id}", {"name": "Mine", "do": "save"}).status_code == 403
    assert f'href="/workflows/{workflow_id}/start"' in page


def test_starting_asks_for_the_inputs_and_leads_to_the_run(pages, mia, made):
    workflow_id = made(published=True)
    browser = pages.as_(mia)

    address = f"/workflows/{workflow_id}/start"
    empty = browser.post(address, typed_in(browser.get(address).text, address))
    started = browser.post(address, typed_in(empty.text, address) | {"input-topic": "linen"})

    assert empty.status_code == 422
    assert "This is needed." in empty.text
    run = db.session.query(WorkflowRun).one()
    assert started.headers["Location"] == f"/workflow-runs/{run.id}"
    page = browser.get(f"/workflow-runs/{run.id}").text
    assert "Look at linen" in page
    assert re.search(r'graph-is-active"[^>]*href="#step-look"', page)


def test_numbers_and_choices_are_checked_where_they_are_typed(browser, made):
    inputs = [
        {"key": "count", "type": "number", "default": 3},
        {"key": "tone", "type": "choice", "options": ["calm", "loud"]},
    ]
    workflow_id = made([LOOK | {"title": "Look {{input.count}}"}], published=True, input=inputs)

    refused = browser.post(f"/workflows/{workflow_id}/start", {"input-count": "many", "input-tone": "odd"})
    started = browser.post(f"/workflows/{workflow_id}/start", {"input-count": "4", "input-tone": "calm"})

    assert refused.status_code == 422
    assert "This is a number." in refused.text
    assert "Choose one of calm, loud." in refused.text
    assert started.status_code == 303
    assert db.session.query(WorkflowRun).one().input == {"count": 4, "tone": "calm"}


@pytest.fixture
def run(made, ada):
    """A run whose first step has failed: its task was cancelled."""
    choice = {
        "key": "good",
        "kind": "choice",
        "needs": ["look"],
        "of": "steps.look.output.ok",
        "is": "equals",
        "value": True,
        "then": ["tell"],
    }
    output = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
    workflow_id = made([LOOK | {"output": output}, choice, TELL | {"needs": ["good"]}], published=True)
    started = workflows.start(as_actor(ada), workflow_id, {"topic": "linen"})
    task = db.session.query(Task).filter_by(workflow_run_id=started.id, step_key="look").one()
    cancelling.cancel(as_actor(ada), task.id)
    tasks.edit(as_actor(ada), task.id, {"status": TaskStatus.CANCELLED})
    return started.id


def state(run_id, key):
    return db.session.get_one(WorkflowRunStep, (run_id, key), populate_existing=True).state


def test_a_failed_step_says_why_and_is_retried(browser, run):
    page = browser.get(f"/workflow-runs/{run}").text
    retried = browser.send(f"/workflow-runs/{run}/steps/look/retry")

    assert "Its task was cancelled." in page
    assert state(run, "look") == "active"
    assert "The step is done again." in retried.text


def test_a_step_is_skipped_with_the_values_that_it_would_have_handed_in(browser, run):
    page = browser.get(f"/workflow-runs/{run}").text
    broken = browser.send(f"/workflow-runs/{run}/steps/look/skip", {"values": "{no"})
    wrong = browser.send(f"/workflow-runs/{run}/steps/look/skip", {"values": '{"ok": "yes"}'})
    right = browser.send(f"/workflow-runs/{run}/steps/look/skip", {"values": '{"ok": true}'})

    assert "&#34;ok&#34;: false" in page
    assert (broken.status_code, wrong.status_code) == (422, 422)
    assert "This is no JSON" in broken.text
    assert "is not of type" in wrong.text
    assert right.status_code == 200
    assert (state(run, "look"), state(run, "good"), state(run, "tell")) == ("skipped", "done", "active")


def test_a_run_is_cancelled(browser, run):
    reply = browser.send(f"/workflow-runs/{run}/cancel")

    assert "Cancelled. Open tasks are cancelled, too." in reply.text
    assert db.session.get_one(WorkflowRun, run, populate_existing=True).state == "cancelled"
    again = browser.send(f"/workflow-runs/{run}/cancel")
    assert again.status_code == 422
    assert "is cancelled already" in again.text


def test_who_sees_the_board_sees_the_run_and_only_some_change_it(pages, ada, mia, run, make, board):
    make.grant(mia, board, BoardLevel.VIEW)
    member = pages.as_(mia)

    page = member.get(f"/workflow-runs/{run}").text

    assert "Retry" not in page
    assert member.send(f"/workflow-runs/{run}/cancel").status_code == 403
    boards.set_permission(as_actor(ada), board.id, mia.id, BoardLevel.NONE)
    assert member.get(f"/workflow-runs/{run}").status_code == 404


def test_a_workflow_is_deleted_but_not_while_it_runs(browser, made, ada):
    workflow_id = made(published=True)
    run = workflows.start(as_actor(ada), workflow_id, {"topic": "linen"})

    browser.post(f"/workflows/{workflow_id}/delete", {})
    assert "is under way" in browser.get(f"/workflows/{workflow_id}").text
    workflows.cancel(as_actor(ada), run.id)
    browser.post(f"/workflows/{workflow_id}/delete", {})

    assert browser.get(f"/workflows/{workflow_id}").status_code == 404


def test_a_workflow_is_scheduled_with_its_inputs(browser, pages, mia, make, made, board):
    workflow_id = made(published=True)
    assert f"/schedules/new?workflow={workflow_id}" in browser.get(f"/workflows/{workflow_id}").text
    typed = typed_in(browser.get(f"/schedules/new?workflow={workflow_id}").text, "/schedules/new")

    saved = browser.post("/schedules/new", typed | {"input-topic": "linen {week}"})

    address = saved.headers["Location"]
    shown = browser.get(address).text
    assert "Starts the workflow Report" in shown
    assert "linen {week}" in shown
    assert "Workflow Report" in browser.get("/schedules").text
    assert browser.post(address, typed_in(shown, address) | {"input-topic": "wool"}).status_code == 303
    assert "wool" in browser.get(address).text
    assert browser.post(f"{address}/run", {}).headers["Location"].startswith("/workflow-runs/")
    make.grant(mia, board, BoardLevel.VIEW)
    assert "Starts the workflow Report" in pages.as_(mia).get(address).text

import json

import pytest

from helix.models.vocabulary import BoardLevel, TaskStatus
from helix.services import comments, tasks
from tests.support.people import as_actor


def test_the_dialog_makes_a_task(pages, mia, make):
    board = make.board("Blog")
    agent = make.agent("Sierra")
    browser = pages.as_(mia)

    dialog = browser.part("/tasks/new", headers={"HX-Current-URL": f"http://localhost/boards/{board.id}"}).text
    reply = browser.send(
        "/tasks/new",
        {
            "title": "Write <b>it</b>",
            "board_id": board.id,
            "assigned_agent_id": agent.id,
            "priority": "high",
            "due_date": "2031-02-03",
            "tags": "SEO, #blog",
            "requires_approval": "1",
        },
    )
    page = browser.get(f"/boards/{board.id}").text

    assert f'<option value="{board.id}" selected>' in dialog
    assert reply.headers["HX-Redirect"].startswith(f"/boards/{board.id}?task=")
    card = page.split("<article")[1].split("</article>")[0]
    assert "Write &lt;b&gt;it&lt;/b&gt;" in card
    assert "2031-02-03T23:59:59Z" in card
    assert ">seo<" in card
    assert ">blog<" in card


def test_a_form_that_is_not_whole_comes_back_with_what_was_typed(pages, mia, make):
    make.board()

    reply = pages.as_(mia).send(
        "/tasks/new", {"title": " ", "description": "Kept", "board_id": "999", "priority": "low"}
    )

    assert reply.status_code == 422
    assert "Kept" in reply.text
    assert 'id="f-title-error"' in reply.text


def test_the_page_of_a_task_shows_what_it_says_and_nothing_of_it_runs(pages, mia, make):
    task = make.task("<script>alert(1)</script>", by=mia, description="**bold** <img src=x onerror=alert(2)>")

    page = pages.as_(mia).get(f"/tasks/{task.id}").text

    assert "<strong>bold</strong>" in page
    assert "<script>alert" not in page
    assert "<img src=x" not in page


@pytest.mark.parametrize("tab", ["thread", "runs", "activity", "nonsense"])
def test_every_tab_of_the_panel_opens(pages, mia, make, tab):
    task = make.task(by=mia)
    comments.add(as_actor(mia), task.id, "Look at **this**")

    reply = pages.as_(mia).part(f"/tasks/{task.id}/panel?tab={tab}")

    assert reply.status_code == 200
    assert reply.text.lstrip().startswith('<section class="panel"')


def test_the_panel_costs_the_same_for_one_comment_and_for_many(pages, mia, make, statements):
    task = make.task(by=mia, agent=make.agent("Sierra"))
    comments.add(as_actor(mia), task.id, "Hello @Sierra")
    browser = pages.as_(mia)
    with statements() as few:
        browser.part(f"/tasks/{task.id}/panel")

    for _ in range(10):
        comments.add(as_actor(mia), task.id, "Again @Sierra and @Mia")
    with statements() as many:
        browser.part(f"/tasks/{task.id}/panel")

    assert len(many) == len(few)
    assert len(many) <= 13, many


def test_a_change_is_saved_and_the_panel_comes_back(pages, mia, make):
    task = make.task(by=mia)

    reply = pages.as_(mia).send(
        f"/tasks/{task.id}/edit", {"priority": "urgent", "tags": "a, b", "due_date": "", "version": task.version}
    )

    assert reply.status_code == 200
    assert "Urgent" in reply.text
    saved = tasks.get(as_actor(mia), task.id)
    assert (saved.priority, saved.tags, saved.due_at) == ("urgent", ["a", "b"], None)


def test_a_stale_change_shows_both_versions_and_changes_nothing(pages, mia, make):
    task = make.task("First", by=mia)
    read = task.version
    tasks.edit(as_actor(mia), task.id, {"title": "Theirs"})

    reply = pages.as_(mia).send(f"/tasks/{task.id}/edit", {"title": "Mine", "version": read})

    assert reply.status_code == 409
    assert "Theirs" in reply.text
    assert "Mine" in reply.text
    assert tasks.get(as_actor(mia), task.id).title == "Theirs"


def test_both_versions_of_a_due_day_are_days_of_the_organizations_zone(pages, mia, make):
    task = make.task(by=mia)
    browser = pages.as_(mia)
    browser.post("/profile", {"name": mia.name, "timezone": "Pacific/Auckland", "theme": "dark"})
    browser.post(f"/tasks/{task.id}/edit", {"due_date": "2031-02-03", "version": task.version})

    reply = browser.send(f"/tasks/{task.id}/edit", {"due_date": "2031-02-09", "version": task.version})

    assert reply.status_code == 409
    assert ">2031-02-03<" in reply.text
    assert ">2031-02-09<" in reply.text


def test_a_plain_form_is_led_back_to_the_page(pages, mia, make):
    task = make.task(by=mia)

    reply = pages.as_(mia).post(f"/tasks/{task.id}/edit", {"title": "New", "version": task.version})

    assert reply.status_code == 303
    assert reply.headers["Location"] == f"/tasks/{task.id}"


def test_execute_queues_a_run_and_the_panel_says_why_it_waits(pages, mia, make):
    make.model()
    task = make.task(by=mia, agent=make.agent())

    reply = pages.as_(mia).send(f"/tasks/{task.id}/execute")

    assert reply.status_code == 200
    assert "Queued: No worker is running." in reply.text
    assert "Stop" in reply.text
    assert pages.as_(mia).send(f"/tasks/{task.id}/execute").status_code == 409
    assert "Run again" in pages.as_(mia).send(f"/tasks/{task.id}/cancel-run").text


def test_sending_back_needs_words_and_becomes_a_comment(pages, mia, make):
    task = make.task(by=mia, status=TaskStatus.REVIEW)
    browser = pages.as_(mia)

    empty = browser.send(f"/tasks/{task.id}/reject", {"feedback": " "})
    reply = browser.send(f"/tasks/{task.id}/reject", {"feedback": "Shorter"})

    assert empty.status_code == 422
    assert "Say what should be different" in empty.text
    assert reply.status_code == 200
    assert tasks.get(as_actor(mia), task.id).status == TaskStatus.REJECTED
    assert "Shorter" in browser.part(f"/tasks/{task.id}/panel").text


@pytest.mark.parametrize("address", ["/tasks/{}/reject", "/inbox/tasks/{}/reject"])
@pytest.mark.parametrize("by_htmx", [False, True], ids=["plain", "htmx"])
def test_sending_back_to_run_again_stays_when_the_agent_cannot_start_and_says_why(pages, mia, make, address, by_htmx):
    make.model()
    ready = make.task(by=mia, agent=make.agent("Sierra"), status=TaskStatus.REVIEW)
    off = make.task(by=mia, agent=make.agent("Klay", enabled=False), status=TaskStatus.REVIEW)
    browser = pages.as_(mia)
    send = browser.send if by_htmx else browser.post
    wish = {"feedback": "Shorter", "run": "1"}

    started, refused = (send(address.format(task.id), wish) for task in (ready, off))
    said = refused.text if by_htmx else browser.get(refused.headers["Location"]).text

    assert [reply.status_code for reply in (started, refused)] == ([200, 200] if by_htmx else [303, 303])
    assert "Klay is disabled." in said
    assert "The agent was not started again." in said
    by_mia = as_actor(mia)
    assert [tasks.get(by_mia, task.id).status for task in (ready, off)] == ["rejected", "rejected"]
    assert [tasks.get(by_mia, task.id).last_run_id is not None for task in (ready, off)] == [True, False]


def test_what_was_deleted_or_archived_is_brought_back_from_the_toast(pages, mia, make):
    task = make.task(by=mia)
    browser = pages.as_(mia)

    archived = json.loads(browser.send(f"/tasks/{task.id}/archive").headers["HX-Trigger"])
    was_archived = tasks.get(as_actor(mia), task.id).archived
    browser.send(archived["toast"]["undo"]["url"], archived["toast"]["undo"]["values"])
    deleted = json.loads(browser.send(f"/tasks/{task.id}/delete").headers["HX-Trigger"])
    gone = browser.get(f"/tasks/{task.id}").status_code
    browser.send(deleted["toast"]["undo"]["url"], deleted["toast"]["undo"]["values"])

    assert deleted["helix:gone"] == {"id": task.id}
    assert gone == 404
    found = tasks.get(as_actor(mia), task.id)
    assert was_archived
    assert not found.archived


def test_a_task_that_is_deleted_on_its_own_page_can_be_brought_back_on_the_board(pages, mia, make):
    task = make.task("Write <it>", by=mia)
    browser = pages.as_(mia)

    reply = browser.send(
        f"/tasks/{task.id}/delete", headers={"HX-Current-URL": f"http://localhost/tasks/{task.id}?tab=runs"}
    )
    board, again = (browser.get(reply.headers["HX-Redirect"]).text for _ in range(2))
    browser.post(f"/boards/{task.board_id}/undo", {"deleted": f"[{task.id}]"})

    assert "Deleted “Write &lt;it&gt;”." in board
    assert f'<input type="hidden" name="deleted" value="[{task.id}]">' in board
    assert "Deleted “" not in again
    assert tasks.get(as_actor(mia), task.id).title == "Write <it>"


def test_many_tags_are_folded_in_the_panel(pages, mia, make):
    few, many = (make.task(by=mia, tags=[f"tag-{one}" for one in range(count)]) for count in (8, 20))

    plain, folded = (pages.as_(mia).part(f"/tasks/{task.id}/panel").text for task in (few, many))

    assert 'id="all-tags"' not in plain
    assert "<span>+12</span>" in folded
    assert folded.count('<span class="tag"') == 20


def test_comments_are_written_changed_and_deleted(pages, mia, noah, make):
    task = make.task(by=mia)
    browser = pages.as_(mia)

    made = browser.send(f"/tasks/{task.id}/comments", {"content": "*one*"}).text
    number = made.split('id="comment-')[1].split('"')[0]
    changed = browser.send(f"/comments/{number}/edit", {"content": "two"}).text
    refused = pages.as_(noah).send(f"/comments/{number}/edit", {"content": "three"}).status_code
    browser.send(f"/comments/{number}/delete")

    assert "<em>one</em>" in made
    assert "two" in changed
    assert "edited" in changed
    assert refused == 403
    assert f'id="comment-{number}"' not in browser.part(f"/tasks/{task.id}/panel").text


ROUTES_OF_A_TASK = [
    ("GET", "/tasks/{id}", 200, 200),
    ("GET", "/tasks/{id}/panel", 200, 200),
    ("GET", "/tasks/{id}/results", 200, 200),
    ("GET", "/tasks/{id}/description", 403, 200),
    ("POST", "/tasks/{id}/edit", 403, 200),
    ("POST", "/tasks/{id}/move", 403, 200),
    ("POST", "/tasks/{id}/archive", 403, 200),
    ("POST", "/tasks/{id}/watch", 200, 200),
    ("POST", "/tasks/{id}/comments", 200, 200),
    ("POST", "/tasks/{id}/execute", 403, 409),
    ("POST", "/tasks/{id}/cancel-run", 403, 409),
    ("POST", "/tasks/{id}/approve", 403, 409),
    ("POST", "/tasks/{id}/delete", 403, 204),
]


@pytest.mark.parametrize(("method", "path", "viewer", "owner"), ROUTES_OF_A_TASK)
def test_who_may_do_what_with_a_task(pages, mia, noah, ada, make, method, path, viewer, owner):
    board = make.board()
    make.grant(mia, board, BoardLevel.NONE)
    make.grant(noah, board, BoardLevel.VIEW)
    task = make.task(board=board, by=ada)
    address = path.format(id=task.id)
    form = {"content": "Hello", "title": "New", "status": "todo"}

    def status(who):
        return who.send(address, form).status_code if method == "POST" else who.part(address).status_code

    assert status(pages.as_(mia)) == 404
    assert status(pages.as_(noah)) == viewer
    assert status(pages.as_(ada)) == owner
    assert status(pages) == 401


def test_the_palette_finds_boards_agents_and_tasks_that_are_seen(pages, mia, ada, make):
    board, hidden = make.board("Linen board"), make.board("Linen secrets")
    make.grant(mia, hidden, BoardLevel.NONE)
    make.agent("Linen Lou")
    seen = make.task("About linen", board=board, by=ada)
    make.task("Hidden linen", board=hidden, by=ada)

    found = pages.as_(mia).get("/palette?q=linen").json

    assert {entry["label"] for entry in found} == {"Linen board", "Linen Lou", "About linen"}
    assert next(entry for entry in found if "task" in entry)["url"] == f"/boards/{board.id}?task={seen.id}"


def test_a_person_who_sees_the_board_is_chosen_in_the_menu_of_the_panel(pages, ada, mia, noah, make):
    board = make.board()
    make.grant(noah, board, BoardLevel.NONE)
    task = make.task(board=board)
    signed_in = pages.as_(ada)

    menu = signed_in.get(f"/tasks/{task.id}/team").text
    panel = signed_in.send(f"/tasks/{task.id}/edit", {"assigned_user_id": str(mia.id), "version": str(task.version)})

    assert "Mia" in menu
    assert "Noah" not in menu
    assert panel.status_code == 200
    assert 'title="Mia, person"' in panel.text
    assert "assigned it to Mia" in signed_in.get(f"/tasks/{task.id}/panel?tab=activity").text


@pytest.mark.parametrize(("open_task", "tab"), [("this", "activity"), ("another", "thread")])
def test_an_approval_leaves_the_open_tab_as_it_is(pages, ada, make, open_task, tab):
    task = make.task(status=TaskStatus.REVIEW)
    shown = task.id if open_task == "this" else task.id + 1
    at = {"HX-Current-URL": f"http://localhost/boards/{task.board_id}?task={shown}&tab=activity"}

    panel = pages.as_(ada).send(f"/tasks/{task.id}/approve", headers=at)

    assert f'data-tab="{tab}"' in panel.text

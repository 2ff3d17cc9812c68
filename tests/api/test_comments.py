"""Comments on a task."""

import pytest

from helix.extensions import db
from helix.models import Notification, Run
from helix.models.vocabulary import BoardLevel


def say(client, task_id, content="Great work @Sierra! Can you add a pricing section?"):
    return client.post(f"/api/tasks/{task_id}/comments/", json={"content": content})


@pytest.fixture
def mine(api, mia, make):
    """A client signed in as Mia, and a task created by her."""
    return api.as_(mia), make.task(by=mia).id


def test_a_comment_is_added_with_its_mentions_and_listed(api, mia, make):
    sierra = make.agent(name="Sierra").id
    client, mia_id, task = api.as_(mia), mia.id, make.task(by=mia).id

    added = say(client, task)

    assert added.status_code == 201, added.json
    assert added.json == {
        "id": added.json["id"],
        "task_id": task,
        "author_type": "user",
        "author_id": mia_id,
        "author_name": "Mia",
        "author_avatar_url": None,
        "content": "Great work @Sierra! Can you add a pricing section?",
        "kind": "",
        "mentions": {"users": [], "agents": [sierra]},
        "created_at": added.json["created_at"],
        "edited_at": None,
    }
    assert client.get(f"/api/tasks/{task}/comments/").json == [added.json]
    assert client.get(f"/api/tasks/{task}").json["comment_count"] == 1


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("@Sierra and @sierra and @SIERRA", ["Sierra"]),
        ("@Sierra Lark, please", ["Sierra Lark"]),
        ("@Sierra Larkspur", ["Sierra"]),
        ("@Sierras", []),
        ("mail a@Sierra.c or x@sierra", []),
        ("`@Sierra` and\n```\n@Sierra\n```\n", []),
        ("(@Sierra) @Atlas", ["Sierra", "Atlas"]),
        ("@nobody", []),
    ],
)
def test_the_longest_name_is_meant_each_once_and_never_in_code(api, mia, make, content, named):
    ids = {name: make.agent(name=name).id for name in ("Sierra", "Sierra Lark", "Atlas")}
    client, task = api.as_(mia), make.task(by=mia).id

    reply = say(client, task, content)

    assert reply.json["mentions"]["agents"] == [ids[name] for name in named]


def test_a_mentioned_agent_answers_in_a_run_and_the_task_stays_where_it_was(api, mia, make):
    make.model()
    agent = make.agent(name="Sierra").id
    client, task = api.as_(mia), make.task(by=mia).id

    added = say(client, task)

    run = db.session.query(Run).one()
    assert (run.trigger, run.agent_id, run.comment_id, run.task_id) == ("mention", agent, added.json["id"], task)
    assert client.get(f"/api/tasks/{task}").json["status"] == "todo"


def test_a_mentioned_person_is_told_unless_he_may_not_see_the_board(api, mia, noah, make):
    board = make.board()
    task = make.task(by=mia, board=board).id
    client, noahs = api.as_(mia), api.as_(noah)
    say(client, task, "@Noah look")
    told = noahs.get("/api/notifications/").json["items"]
    make.grant(noah, board, BoardLevel.NONE)
    say(client, task, "@Noah again")

    assert [(one["type"], one["target_id"]) for one in told] == [("mention", task)]
    assert db.session.query(Notification).filter_by(type="mention").count() == 1


def test_the_author_edits_and_deletes(mine):
    client, task = mine
    comment = say(client, task, "First").json["id"]

    edited = client.patch(f"/api/comments/{comment}", json={"content": "Second"})
    deleted = [client.delete(f"/api/comments/{comment}").status_code for _ in range(2)]

    assert edited.status_code == 200
    assert (edited.json["content"], edited.json["edited_at"] is not None) == ("Second", True)
    assert deleted == [204, 404]
    assert client.get(f"/api/tasks/{task}").json["comment_count"] == 0


def test_a_manager_may_change_anothers_and_a_member_may_not(api, ada, mia, noah, make):
    task = make.task(by=mia).id
    client, member, admin = api.as_(mia), api.as_(noah), api.as_(ada)
    comment = say(client, task, "Mine").json["id"]

    refused = [
        member.patch(f"/api/comments/{comment}", json={"content": "x"}).status_code,
        member.delete(f"/api/comments/{comment}").status_code,
    ]
    managed = admin.patch(f"/api/comments/{comment}", json={"content": "Tidied"})

    assert refused == [403, 403]
    assert (managed.status_code, managed.json["author_name"]) == (200, "Mia")


def test_a_viewer_reads_and_comments_and_a_stranger_sees_nothing(api, mia, noah, make):
    board = make.board()
    make.grant(noah, board, BoardLevel.VIEW)
    task = make.task(by=mia, board=board).id
    viewer = api.as_(noah)
    comment = say(viewer, task, "A question").json["id"]
    closed = make.board()
    make.grant(noah, closed, BoardLevel.NONE)
    hidden = make.task(by=mia, board=closed).id
    theirs = say(api.as_(mia), hidden, "Between us").json["id"]

    assert viewer.get(f"/api/tasks/{task}/comments").json[0]["id"] == comment
    assert viewer.get(f"/api/tasks/{hidden}/comments").status_code == 404
    assert say(viewer, hidden, "x").status_code == 404
    assert viewer.patch(f"/api/comments/{theirs}", json={"content": "x"}).status_code == 404
    assert viewer.delete(f"/api/comments/{theirs}").status_code == 404


@pytest.mark.parametrize("content", ["", "  \n", "x" * 20_001, "a\x00b", None, 5])
def test_a_comment_has_1_to_20000_characters(mine, content):
    client, task = mine

    assert say(client, task, content).status_code == 422
    assert say(client, task, "x" * 20_000).status_code == 201


def test_what_cannot_be_read_and_who_is_unknown_is_refused(api, mine):
    client, task = mine
    path = f"/api/tasks/{task}/comments"

    assert api.get(path).status_code == 401
    assert client.get("/api/tasks/999999/comments/").status_code == 404
    assert client.post(path, data="content=x").status_code == 415
    assert client.post(path, json={"content": "x", "author": 1}).status_code == 422


def test_a_long_thread_comes_in_pages(mine):
    client, task = mine
    ids = [say(client, task, str(number)).json["id"] for number in range(3)]

    page = client.get(f"/api/tasks/{task}/comments?page=2&per_page=2")

    assert [one["id"] for one in page.json] == ids[2:]
    assert page.headers["X-Total-Count"] == "3"
    assert 'rel="prev"' in page.headers["Link"]


@pytest.mark.parametrize("blank", ["\u00a0", "\n", "\u3000", "  ", "\t"])
def test_mention_reaches_the_longest_name_across_any_blank(api, mia, make, blank):
    make.model()
    ann, ann_marie = make.agent("Ann"), make.agent("Ann Marie")
    task = make.task(by=mia)

    made = api.as_(mia).post(f"/api/tasks/{task.id}/comments/", json={"content": f"@Ann{blank}Marie, look at this"})

    assert made.json["mentions"]["agents"] == [ann_marie.id]
    assert ann.id not in made.json["mentions"]["agents"]

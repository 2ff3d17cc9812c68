"""Tags over all tasks: listed, renamed and merged."""

import pytest

from helix.models.vocabulary import BoardLevel
from helix.services import boards, tasks
from helix.services.tasks import tag_list
from tests.support.people import as_actor


def named(client):
    return {row["tag"]: row["task_count"] for row in client.get("/api/tasks/tags").json}


def test_tags_are_counted_on_visible_boards_the_most_used_first(api, mia, make):
    board, hidden = make.board(), make.board()
    make.grant(mia, hidden, BoardLevel.NONE)
    make.task(board=board, tags=["seo", "blog"])
    make.task(board=board, tags=["seo"])
    make.task(board=hidden, tags=["secret"])

    found = api.as_(mia).get("/api/tasks/tags").json

    assert found == [
        {"tag": "seo", "task_count": 2, "skills": []},
        {"tag": "blog", "task_count": 1, "skills": []},
    ]


def test_several_are_merged_into_one_on_tasks_and_saved_views(api, ada, make, monkeypatch):
    monkeypatch.setattr(tag_list, "CHUNK_SIZE", 2)
    board = make.board()
    found = [make.task(board=board, tags=["a", "blogs", "seo"]) for _ in range(3)]
    both = make.task(board=board, tags=["blog", "weblog"])
    view = boards.add_view(as_actor(ada), board.id, name="Blogs", query="tag=blogs&priority=high")
    client = api.as_(ada)

    reply = client.post("/api/tasks/tags/rename", json={"tags": ["Blogs", "weblog"], "to": "Blog"})

    assert reply.json == {"updated": 4}
    assert [tasks.get(as_actor(ada), task.id).tags for task in found] == [["a", "blog", "seo"]] * 3
    assert tasks.get(as_actor(ada), both.id).tags == ["blog"]
    assert named(client) == {"blog": 4, "a": 3, "seo": 3}
    assert boards.view(as_actor(ada), view.id).query == "priority=high&tag=blog"
    assert [row["id"] for row in client.get("/api/tasks/?tag=blog").json] == [*(task.id for task in found), both.id]


def test_a_member_renames_on_boards_that_he_manages_alone(api, mia, make):
    managed, other = make.board(), make.board()
    mine, theirs = make.task(board=managed, tags=["seo"]), make.task(board=other, tags=["seo"])
    body = {"tags": ["seo"], "to": "search"}

    refused = api.as_(mia).post("/api/tasks/tags/rename", json=body)
    make.grant(mia, managed, BoardLevel.MANAGE)
    done = api.as_(mia).post("/api/tasks/tags/rename", json=body)

    assert refused.status_code == 403
    assert done.json == {"updated": 1}
    assert named(api.as_(mia)) == {"search": 1, "seo": 1}
    assert [tasks.get(as_actor(mia), task.id).tags for task in (mine, theirs)] == [["search"], ["seo"]]


@pytest.mark.parametrize("body", [{"tags": [], "to": "a"}, {"tags": ["a"], "to": " "}, {"tags": ["a"], "to": "b, c"}])
def test_what_is_no_tag_is_refused(api, ada, make, body):
    make.task(tags=["a"])

    assert api.as_(ada).post("/api/tasks/tags/rename", json=body).status_code == 422


def test_the_page_lists_and_merges_for_those_who_may(pages, ada, mia, make):
    make.task(tags=["blogs"])
    make.task(tags=["blog"])

    shown = pages.as_(mia).get("/tags").text
    admin = pages.as_(ada)
    reply = admin.send("/tags/rename", {"tags": "blogs", "to": "#blog"})
    told = admin.get("/tags").text
    refused = pages.as_(ada).send("/tags/rename", {"to": "blog"})

    assert "Changed the tags of 1 task." in told
    assert "blogs" in shown
    assert "Rename or merge" not in shown
    assert reply.headers.get("HX-Redirect", reply.headers.get("Location")) == "/tags"
    assert pages.as_(ada).get("/tags/suggestions").json == ["blog"]
    assert refused.status_code == 422

"""GET /api/tasks/search and the list filter `q`: the same on both databases."""

import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Organization, Task
from helix.models.vocabulary import BoardLevel
from helix.services import search, tasks
from tests.support.people import as_actor


def titles(reply):
    assert reply.status_code == 200, reply.json
    return [task["title"] for task in reply.json]


def test_a_part_of_a_title_finds_the_task_whatever_its_case(api, mia, make):
    make.task("Write a BLOG post about tools")
    make.task("Something else")

    reply = api.as_(mia).get("/api/tasks/search?q=blog post")

    assert titles(reply) == ["Write a BLOG post about tools"]
    assert reply.json[0] == api.as_(mia).get(f"/api/tasks/{reply.json[0]['id']}").json


def test_titles_come_before_agents_before_descriptions_and_newer_first(api, mia, make):
    sierra = make.agent(name="Sierra Lark")
    board = make.board()
    make.task("By its description", board=board, description="Ask sierra")
    make.task("By its agent", board=board, agent=sierra)
    make.task("Sierra, first", board=board)
    make.task("Sierra, second", board=board, agent=sierra, description="sierra")

    reply = api.as_(mia).get("/api/tasks/search?q=SIERRA")

    assert titles(reply) == ["Sierra, second", "Sierra, first", "By its agent", "By its description"]


def test_descriptions_fill_up_what_titles_leave_of_twenty(api, mia, make):
    board = make.board()
    for number in range(15):
        make.task(f"Told {number}", board=board, description="the zebra")
    for number in range(12):
        make.task(f"Zebra {number}", board=board, description="the zebra")

    found = titles(api.as_(mia).get("/api/tasks/search?q=zebra"))

    assert found == [f"Zebra {number}" for number in reversed(range(12))] + [
        f"Told {number}" for number in reversed(range(7, 15))
    ]


@pytest.mark.parametrize("letters", ["Crème", "CRÈME", "crème brûl", "ЗАКАЗ", "заказ", "日本語"])
def test_letters_of_every_alphabet_are_found_without_case(api, mia, make, letters):
    make.task("Crème brûlée for the заказ 日本語版")

    assert len(api.as_(mia).get("/api/tasks/search", query_string={"q": letters}).json) == 1


@pytest.mark.parametrize("sign", ["100%", "a_b", "50%_", "%%%", "___", '"x"', "it's", "a\\b", "(x", "AND NOT", "-foo*"])
def test_signs_mean_themselves(api, mia, make, sign):
    make.task("Nothing of the kind, axb 100 ab x")
    make.task(f"Here is {sign} in it")

    assert titles(api.as_(mia).get("/api/tasks/search", query_string={"q": sign})) == [f"Here is {sign} in it"]


def test_one_and_two_letters_find_beginnings_of_words(api, mia, make):
    make.task("A report", description="quick")
    make.task("Unprepared")
    make.task("Other", agent=make.agent(name="Rex"))

    assert titles(api.as_(mia).get("/api/tasks/search?q=re")) == ["A report", "Other"]
    assert titles(api.as_(mia).get("/api/tasks/search?q=Q")) == ["A report"]


def test_where_two_letters_begin_many_titles_the_newest_that_one_sees_come_first(api, mia, make):
    closed, opened = make.board(), make.board()
    make.grant(mia, closed, BoardLevel.NONE)
    for number in range(4):
        make.task(f"Re-read {number}", board=opened)
    make.task("Unprepared", board=opened, description="Report")
    make.task("Report of theirs", board=closed)

    assert titles(api.as_(mia).get("/api/tasks/search?q=re&limit=3")) == ["Re-read 3", "Re-read 2", "Re-read 1"]
    assert titles(api.as_(mia).get("/api/tasks/search?q=re"))[-1] == "Unprepared"


@pytest.mark.parametrize("pair", ["京都", "東", "c+", "#", "%"])
def test_pairs_without_words_are_found_in_any_place(api, mia, make, pair):
    make.task("Nothing here, ccc")
    make.task(f"Go to x{pair}y")

    assert titles(api.as_(mia).get("/api/tasks/search", query_string={"q": pair})) == [f"Go to x{pair}y"]


def test_only_live_tasks_are_found(api, mia, make):
    board = make.board()
    archived, deleted = make.task("Gone archived", by=mia, board=board), make.task("Gone deleted", by=mia, board=board)
    tasks.edit(as_actor(mia), archived.id, {"archived": True})
    tasks.delete(as_actor(mia), deleted.id)

    assert api.as_(mia).get("/api/tasks/search?q=gone").json == []


def test_the_right_to_see_is_asked_before_the_limit(api, mia, make):
    closed, opened = make.board(), make.board()
    make.grant(mia, closed, BoardLevel.NONE)
    make.task("Needle mine", board=opened)
    for number in range(3):
        make.task(f"Needle {number}", board=closed)

    assert titles(api.as_(mia).get("/api/tasks/search?q=needle&limit=1")) == ["Needle mine"]


def test_a_member_of_closed_boards_finds_nothing(api, mia, make):
    with transaction():
        db.session.get_one(Organization, 1).default_board_level = BoardLevel.NONE
    make.task("Secret plans", agent=make.agent(name="Secretary"))

    assert api.as_(mia).get("/api/tasks/search?q=secret").json == []
    assert api.as_(mia).get("/api/tasks?q=secret").json == []


def test_a_change_of_words_is_found_at_once(api, mia, make):
    task = make.task("Before", by=mia)

    api.as_(mia).patch(f"/api/tasks/{task.id}", json={"title": "Afterwards"})

    assert titles(api.as_(mia).get("/api/tasks/search?q=afterw")) == ["Afterwards"]
    assert api.as_(mia).get("/api/tasks/search?q=before").json == []


def test_limit_and_words_are_checked(api, mia):
    mine = api.as_(mia)

    assert [mine.get(f"/api/tasks/search?q=abc&limit={n}").status_code for n in ("0", "101", "x", "100")] == [
        422,
        422,
        422,
        200,
    ]
    assert mine.get("/api/tasks/search").status_code == 422
    assert mine.get("/api/tasks/search?q=a%00b").status_code == 422
    assert mine.get("/api/tasks/search?q=%20").json == []
    assert api.get("/api/tasks/search?q=abc").status_code == 401


def test_the_list_takes_q_among_its_filters(api, mia, make):
    board, other = make.board(), make.board()
    board_id = board.id
    make.task("Blog here", board=board)
    make.task("Blog there", board=other)
    make.task("By agent", board=board, agent=make.agent(name="Blogger"))

    reply = api.as_(mia).get(f"/api/tasks?board_id={board_id}&q=blog&sort=-created_at")

    assert titles(reply) == ["By agent", "Blog here"]
    assert reply.headers["X-Total-Count"] == "2"
    assert titles(api.as_(mia).get("/api/tasks?q=b&sort=created_at")) == ["Blog here", "Blog there", "By agent"]
    assert len(api.as_(mia).get("/api/tasks?q=").json) == 3


# What either database or its query language might trip over.
NASTY = st.text(
    st.sampled_from(string.ascii_letters + "%_\\\"'*()-+:^{}[]<>&|!~ ß\u0130éñ京ก\u0301🦜\u200b")
    | st.characters(codec="utf-8", exclude_characters="\x00"),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=NASTY)
def test_whatever_is_typed_is_answered(ada, make, typed):
    found = search.tasks(as_actor(ada), typed)
    listed, total = tasks.listed(as_actor(ada), tasks.TaskFilter(q=typed), limit=10)

    assert found == []
    assert len(listed) == total == 0 or not typed.strip()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=NASTY, middle=st.text(st.sampled_from("abcXYZ%_\\\"'*()- 京9"), min_size=3, max_size=8), after=NASTY)
def test_every_part_of_a_title_finds_it(ada, make, before, middle, after):
    board = make.board()
    task = make.task(f"{before}{middle}{after}", board=board)

    found = search.tasks(as_actor(ada), middle, limit=100) if len(middle.strip()) >= 3 else [task.id]

    assert task.id in found
    with transaction():
        db.session.delete(db.session.get_one(Task, task.id))

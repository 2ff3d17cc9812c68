"""A board with a default level of its own: `none` makes it private, for everybody who has no grant."""

import json

import pytest

from helix.extensions import db
from helix.models import Activity
from helix.models.vocabulary import BoardLevel
from helix.services import accounts, boards, comments, tasks
from helix.services.notifications import recipients
from tests.support.people import as_actor

pytestmark = pytest.mark.any_database

WORD = "zephyrine"


@pytest.fixture
def private(api, ada, make):
    """A board that Ada has made private; its name, task and comment hold a word that occurs nowhere else."""
    board = make.board(f"The {WORD} board")
    task = make.task(f"A {WORD} task", by=ada, board=board, agent=make.agent(primary_board_id=board.id))
    comments.add(as_actor(ada), task.id, f"The {WORD} comment")
    assert api.as_(ada).patch(f"/api/boards/{board.id}", json={"default_level": "none"}).status_code == 200
    return board.id, task.id


READS = (
    "/api/boards/",
    "/api/tasks/",
    "/api/agents/",
    f"/api/search?q={WORD}",
    "/api/activity/",
    "/api/dashboard/stats",
    "/api/dashboard/activity",
    "/api/notifications/",
    "/api/requests/",
    "/api/departments/",
)
PAGES = (
    "/",
    "/boards",
    "/inbox",
    "/inbox?show=notifications",
    "/agents",
    "/activity",
    "/activity.csv",
    f"/search?q={WORD}",
    "/costs",
    "/skills",
)


@pytest.mark.parametrize("path", READS)
def test_no_answer_tells_a_member_of_a_private_board(api, ada, mia, private, path):
    board, task = private

    answer = api.as_(mia).get(path)

    assert answer.status_code in (200, 404), path
    assert WORD not in answer.get_data(as_text=True).replace(f'"{WORD}"', "")
    if path in ("/api/boards/", "/api/tasks/", f"/api/search?q={WORD}", "/api/activity/"):
        assert WORD in api.as_(ada).get(path).get_data(as_text=True).replace(f'"{WORD}"', "")


@pytest.mark.parametrize("path", PAGES)
def test_no_page_tells_a_member_of_a_private_board(pages, mia, private, path):
    text = pages.as_(mia).get(path).get_data(as_text=True)

    assert f"{WORD} board" not in text
    assert f"{WORD} task" not in text
    assert f"{WORD} comment" not in text


def test_a_private_board_is_a_404_by_its_id(api, mia, private):
    board, task = private
    client = api.as_(mia)

    paths = (f"/api/boards/{board}", f"/api/boards/{board}/views", f"/api/tasks/{task}", f"/api/tasks/{task}/comments")
    assert [client.get(path).status_code for path in paths] == [404] * 4
    assert client.post("/api/tasks/", json={"title": "In", "board_id": board}).status_code in (404, 422)


def test_a_grant_opens_a_private_board_to_one_person(api, ada, mia, noah, private):
    board, task = private

    api.as_(ada).put(f"/api/boards/{board}/permissions", json=[{"user_id": mia.id, "level": "create"}])

    assert api.as_(mia).get(f"/api/boards/{board}").json["my_level"] == "create"
    assert WORD in api.as_(mia).get(f"/api/search?q={WORD}").get_data(as_text=True).replace(f'"{WORD}"', "")
    assert api.as_(noah).get(f"/api/boards/{board}").status_code == 404


def test_whoever_is_invited_later_does_not_see_it_either(api, private, people):
    board, _ = private

    newcomer = people.member("Newcomer")

    assert as_actor(newcomer).level_on(board) == BoardLevel.NONE
    assert api.as_(newcomer).get(f"/api/boards/{board}").status_code == 404


@pytest.mark.parametrize("organization", ["none", "view", "create", "manage"])
@pytest.mark.parametrize("of_board", [None, "none", "view", "create", "manage"])
@pytest.mark.parametrize("grant", [None, "none", "view", "manage"])
def test_the_own_level_goes_before_the_boards_and_that_before_the_organizations(
    api, ada, mia, make, organization, of_board, grant
):
    board, other = make.board(), make.board()
    api.as_(ada).patch("/api/org/settings", json={"default_board_level": organization})
    api.as_(ada).patch(f"/api/boards/{board.id}", json={"default_level": of_board})
    if grant:
        make.grant(mia, board, BoardLevel.of(grant))
    expected = BoardLevel.of(grant or of_board or organization)

    actor = as_actor(mia)

    assert actor.level_on(board.id) == expected
    assert actor.level_on(other.id) == BoardLevel.of(organization)
    # In SQL as in Python.
    for level in (BoardLevel.VIEW, BoardLevel.CREATE, BoardLevel.MANAGE):
        seen = {one.id for one in boards.boards(actor)} if level == BoardLevel.VIEW else None
        assert seen is None or (board.id in seen) == (expected >= level)
    found, _ = tasks.listed(actor, tasks.TaskFilter(board.id), limit=5)
    task = make.task(by=ada, board=board)
    found, _ = tasks.listed(actor, tasks.TaskFilter(board.id), limit=5)
    assert bool(found) == (expected >= BoardLevel.VIEW)
    told = recipients.select_recipients(task, [recipients.named([mia.id])], besides=None)
    assert (mia.id in db.session.scalars(told.people, told.values)) == (expected >= BoardLevel.VIEW)


def test_null_gives_the_board_the_organizations_level_again(api, ada, mia, private):
    board, _ = private

    changed = api.as_(ada).patch(f"/api/boards/{board}", json={"default_level": None})

    assert changed.json["default_level"] is None
    assert api.as_(mia).get(f"/api/boards/{board}").json["my_level"] == "create"


def test_a_board_is_made_private_from_the_start(api, ada, mia, make):
    body = {"name": "Quiet", "department_id": make.department().id, "default_level": "none"}

    made = api.as_(ada).post("/api/boards/", json=body)

    assert (made.status_code, made.json["default_level"]) == (201, "none")
    assert api.as_(mia).get(f"/api/boards/{made.json['id']}").status_code == 404


def test_the_change_is_recorded_once(api, ada, make):
    board = make.board()

    for _ in range(2):
        api.as_(ada).patch(f"/api/boards/{board.id}", json={"default_level": "none"})

    (entry,) = db.session.query(Activity).filter_by(action="board.updated").all()
    assert (entry.entity_id, entry.details) == (board.id, {"fields": ["default_level"]})


@pytest.mark.parametrize("level", ["owner", 2, ""])
def test_an_unknown_level_is_refused(api, ada, make, level):
    board = make.board()

    reply = api.as_(ada).patch(f"/api/boards/{board.id}", json={"default_level": level})

    assert reply.status_code == 422
    assert "default_level" in json.dumps(reply.json["detail"])


def test_members_do_not_change_it(api, mia, make):
    board = make.board()
    make.grant(mia, board, BoardLevel.MANAGE)

    assert api.as_(mia).patch(f"/api/boards/{board.id}", json={"default_level": "none"}).status_code == 403


def test_an_api_token_may_close_a_board_and_not_open_it(api, ada, make):
    client = api.with_token(accounts.create_api_token(as_actor(ada), name="CI")[1])
    path = f"/api/boards/{make.board().id}"

    assert client.patch(path, json={"default_level": "view"}).status_code == 200
    assert client.patch(path, json={"default_level": "manage"}).status_code == 403
    assert client.patch(path, json={"default_level": None}).status_code == 403
    body = {"name": "Open", "department_id": make.department().id, "default_level": "manage"}
    assert client.post("/api/boards/", json=body).status_code == 403
    assert api.as_(ada).get(path).json["default_level"] == "view"


def test_an_api_token_may_not_lift_a_grant_above_the_level_of_a_private_board(api, ada, mia, private):
    board, _ = private
    client = api.with_token(accounts.create_api_token(as_actor(ada), name="CI")[1])

    reply = client.put(f"/api/boards/{board}/permissions", json=[{"user_id": mia.id, "level": "view"}])

    assert reply.status_code == 403

"""A board with a default level of its own: `none` makes it private, for everybody who has no grant."""

import json
from dataclasses import replace

import pytest

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Activity
from helix.models.vocabulary import BoardLevel
from helix.services import accounts, boards, comments, settings
from helix.services.notifications import recipients
from tests.support import page_permissions
from tests.support.api_permissions import rows
from tests.support.page_permissions import routes
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


LISTS = [route.split()[1] for route in rows() if route.startswith("GET ") and "{" not in route]
PAGES = [route.split()[1] for route in routes(page_permissions.SIGNED) if route.startswith("GET ") and "{" not in route]
STREAM = "/events"


@pytest.mark.parametrize("path", [*LISTS, f"/api/tasks/?q={WORD}"])
def test_no_answer_tells_a_member_of_a_private_board(api, ada, mia, private, path):
    answer = api.as_(mia).get(path)

    assert answer.status_code < 500, path
    assert WORD not in answer.get_data(as_text=True)


@pytest.mark.parametrize("path", ["/api/boards/", "/api/tasks/", f"/api/tasks/?q={WORD}", "/api/activity/"])
def test_the_same_answers_tell_an_admin_of_it(api, ada, private, path):
    assert WORD in api.as_(ada).get(path).get_data(as_text=True)


@pytest.mark.parametrize("path", [path for path in PAGES if path != STREAM])
def test_no_page_tells_a_member_of_a_private_board(pages, mia, private, path):
    text = pages.as_(mia).get(f"{path}?q={WORD[:-1]}").get_data(as_text=True)

    assert WORD not in text


def test_the_same_pages_tell_an_admin_of_it(pages, ada, private):
    for path in ("/", "/boards", "/activity", "/activity.csv", f"/search?q={WORD[:-1]}", "/sidebar"):
        assert WORD in pages.as_(ada).get(path).get_data(as_text=True), path


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
    assert WORD in api.as_(mia).get(f"/api/tasks/?q={WORD}").get_data(as_text=True)
    assert api.as_(noah).get(f"/api/boards/{board}").status_code == 404


def test_whoever_comes_later_does_not_see_it_either(request, api, private):
    board, _ = private

    newcomer = request.getfixturevalue("noah")

    assert api.as_(newcomer).get(f"/api/boards/{board}").status_code == 404


LEVELS = (None, *BoardLevel)


def test_the_own_level_goes_before_the_boards_and_that_before_the_organizations(ada, mia, make):
    """In SQL as in Python, for every combination: one board for each, one organization after the other."""
    boards_of = {(own, granted): make.board(default_level=own) for own in LEVELS for granted in LEVELS}
    tasks_of = {place: make.task(by=ada, board=board) for place, board in boards_of.items()}
    for (_, granted), board in boards_of.items():
        if granted is not None:
            make.grant(mia, board, granted)
    for organization in BoardLevel:
        with transaction():
            settings.organization().default_board_level = organization
        actor = as_actor(mia)
        assert actor.default_level == organization
        seen = {board.id for board in boards.boards(actor)}
        for (own, granted), board in boards_of.items():
            expected = next(level for level in (granted, own, organization) if level is not None)
            assert actor.level_on(board.id) == expected, (organization, own, granted)
            assert (board.id in seen) == (expected >= BoardLevel.VIEW)
            task = tasks_of[own, granted]
            for level in BoardLevel:
                group = replace(recipients.named([mia.id]), level=level)
                told = recipients.select_recipients(task, [group], besides=None)
                assert bool(db.session.scalars(told.people, told.values).all()) == (expected >= level)


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

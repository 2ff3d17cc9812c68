"""A board is deleted while another user adds to it."""

from concurrent.futures import Future, ThreadPoolExecutor, wait

import pytest

from helix.errors import Conflict
from helix.extensions import db
from helix.models import Board, SavedView
from helix.services import boards, tasks
from tests.support.people import as_actor


@pytest.fixture
def deleted_while(clean_app, ada, monkeypatch):
    """Have the board deleted when the named function is reached; what came of that is its Future."""
    actor = as_actor(ada)

    def arrange(where: str, board_id: int) -> list[Future]:
        module, _, name = where.rpartition(".")
        pool, deleted = ThreadPoolExecutor(1), []
        package = __import__(module, fromlist=[name])
        original = getattr(package, name)

        def delete():
            with clean_app.app_context():
                boards.delete(actor, board_id)

        def reached(*args, **more):
            deleted.append(pool.submit(delete))
            wait(deleted, timeout=0.3)
            return original(*args, **more)

        monkeypatch.setattr(package, name, reached)
        return deleted

    return arrange


def test_a_new_task_keeps_its_board(make, ada, deleted_while):
    board_id = make.board().id
    deleted = deleted_while("helix.services.tasks.create.agent_named_in_body", board_id)

    tasks.create(as_actor(ada), title="Tea", board_id=board_id)

    assert isinstance(deleted[0].exception(), Conflict)
    assert db.session.get(Board, board_id) is not None


def test_a_saved_view_goes_with_its_board_or_keeps_it(make, ada, deleted_while):
    board_id = make.board().id
    deleted = deleted_while("helix.services.boards.views._free_name", board_id)

    boards.add_view(as_actor(ada), board_id, name="Mine", query="priority=high")

    assert deleted[0].exception() is None
    db.session.rollback()
    assert db.session.query(SavedView).count() == 0

"""A result submitted with an answer counts only if the person who asked may edit the task."""

import pytest

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import BoardGrant, Task, User
from helix.models.vocabulary import BoardLevel, Role, RunStatus, TaskStatus
from helix.services import accounts, comments, runs, tasks
from tests.support.people import as_actor

ANSWER = "Here it is.\n\n````result\nA better text\n````"
NOT_TAKEN = "The result in this answer was not taken"


@pytest.fixture
def sierra(make, provider, model_that):
    """An agent that hands in a result whatever it is asked."""
    provider.behave("hands-in", lambda reply: (reply.open(), reply.piece(ANSWER), reply.finish()))
    model_that("hands-in")
    return make.agent(name="Sierra")


@pytest.fixture
def asked(work):
    """Ask Sierra under a task and see her run to its end; `meanwhile` happens while the run is queued."""

    def _asked(user, task, meanwhile=lambda: None):
        comments.add(as_actor(user), task.id, "@Sierra please replace the result")
        meanwhile()
        work()
        return comments.thread(as_actor(user), task.id, limit=50)[0][-1]["content"] if user.is_active else ""

    return _asked


def now(ada, task):
    found = tasks.get(as_actor(ada), task.id)
    return found.status, found.result


@pytest.fixture
def task_with_result(make):
    """A task by somebody, in a status, whose result is "Old"."""

    def _made(by, **fields):
        task = make.task(by=by, **fields)
        with transaction():
            db.session.get_one(Task, task.id).result = "Old"
        return task

    return _made


@pytest.mark.parametrize("status", TaskStatus)
@pytest.mark.parametrize("requires_approval", [True, False])
def test_a_commenters_mention_changes_neither_result_nor_status(
    ada, mia, noah, make, task_with_result, sierra, asked, status, requires_approval
):
    board = make.board()
    make.grant(noah, board, BoardLevel.VIEW)
    task = task_with_result(mia, board=board, status=status, requires_approval=requires_approval)

    answer = asked(noah, task)

    assert now(ada, task) == (status, "Old")
    assert NOT_TAKEN in answer
    assert "may not edit this task" in answer
    assert "A better text" in answer


@pytest.mark.parametrize("status", TaskStatus)
@pytest.mark.parametrize("requires_approval", [True, False])
def test_an_editors_mention_brings_a_result_to_review_where_the_move_table_allows_it(
    ada, mia, make, task_with_result, sierra, asked, status, requires_approval
):
    task = task_with_result(mia, status=status, requires_approval=requires_approval)

    answer = asked(mia, task)

    if status in (TaskStatus.REVIEW, TaskStatus.IN_PROGRESS):
        assert now(ada, task) == (TaskStatus.REVIEW, "A better text")
        assert answer == "Here it is."
    else:
        assert now(ada, task) == (status, "Old")
        assert NOT_TAKEN in answer


def test_a_right_revoked_while_the_run_waits_does_not_count(ada, mia, make, task_with_result, sierra, asked):
    board = make.board()
    task = task_with_result(mia, board=board, status=TaskStatus.REVIEW)

    answer = asked(mia, task, meanwhile=lambda: make.grant(mia, board, BoardLevel.VIEW))

    assert now(ada, task) == (TaskStatus.REVIEW, "Old")
    assert NOT_TAKEN in answer


def test_an_account_that_is_closed_while_the_run_waits_does_not_count(ada, noah, make, task_with_result, sierra, work):
    task = task_with_result(noah, status=TaskStatus.REVIEW)
    comments.add(as_actor(noah), task.id, "@Sierra please replace the result")
    with transaction():
        db.session.get_one(User, noah.id).is_active = False

    work()

    assert now(ada, task) == (TaskStatus.REVIEW, "Old")


def test_a_right_granted_while_the_run_waits_counts(ada, mia, noah, make, task_with_result, sierra, asked):
    board = make.board()
    make.grant(noah, board, BoardLevel.VIEW)
    task = task_with_result(mia, board=board, status=TaskStatus.REVIEW)

    def promote():
        with transaction():
            db.session.query(BoardGrant).filter_by(user_id=noah.id).one().level = BoardLevel.MANAGE

    asked(noah, task, meanwhile=promote)

    assert now(ada, task) == (TaskStatus.REVIEW, "A better text")


def test_the_prompt_explains_result_blocks_only_where_they_count(ada, mia, noah, make, task_with_result, sierra, work):
    board = make.board()
    make.grant(noah, board, BoardLevel.VIEW)
    task = task_with_result(mia, board=board, status=TaskStatus.REVIEW)
    told = {}
    for user in (mia, noah):
        comments.add(as_actor(user), task.id, "@Sierra please replace the result")
        work()
        newest = runs.of_task(as_actor(ada), task.id)[0][0]
        told[user.name] = "````result" in runs.get(as_actor(ada), newest.id).prompt[0]["content"]

    assert told == {"Mia": True, "Noah": False}


def test_a_run_whose_result_was_refused_keeps_its_text(ada, mia, noah, make, task_with_result, sierra, asked):
    board = make.board()
    make.grant(noah, board, BoardLevel.VIEW)
    task = task_with_result(mia, board=board, status=TaskStatus.DONE)

    asked(noah, task)

    run = runs.of_task(as_actor(ada), task.id)[0][0]
    assert run.status == RunStatus.SUCCEEDED
    assert runs.get(as_actor(ada), run.id).result == ANSWER


def test_a_task_that_is_queued_to_run_takes_no_result_from_a_comment(ada, make, task_with_result, sierra, asked):
    task = task_with_result(ada, agent=sierra, status=TaskStatus.IN_PROGRESS)

    def queue_a_run():
        make.agent(name="Klay", enabled=False)
        runs.start(as_actor(ada), task.id)

    comments.add(as_actor(ada), task.id, "@Sierra please replace the result")
    mention = runs.claim("one")
    queue_a_run()
    runs.execute(mention)

    assert now(ada, task) == (TaskStatus.IN_PROGRESS, "Old")
    assert NOT_TAKEN in comments.thread(as_actor(ada), task.id, limit=50)[0][-1]["content"]


def test_a_role_that_changes_while_the_run_waits_counts(ada, noah, make, task_with_result, sierra, asked):
    task = task_with_result(ada, status=TaskStatus.REVIEW)

    asked(noah, task, meanwhile=lambda: accounts.edit(as_actor(ada), noah.id, {"role": Role.ADMIN}))

    assert now(ada, task) == (TaskStatus.REVIEW, "A better text")

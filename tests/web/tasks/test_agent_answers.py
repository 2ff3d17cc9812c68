"""The status below a thread: which agent will answer, why one waits or failed."""

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Comment, Run
from helix.models.vocabulary import FailureReason, RunStatus
from helix.services import comments
from tests.support.people import as_actor


def asked(make, mia):
    """A task on which an agent was asked something; the task, and the run that will answer."""
    make.model()
    board = make.board()
    make.agent(name="Sierra", primary_board_id=board.id)
    task = make.task(by=mia, board=board)
    comments.add(as_actor(mia), task.id, "@Sierra, how many?")
    return task, db.session.query(Run).filter_by(task_id=task.id).one().id


def end(run_id, **fields):
    with transaction():
        run = db.session.get(Run, run_id)
        for name, value in fields.items():
            setattr(run, name, value)


def test_an_agent_that_was_asked_is_shown_until_its_comment_is_there(pages, mia, make):
    task, run_id = asked(make, mia)
    browser = pages.as_(mia)

    waits = browser.part(f"/tasks/{task.id}/answering").text
    end(run_id, status=RunStatus.RUNNING)
    works = browser.part(f"/tasks/{task.id}/answering").text
    run = db.session.get(Run, run_id)
    with transaction():
        comment = Comment(task_id=task.id, agent_id=run.agent_id, content="Forty.", created_at=run.queued_at)
        db.session.add(comment)
    done = browser.part(f"/tasks/{task.id}/answering").text

    assert "answers soon" in waits
    assert "No worker is running" in waits or "Waiting for a free worker" in waits
    assert "<b>Sierra</b> is answering" in works
    assert done.strip() == ""


def test_an_answer_that_failed_says_why_and_what_to_do(pages, mia, make):
    task, run_id = asked(make, mia)
    end(run_id, status=RunStatus.FAILED, reason=FailureReason.KEY_REFUSED, message="The provider refused the key.")

    shown = pages.as_(mia).part(f"/tasks/{task.id}/answering").text

    assert "<b>Sierra</b> could not answer. The provider refused the key." in shown


def test_the_thread_asks_for_it_only_after_a_mention(pages, mia, make):
    task, _run = asked(make, mia)
    quiet = make.task(by=mia)
    browser = pages.as_(mia)

    assert 'hx-trigger="load, helix:of-task' in browser.part(f"/tasks/{task.id}/panel").text
    assert 'hx-trigger="load, helix:of-task' not in browser.part(f"/tasks/{quiet.id}/panel").text

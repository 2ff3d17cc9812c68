"""What an agent reads and writes about tasks: its own board, and nothing beyond it."""

import pytest

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Board, Comment, Notification, Run, Skill, SkillAgent, Task, ToolCall
from helix.services import comments, tasks
from tests.support.people import as_actor
from tests.support.runs import finished_run


def test_its_own_task_is_read_whole(desk):
    with transaction():
        db.session.get_one(Task, desk.task.id).result = "Forty."

    text = desk.call("read_task").text

    for words in ("Count the towels", "See the list.", "Forty.", "Agent: Sierra", "Status: todo"):
        assert words in text


@pytest.mark.parametrize("call", [("read_task", "id"), ("read_comments", "task_id")], ids=lambda call: call[0])
def test_tasks_of_other_boards_deleted_and_unknown_ones_do_not_exist(desk, make, ada, call):
    name, argument = call
    elsewhere = make.task("A secret", board=make.board())
    deleted = make.task("Gone", board=desk_board(desk))
    tasks.delete(as_actor(ada), deleted.id)

    results = [desk.call(name, **{argument: id}) for id in (elsewhere.id, deleted.id, 99_999)]

    assert {(result.is_error, result.text) for result in results} == {(True, "There is no such task.")}


def desk_board(desk):
    return db.session.get_one(Board, db.session.get_one(Task, desk.task.id).board_id)


def test_search_finds_tasks_of_the_board_only(desk, make):
    near = make.task("Towels for the shop", board=desk_board(desk))
    make.task("Towels of another board", board=make.board())

    text = desk.call("search_tasks", query="towels").text

    assert f"{near.id} · todo · Towels for the shop" in text
    assert "another board" not in text
    assert desk.call("search_tasks", query="zebra").text == "No task of this board contains that."


def test_a_comment_is_the_agents_notifies_people_and_starts_no_agent(desk, make, mia):
    make.agent("Theo")
    runs = db.session.query(Run).count()

    result = desk.call("add_comment", text="@Mia forty. @Theo what do you say? @Sierra too")

    comment = db.session.query(Comment).one()
    assert not result.is_error
    assert (comment.agent_id, comment.user_id) == (desk.agent.id, None)
    assert db.session.query(Notification).filter_by(user_id=mia.id).count() == 1
    assert db.session.query(Run).count() == runs


def test_a_blank_comment_is_refused_in_words(desk):
    result = desk.call("add_comment", text="  ")

    assert (result.is_error, result.text) == (True, "Write something first.")
    assert db.session.query(Comment).count() == 0


def test_of_many_comments_the_newest_are_read(desk, ada):
    for number in range(52):
        comments.add(as_actor(ada), desk.task.id, f"Number {number}")

    text = desk.call("read_comments").text

    assert text.startswith("[The 50 newest of 52 comments.]")
    assert "Number 51" in text
    assert "Number 1\n" not in text


def test_long_comments_leave_room_for_the_newest(desk, ada):
    for letter in "abcde":
        comments.add(as_actor(ada), desk.task.id, letter * 19_000)

    text = desk.call("read_comments").text

    assert text.startswith("[The 3 newest of 5 comments.]")
    assert text.endswith("e" * 19_000)


def test_what_agents_wrote_after_reading_strangers_is_text_of_strangers(desk, make):
    clean, tainted = (make.task(title, board=desk_board(desk)) for title in ("Clean", "Tainted"))
    finished_run(clean, desk.agent)
    finished_run(tainted, desk.agent, has_untrusted=True)

    found = {task.title: desk.call("read_task", id=task.id).brings_untrusted for task in (clean, tainted)}

    assert found == {"Clean": False, "Tainted": True}


def a_call(desk, result, *, conversation=7, ordinal=0):
    call = ToolCall(
        conversation_id=conversation,
        run_id=desk.run.id,
        message_number=1,
        ordinal=ordinal,
        provider_call_id="x",
        name="web_fetch",
        arguments={},
        result=result,
    )
    with transaction():
        db.session.add(call)
    return call.id


def test_results_of_its_own_conversation_are_read_again_in_parts(desk):
    now = a_call(desk, None)
    mine = a_call(desk, "a" * 20_000 + "b", ordinal=1)
    other = a_call(desk, "A secret", conversation=8)
    context = desk.context(call_id=now)

    first = desk.call("read_result", context=context, call=mine)
    rest = desk.call("read_result", context=context, call=mine, offset=20_000)
    foreign = desk.call("read_result", context=context, call=other)

    assert f"read_result({mine}) and offset 20000" in first.text
    assert (rest.text, rest.brings_untrusted) == ("b", True)
    assert foreign.is_error
    assert "secret" not in foreign.text


def skill(name, now):
    key = name.lower()
    return Skill(name=name, name_key=key, slug=key, content=f"{name}!", created_at=now, updated_at=now)


def test_only_its_own_skills_are_read(desk):
    now = db.session.get_one(Task, desk.task.id).created_at
    with transaction():
        own, other = (skill(name, now) for name in ("Tone", "Secrets"))
        db.session.add_all([own, other])
        db.session.flush()
        db.session.add(SkillAgent(skill_id=own.id, agent_id=desk.agent.id))

    found = desk.call("read_skill", name=" tone ")
    foreign = desk.call("read_skill", name="Secrets")

    assert found.text == "Tone!"
    assert (foreign.is_error, foreign.text) == (True, "You have no skill Secrets. You have: Tone.")

"""The pages of schedules and of templates of tasks."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from helix.extensions import db
from helix.models import Schedule, Task, TaskTemplate
from helix.models.vocabulary import BoardLevel, CatchUp
from helix.services import schedules
from tests.support.html_forms import form
from tests.support.people import as_actor


@pytest.fixture(autouse=True)
def now():
    """Monday, 2 March 2026, 10:00 in UTC."""
    with time_machine.travel(datetime(2026, 3, 2, 10, 0, tzinfo=UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def board(make, mia, noah):
    board = make.board("Marketing", key="MKT", default_level=int(BoardLevel.NONE))
    make.grant(mia, board, BoardLevel.MANAGE)
    make.grant(noah, board, BoardLevel.VIEW)
    return board


@pytest.fixture
def browser(pages, mia):
    return pages.as_(mia)


@pytest.fixture
def schedule(board, mia):
    return schedules.create(
        as_actor(mia),
        name="Report",
        board_id=board.id,
        cron="0 9 * * 1-5",
        timezone="Europe/Berlin",
        template={"title": "Report {date}", "tags": ["weekly"]},
    )


def fields(board, **more):
    return {
        "title": "Report {date}",
        "board_id": board.id,
        "priority": "high",
        "repeat": "week",
        "weekday": "2",
        "time": "07:30",
        "timezone": "Europe/Berlin",
        "overlap": "queue",
        "catch_up": "all",
        "enabled": "1",
    } | more


def stored():
    db.session.rollback()
    return db.session.scalars(select(Schedule)).one()


def test_a_new_schedule_is_as_the_form_says(browser, board):
    reply = browser.send(
        "/schedules/new",
        fields(board, tags="News, #Weekly", due_in="2", jitter_minutes="5", max_usd_per_firing="0.5", quiet="1"),
    )

    made = stored()
    assert reply.headers["HX-Redirect"] == f"/schedules/{made.id}"
    assert (made.name, made.cron, made.timezone) == ("Report {date}", "30 7 * * 2", "Europe/Berlin")
    assert (made.overlap, made.catch_up, made.jitter_seconds, made.quiet) == ("queue", CatchUp.ALL, 300, True)
    assert made.template == {
        "title": "Report {date}",
        "description": "",
        "priority": "high",
        "tags": ["news", "weekly"],
        "due_in": 2,
        "requires_approval": False,
    }
    assert made.due_at == datetime(2026, 3, 3, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"title": ""}, "Enter a title"),
        ({"repeat": "custom", "cron": "0 9 31 2 *"}, "The day of the month is not right"),
        ({"repeat": "custom", "cron": ""}, "Fill this in"),
        ({"time": "nonsense"}, "Fill this in"),
        ({"timezone": "Mars"}, "Choose a time zone"),
        ({"jitter_minutes": "1000"}, "Enter 0 to 60 minutes"),
        ({"jitter_minutes": "five"}, "Enter 0 to 60 minutes"),
        ({"due_in": "soon"}, "Enter a whole number of days"),
        ({"max_usd_per_firing": "much"}, "Enter an amount"),
        ({"ends_at": "2026-01-01"}, "no time left"),
        ({"board_id": "999"}, "There is no board"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(browser, board, wrong, words):
    reply = browser.send("/schedules/new", fields(board, **wrong))

    assert reply.status_code == 422
    assert words in reply.text
    assert db.session.scalars(select(Schedule)).all() == []


def test_the_preview_follows_what_is_chosen(pages, mia, board, now):
    now.move_to(datetime(2026, 10, 23, 10, 0, tzinfo=UTC))

    page = pages.as_(mia).get("/schedules/when?repeat=custom&cron=30+2+*+*+*&timezone=Europe/Berlin").text

    assert "Tomorrow at 02:30" in page
    assert "Sunday at 02:30" in page
    assert page.count("the clock goes back that night") == 1
    assert page.count("<li>") == 5


@pytest.mark.parametrize(
    "query",
    ["repeat=custom&cron=x", "timezone=Mars", "starts_at=2026-13", "repeat=%3Cb%3E", "time=99", "ends_at=0001-01-01"],
)
def test_the_preview_of_what_is_being_typed_breaks_nothing(browser, board, query):
    assert browser.get(f"/schedules/when?{query}").status_code == 200


def test_saving_the_form_as_it_is_changes_nothing(browser, schedule, mia):
    schedules.edit(as_actor(mia), schedule.id, {"starts_at": datetime(2026, 3, 1, 12, 34, tzinfo=UTC)})
    before = {column.name: getattr(stored(), column.name) for column in Schedule.__table__.c}
    path = f"/schedules/{schedule.id}"
    shown = form(browser.get(path).text, path)

    reply = browser.send(path, shown.fields)

    assert reply.headers["HX-Redirect"] == path, reply.text
    assert {column.name: getattr(stored(), column.name) for column in Schedule.__table__.c} == before


def test_editing_an_old_form_is_refused(browser, schedule, board, mia):
    schedules.edit(as_actor(mia), schedule.id, {"name": "Newer"})

    reply = browser.send(f"/schedules/{schedule.id}", fields(board, version="1"))

    assert reply.status_code == 422
    assert "Somebody else changed this schedule" in reply.text
    assert stored().name == "Newer"


def test_the_list_says_the_next_time_and_shows_what_became_of_the_last(browser, schedule, now):
    now.move_to(datetime(2026, 3, 3, 8, 0, tzinfo=UTC))
    schedules.tick()
    now.shift(timedelta(days=1))
    schedules.tick()

    page = browser.get("/schedules").text

    assert "Tomorrow at 09:00" in page
    assert 'aria-label="The last 2 times: 1 created, 1 skipped"' in page
    assert "firing-todo" in page
    assert "of the time before is still open" in page


def test_the_switch_turns_it_off_and_on(browser, schedule):
    off = browser.send(f"/schedules/{schedule.id}/enabled", {})
    assert "Report is off." in off.text
    assert stored().next_at is None

    on = browser.send(f"/schedules/{schedule.id}/enabled", {"enabled": "1"})

    assert "Report is on: next tomorrow at 09:00." in on.text
    assert stored().next_at is not None


def test_run_now_opens_the_task(browser, schedule, board):
    reply = browser.send(f"/schedules/{schedule.id}/run", {})

    task = db.session.scalars(select(Task)).one()
    assert reply.headers["HX-Redirect"] == f"/boards/{board.id}?task={task.id}"
    assert task.title in browser.get(f"/schedules/{schedule.id}").text


def test_deleting_it_leaves_the_list(browser, schedule):
    reply = browser.send(f"/schedules/{schedule.id}/delete", {})

    assert reply.headers["HX-Redirect"] == "/schedules"
    assert "No schedules yet" in browser.get("/schedules").text


def test_who_only_sees_the_board_reads_and_changes_nothing(pages, noah, schedule):
    browser = pages.as_(noah)

    page = browser.get(f"/schedules/{schedule.id}").text

    assert "You need the level “manage”" in page
    assert "<fieldset" in page
    assert "disabled" in page
    assert "New schedule" not in browser.get("/schedules").text


def test_schedule_this_begins_with_what_the_task_has(browser, make, board, mia):
    agent = make.agent("Sierra")
    task = make.task("Weekly numbers", by=mia, board=board, agent=agent, tags=["news"], description="Look at them")

    panel = browser.get(f"/tasks/{task.id}/panel").text
    page = browser.get(f"/schedules/new?task={task.id}").text

    assert f"/schedules/new?task={task.id}" in panel
    assert 'value="Weekly numbers"' in page
    assert "Look at them" in page
    assert f'<option value="{agent.id}" selected' in page


def test_who_cannot_schedule_is_not_offered_it(pages, noah, make, board):
    task = make.task(board=board)

    assert "/schedules/new" not in pages.as_(noah).get(f"/tasks/{task.id}/panel").text


def test_a_template_is_saved_from_a_task_and_begins_a_new_one(browser, make, board, mia):
    task = make.task("Weekly numbers", by=mia, board=board, tags=["news"], description="Look at them")

    saved = browser.send(f"/tasks/{task.id}/template", {"name": "Numbers"})

    assert "Saved the template Numbers" in saved.text
    template = db.session.scalars(select(TaskTemplate)).one()
    assert template.board_id == board.id
    assert "From a template" in browser.get("/tasks/new").text
    page = browser.get(f"/tasks/new?template={template.id}").text
    assert 'value="Weekly numbers"' in page
    assert "Look at them" in page
    assert 'value="news"' in page


def test_a_second_template_of_that_name_is_refused(browser, make, board, mia):
    task = make.task(by=mia, board=board)
    browser.send(f"/tasks/{task.id}/template", {"name": "Numbers"})

    reply = browser.send(f"/tasks/{task.id}/template", {"name": "numbers"})

    assert reply.status_code == 422
    assert "There is a template numbers already" in reply.text


def test_templates_are_listed_and_deleted(browser, make, board, mia):
    task = make.task(by=mia, board=board)
    browser.send(f"/tasks/{task.id}/template", {"name": "Numbers"})
    template = db.session.scalars(select(TaskTemplate)).one()
    assert "Numbers" in browser.get("/task-templates").text

    browser.send(f"/task-templates/{template.id}/delete", {})

    assert "No templates yet" in browser.get("/task-templates").text

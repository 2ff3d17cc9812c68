"""Numbers and characters that databases refuse cause no errors."""

import pytest

from helix.models.vocabulary import TaskStatus
from helix.services import comments, tasks
from tests.support.people import as_actor

pytestmark = pytest.mark.every_database

HUGE = "9" * 30


@pytest.fixture
def reviewed(make, ada):
    task = make.task("Write a post", by=ada)
    for status in (TaskStatus.IN_PROGRESS, TaskStatus.REVIEW):
        tasks.edit(as_actor(ada), task.id, {"status": status})
    return task


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (f"/activity?cursor={HUGE}", 200),
        (f"/activity/more?cursor={HUGE}", 200),
        (f"/boards/{{board}}?task={HUGE}", 200),
        (f"/boards/{{board}}?view={HUGE}&agent={HUGE}&creator={HUGE}", 200),
        ("/boards/{board}/columns/todo?after=%00~5", 422),
        (f"/tasks/{{task}}/results?run={HUGE}", 200),
        (f"/tasks/new?board={HUGE}", 200),
        (f"/inbox?item=news-{HUGE}", 200),
        (f"/skills?page={HUGE}", 200),
        ("/skills?q=%00&category=%00&tag=%00", 200),
        ("/search?q=%00", 200),
    ],
)
def test_an_address_with_something_impossible_in_it_is_answered(pages, ada, make, address, status):
    task = make.task("Write a post", by=ada)

    reply = pages.as_(ada).get(address.format(board=task.board_id, task=task.id))

    assert reply.status_code == status


@pytest.mark.parametrize("asked", [f"run={HUGE}", f"task={HUGE}"])
def test_an_event_stream_about_nothing_is_one_all_the_same(pages, mia, asked):
    reply = pages.as_(mia).get(f"/events?{asked}", buffered=False)
    reply.close()

    assert (reply.status_code, reply.mimetype) == (200, "text/event-stream")


@pytest.mark.parametrize("address", ["/tasks/{}/reject", "/inbox/tasks/{}/reject"])
def test_feedback_is_kept_without_the_letter_that_no_database_takes(pages, ada, reviewed, address):
    pages.as_(ada).post(address.format(reviewed.id), {"feedback": "Shorter\x00,\r\nplease"})

    thread, _total = comments.thread(as_actor(ada), reviewed.id, limit=50)
    assert [comment["content"] for comment in thread] == ["Shorter,\nplease"]


@pytest.mark.parametrize("address", ["/tasks/{}/reject", "/inbox/tasks/{}/reject"])
def test_feedback_that_is_too_long_is_refused_and_not_cut(pages, ada, reviewed, address):
    reply = pages.as_(ada).send(address.format(reviewed.id), {"feedback": "long " * 4_001 + "end"})

    assert reply.status_code == 422
    assert "at most 20,000 characters" in reply.text
    assert "long end" in reply.text
    assert tasks.get(as_actor(ada), reviewed.id).status == TaskStatus.REVIEW


def test_line_ends_of_a_browser_do_not_count_twice(pages, ada, reviewed):
    pages.as_(ada).post(f"/tasks/{reviewed.id}/reject", {"feedback": "line\r\n" * 3_999 + "end"})

    thread, _total = comments.thread(as_actor(ada), reviewed.id, limit=50)
    assert thread[0]["content"].endswith("line\nend")


def test_a_reply_that_names_no_notification_is_written(pages, ada, reviewed):
    pages.as_(ada).post(f"/inbox/tasks/{reviewed.id}/reply", {"content": "Yes", "news_id": HUGE})

    thread, _total = comments.thread(as_actor(ada), reviewed.id, limit=50)
    assert [comment["content"] for comment in thread] == ["Yes"]

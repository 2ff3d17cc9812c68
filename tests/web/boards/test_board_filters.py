from urllib.parse import parse_qsl

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helix.models.vocabulary import Priority, TaskStatus
from helix.policies.actor import Actor
from helix.web.boards.filters import CHOICES, DUE, LANES, NAMES, NOBODY, PRIORITIES, BoardFilter

pytestmark = pytest.mark.every_database

# Whatever somebody types into the address, and often enough what means something there.
WORDS = st.one_of(
    st.text(max_size=300),
    st.sampled_from([*DUE, *LANES, *PRIORITIES, NOBODY, "me", "0", "1", "7", "007", "2026-11", "list", "todo"]),
    st.lists(st.sampled_from([*DUE, *PRIORITIES, *CHOICES, *TaskStatus, NOBODY, "me", "3"]), max_size=5).map(",".join),
)
ADDRESSES = st.dictionaries(st.sampled_from([*NAMES, "page", "task"]), WORDS)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ADDRESSES)
def test_any_address_is_a_filter_and_says_itself_again(args):
    found = BoardFilter.from_args(args)

    again = BoardFilter.from_args(dict(parse_qsl(found.address().removeprefix("?"))))

    assert again == found
    assert {chip["href"] for chip in found.chips({})} <= {found.address(name) for name in NAMES}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ADDRESSES)
def test_any_filter_can_be_asked_of_the_database(args):
    wanted = BoardFilter.from_args(args).to_task_filter(Actor(id=3, name="Mia"), 1, "Europe/Berlin")

    assert wanted.board_id == 1
    assert "\x00" not in f"{wanted.q}{wanted.tags}"


@pytest.mark.parametrize("length", [199, 200, 201])
def test_a_search_that_is_cut_off_at_a_blank_still_says_itself(length):
    found = BoardFilter.from_args({"q": "a" * (length - 1) + " b", "tag": "a" * 49 + " b"})

    assert BoardFilter.from_args(dict(parse_qsl(found.address().removeprefix("?")))) == found


def shown(browser, board, query, *tasks):
    page = browser.get(f"/boards/{board.id}?{query}").text
    return [f'id="task-{task.id}"' in page for task in tasks]


def test_a_field_takes_several_values_and_without_turns_them_round(pages, mia, ada, make):
    board = make.board()
    sierra, remy = make.agent("Sierra"), make.agent("Remy")
    urgent = make.task("A", board=board, by=mia, priority=Priority.URGENT, agent=sierra, tags=["seo", "blog"])
    low = make.task("B", board=board, by=mia, priority=Priority.LOW, agent=remy, tags=["ads"])
    plain = make.task("C", board=board, by=ada)
    browser = pages.as_(mia)
    both = f"{sierra.id},{remy.id}"

    for query, expected in {
        "priority=urgent,low": [True, True, False],
        "priority=urgent&priority=low": [True, True, False],
        "priority=urgent,low&not=priority": [False, False, True],
        f"agent={both}": [True, True, False],
        f"agent={both}&not=agent": [False, False, True],
        f"agent={sierra.id},none": [True, False, True],
        f"agent={sierra.id},none&not=agent": [False, True, False],
        "tag=SEO,ads": [True, True, False],
        "tag=seo&not=tag": [False, True, True],
        "creator=me&not=creator": [False, False, True],
        f"creator=me,{ada.id}": [True, True, True],
        "due=none": [True, True, True],
        "due=none&not=due": [False, False, False],
        "due=overdue,none": [True, True, True],
        "priority=low&tag=seo": [False, False, False],
        "status=review": [False, False, False],
        "status=review&not=status": [True, True, True],
        "assignee=none": [True, True, True],
        "assignee=me": [False, False, False],
    }.items():
        assert shown(browser, board, query, urgent, low, plain) == expected, query


def test_the_status_of_to_do_holds_what_was_sent_back(pages, mia, make):
    board = make.board()
    back = make.task(board=board, by=mia, status=TaskStatus.REJECTED)
    done = make.task(board=board, by=mia, status=TaskStatus.DONE)

    assert shown(pages.as_(mia), board, "status=todo", back, done) == [True, False]
    assert shown(pages.as_(mia), board, "status=todo&not=status", back, done) == [False, True]


def test_an_old_saved_view_still_opens(pages, mia, make):
    board, agent = make.board(), make.agent("Sierra")
    task = make.task(board=board, by=mia, agent=agent, tags=["seo"], priority=Priority.HIGH)
    old = f"agent={agent.id}&priority=high&tag=seo&creator=me&lanes=agent"

    page = pages.as_(mia).get(f"/boards/{board.id}?{old}").text

    assert f'id="task-{task.id}"' in page
    assert BoardFilter.from_args(dict(parse_qsl(old))).saved_query() == old


def test_the_form_offers_what_there_is_and_works_without_a_script(pages, mia, make):
    board = make.board()
    make.task(board=board, by=mia, tags=["seo"])
    browser = pages.as_(mia)

    page = " ".join(browser.get(f"/boards/{board.id}/filter?priority=high&lanes=agent&q=linen").text.split())

    assert 'action="/boards/' in page
    assert '<input type="hidden" name="lanes" value="agent">' in page
    assert '<input type="hidden" name="q" value="linen">' in page
    for box in ('name="tag" value="seo"', 'name="priority" value="high" checked', 'name="creator" value="me"'):
        assert box in page, box


def test_tags_of_another_board_are_not_offered(pages, mia, ada, make):
    board, hidden = make.board(), make.board(default_level=0)
    make.task(board=board, by=mia, tags=["seo"])
    make.task(board=hidden, by=ada, tags=["secret-merger"])

    assert "secret-merger" not in pages.as_(mia).get(f"/boards/{board.id}/filter").text

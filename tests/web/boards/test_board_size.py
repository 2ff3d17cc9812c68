"""The statements and bytes of a board page do not grow from a hundred to ten thousand cards."""

import gzip

import pytest
from fractional_indexing import generate_n_keys_between
from sqlalchemy import insert

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Task
from helix.models.vocabulary import TaskStatus

LARGEST, LARGEST_SENT = 315_000, 46_000


@pytest.fixture
def fill(make, mia):
    """`fill(board, 10_000)`: so many cards, some of them the worst, spread over the columns."""
    agents = [make.agent(f"Agent {number}") for number in range(8)]

    def _fill(board, number):
        now, words = clock.now(), "Überlange Aufgabe שלום " * 21
        ranks = generate_n_keys_between(None, None, number)
        rows = [
            {
                "title": words[:480] if place % 20 == 0 else words[: 30 + place % 60],
                "status": list(TaskStatus)[place % 7],
                "priority_rank": place % 4,
                "board_id": board.id,
                "position": ranks[place],
                "assigned_agent_id": agents[place % 8].id if place % 9 else None,
                "created_by_user_id": mia.id,
                "tags": [f"tag-{place % 90}-{tag}" for tag in range(10 if place % 20 == 0 else 2)],
                "comment_count": place % 30,
                "created_at": now,
                "updated_at": now,
            }
            for place in range(number)
        ]
        with transaction():
            db.session.execute(insert(Task), rows)

    return _fill


@pytest.mark.parametrize("query", ["", "?lanes=agent", "?lanes=priority"])
def test_a_board_of_ten_thousand_cards_costs_what_one_of_a_hundred_costs(query, pages, mia, make, fill, statements):
    small, large = make.board(), make.board()
    fill(small, 100)
    fill(large, 10_000)
    browser = pages.as_(mia)
    browser.get(f"/boards/{small.id}{query}")
    with statements() as few:
        browser.get(f"/boards/{small.id}{query}")

    with statements() as many:
        page = browser.get(f"/boards/{large.id}{query}").data

    assert len(many) == len(few), many
    assert len(page) < LARGEST
    assert len(gzip.compress(page, 6)) < LARGEST_SENT

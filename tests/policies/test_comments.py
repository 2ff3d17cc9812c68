"""Who may change a comment: its author with the right to see the board, and those who manage the board."""

import pytest

from helix.models import Comment, Task
from helix.models.vocabulary import BoardLevel
from helix.policies.actor import Actor, agent_actor
from helix.policies.comments import may_change

MIA, NOAH, BOARD = 7, 8, 3


@pytest.mark.parametrize(
    ("author", "level", "may"),
    [
        (MIA, BoardLevel.NONE, False),
        (MIA, BoardLevel.VIEW, True),
        (NOAH, BoardLevel.CREATE, False),
        (NOAH, BoardLevel.MANAGE, True),
        (None, BoardLevel.CREATE, False),
        (None, BoardLevel.MANAGE, True),
    ],
)
def test_comment_is_changed_by_its_author_or_a_manager_of_the_board(author, level, may):
    mia = Actor(MIA, "Mia", grants={BOARD: level})

    assert may_change(mia, Comment(user_id=author), Task(board_id=BOARD)) is may


def test_agent_changes_no_comment_even_where_its_number_is_that_of_the_author():
    assert not may_change(agent_actor(MIA, "Sierra"), Comment(user_id=MIA), Task(board_id=BOARD))

"""Rebalancing of ranks: where many cards were put into one place their ranks grow long, so all of them get new ones."""

from collections.abc import Sequence
from typing import Any

from fractional_indexing import generate_key_between, generate_n_keys_between
from sqlalchemy import select

from helix.db.locking import lock_all
from helix.extensions import db
from helix.models import Task

# The column holds 80 characters. A rank grows by one for every five or six cards put into the same place.
LONGEST = 60
# Number of neighbours on each side that get new ranks too.
NEIGHBOURS = 100


def between(column: Sequence[Any], task_id: int, leader: str | None, follower: str | None) -> str:
    """A rank between two that follow each other in a column, which `column` says as conditions; None: its ends.

    Inside the transaction of the move. Makes room first where the ranks have grown long.
    """
    rank = generate_key_between(leader, follower)
    return rank if len(rank) <= LONGEST else _room_between(column, task_id, leader, follower)


def _room_between(column: Sequence[Any], task_id: int, leader: str | None, follower: str | None) -> str:
    others = select(Task.id, Task.position).where(*column, Task.id != task_id)
    downwards = others.order_by(Task.position.desc(), Task.id.desc()).limit(NEIGHBOURS + 1)
    upwards = others.order_by(Task.position, Task.id).limit(NEIGHBOURS + 1)
    before = [] if leader is None else db.session.execute(downwards.where(Task.position <= leader)).all()
    behind = [] if follower is None else db.session.execute(upwards.where(Task.position >= follower)).all()
    # Cards beyond the neighbours keep their ranks.
    lowest = before[NEIGHBOURS].position if len(before) > NEIGHBOURS else None
    highest = behind[NEIGHBOURS].position if len(behind) > NEIGHBOURS else None
    neighbours = [*reversed(before[:NEIGHBOURS]), *behind[:NEIGHBOURS]]
    ranks = generate_n_keys_between(lowest, highest, len(neighbours) + 1)
    own = ranks.pop(len(before[:NEIGHBOURS]))
    was = {row.id: row.position for row in neighbours}
    new = dict(zip(was, ranks, strict=True))
    for card in lock_all(Task, new):
        if card.position == was[card.id]:  # else somebody moved it in this moment
            card.position = new[card.id]
    db.session.flush()
    return own

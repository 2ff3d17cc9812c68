"""Who may still read a notification: the right to what it is about may have been taken away since."""

import pytest

from helix.models import Notification
from helix.models.vocabulary import BoardLevel, Role
from helix.policies.actor import Actor
from helix.policies.notifications import may_read

MIA, BOARD = 7, 3


@pytest.mark.parametrize(
    ("fields", "rights", "readable"),
    [
        ({}, {}, True),
        ({"user_id": 8}, {}, False),
        ({"user_id": 8}, {"role": Role.ADMIN}, False),
        ({"board_id": BOARD}, {}, False),
        ({"board_id": BOARD}, {"grants": {BOARD: BoardLevel.VIEW}}, True),
        ({"board_id": BOARD}, {"grants": {BOARD + 1: BoardLevel.MANAGE}}, False),
        ({"board_id": BOARD}, {"default_level": BoardLevel.VIEW}, True),
        ({"admin_only": True}, {}, False),
        ({"admin_only": True, "board_id": BOARD}, {"default_level": BoardLevel.MANAGE}, False),
        ({"admin_only": True}, {"role": Role.ADMIN}, True),
    ],
)
def test_notification_is_read_by_its_owner_with_the_right_to_its_board(fields, rights, readable):
    notification = Notification(**({"user_id": MIA} | fields))

    assert may_read(Actor(MIA, "Mia", **rights), notification) is readable

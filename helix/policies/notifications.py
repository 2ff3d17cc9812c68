from helix.models import Notification
from helix.models.vocabulary import BoardLevel
from helix.policies.actor import Actor


def may_read(actor: Actor, notification: Notification) -> bool:
    """The recipient, while the right that the notification required still exists."""
    if notification.user_id != actor.user_id:
        return False
    if actor.is_admin:
        return True
    if notification.admin_only:
        return False
    return notification.board_id is None or actor.level_on(notification.board_id) >= BoardLevel.VIEW

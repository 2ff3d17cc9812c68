"""News in Telegram: who linked his account gets them there, and approves by a button.

A message waits as a Delivery row, written in the transaction of the news, until it has left; the queue only hastens it.
What people do in Telegram comes in as updates, by long polling or by webhook, and acts with their rights of that
moment.
"""

from helix.services.telegram.linking import new_link, unlink
from helix.services.telegram.outbox import close_questions, post
from helix.services.telegram.sending import deliver, deliver_due
from helix.services.telegram.setup import send_test, test_bot

__all__ = [
    "close_questions",
    "deliver",
    "deliver_due",
    "new_link",
    "post",
    "send_test",
    "test_bot",
    "unlink",
]

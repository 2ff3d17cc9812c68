"""Signatures of buttons and of the webhook's URL: what comes back from Telegram must be what we sent."""

import base64
import hashlib
import hmac
from typing import NamedTuple

from flask import current_app

APPROVE = "a"
SEND_BACK = "b"
# Answers to a request: how far a permission reaches, none, and what became of a call of unknown outcome.
ONCE = "o"
RUN = "r"
ALWAYS = "w"
DENY = "n"
DENY_WITHOUT_REASON = "d"
DONE = "y"
AGAIN = "g"
SKIP = "s"
# The options of a question, by their place.
OPTIONS = "01234567"
VERBS = (APPROVE, SEND_BACK, ONCE, RUN, ALWAYS, DENY, DENY_WITHOUT_REASON, DONE, AGAIN, SKIP, *OPTIONS)
SIGNATURE_LENGTH = 16  # characters of base64: 96 bits


class ButtonData(NamedTuple):
    """`verb` is one of VERBS."""

    verb: str
    notification_id: int


def signature(*words: str) -> bytes:
    """32 bytes that only this installation can compute for these words."""
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.digest(key, "\0".join(("telegram", *words)).encode(), hashlib.sha256)


def button(verb: str, notification_id: int) -> str:
    """The data of a button, at most 64 bytes. Valid for this verb and this notification only."""
    return f"{verb}:{notification_id}:{_short(verb, str(notification_id))}"


def read_button(data: str) -> ButtonData | None:
    """None for data that this installation did not sign."""
    verb, _, rest = data.partition(":")
    number, _, given = rest.partition(":")
    if verb not in VERBS or not number.isascii() or not number.isdigit() or len(number) > 18:
        return None
    if not hmac.compare_digest(_short(verb, number).encode(), given.encode("utf-8", "surrogatepass")):
        return None
    return ButtonData(verb, int(number))


def _short(verb: str, number: str) -> str:
    return base64.urlsafe_b64encode(signature("button", verb, number)).decode()[:SIGNATURE_LENGTH]

"""What comes back from Telegram must be what we sent out: buttons and the webhook's address carry a mark of ours."""

import base64
import hashlib
import hmac
from typing import NamedTuple

from flask import current_app

APPROVE = "a"
SEND_BACK = "b"
MARK_LENGTH = 16  # characters of base64: 96 bits


class Pressed(NamedTuple):
    """`verb` is APPROVE or SEND_BACK."""

    verb: str
    notification_id: int


def mark(*words: str) -> bytes:
    """32 bytes that only this installation can make of these words."""
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.digest(key, "\0".join(("telegram", *words)).encode(), hashlib.sha256)


def button(verb: str, notification_id: int) -> str:
    """The data of a button, at most 64 bytes. It serves for this verb and this message alone."""
    return f"{verb}:{notification_id}:{_short(verb, str(notification_id))}"


def read_button(data: str) -> Pressed | None:
    """None for whatever we did not make ourselves."""
    verb, _, rest = data.partition(":")
    number, _, given = rest.partition(":")
    if verb not in (APPROVE, SEND_BACK) or not number.isascii() or not number.isdigit() or len(number) > 18:
        return None
    if not hmac.compare_digest(_short(verb, number).encode(), given.encode("utf-8", "surrogatepass")):
        return None
    return Pressed(verb, int(number))


def _short(verb: str, number: str) -> str:
    return base64.urlsafe_b64encode(mark("button", verb, number)).decode()[:MARK_LENGTH]

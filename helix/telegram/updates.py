"""What people do in Telegram, read from its JSON. Whatever we do not know becomes an update without content."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Message:
    """A text somebody sent to the bot. `reply_to` is the id of the message that it answers."""

    sender: str
    text: str
    private: bool
    reply_to: int | None = None


@dataclass(frozen=True, slots=True)
class Press:
    """A button was pressed. `id` is what answer_callback wants."""

    id: str
    sender: str
    data: str


@dataclass(frozen=True, slots=True)
class Update:
    id: int
    message: Message | None = None
    press: Press | None = None


def read_update(raw: Any) -> Update | None:
    """None for what is no update at all."""
    if not isinstance(raw, dict) or not isinstance(raw.get("update_id"), int):
        return None
    return Update(raw["update_id"], _message(raw.get("message")), _press(raw.get("callback_query")))


def _message(raw: Any) -> Message | None:
    sender = _sender(raw)
    if sender is None:
        return None
    chat, answered, text = raw.get("chat"), raw.get("reply_to_message"), raw.get("text")
    reply_to = answered.get("message_id") if isinstance(answered, dict) else None
    return Message(
        sender=sender,
        text=text if isinstance(text, str) else "",
        private=isinstance(chat, dict) and chat.get("type") == "private",
        reply_to=reply_to if isinstance(reply_to, int) else None,
    )


def _press(raw: Any) -> Press | None:
    sender = _sender(raw)
    if sender is None or not isinstance(raw.get("id"), str):
        return None
    data = raw.get("data")
    return Press(id=raw["id"], sender=sender, data=data if isinstance(data, str) else "")


def _sender(raw: Any) -> str | None:
    sender = raw.get("from") if isinstance(raw, dict) else None
    if not isinstance(sender, dict) or not isinstance(sender.get("id"), int) or sender.get("is_bot"):
        return None
    return str(sender["id"])

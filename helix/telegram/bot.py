"""The port: what we ask of a bot."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from helix.telegram.updates import Update


@dataclass(frozen=True, slots=True)
class Me:
    id: int
    username: str


@dataclass(frozen=True, slots=True)
class Button:
    """Below a message. `data` (1 to 64 bytes) comes back when it is pressed; with `url` it opens that instead."""

    text: str
    data: str = ""
    url: str = ""


class Bot(Protocol):
    """Every method raises a TelegramError. Texts are Telegram's HTML."""

    def get_me(self) -> Me: ...

    def send_message(
        self,
        chat_id: str,
        text: str,
        *,
        buttons: Sequence[Button] = (),
        columns: int = 2,
        ask_reply: str | None = None,
    ) -> int:
        """The id of the message. `columns` is the number of buttons beside one another.

        `ask_reply` opens a reply to it, with these words as the field's placeholder; such a message cannot be edited.
        """
        ...

    def edit_message(self, chat_id: str, message_id: int, text: str) -> None:
        """Put other words there and take the buttons away. The same words again are no error."""
        ...

    def answer_callback(self, callback_id: str, text: str = "") -> None:
        """End the waiting sign on a pressed button, with a short note (at most 200 characters)."""
        ...

    def get_updates(self, offset: int, *, wait_seconds: int) -> list[Update]:
        """What came since `offset` (which forgets all before it); waits that long for the first."""
        ...

    def set_webhook(self, url: str, secret: str) -> None: ...

    def delete_webhook(self) -> None: ...

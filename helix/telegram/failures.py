"""How a call to the Bot API fails. Every message is a sentence without the token in it."""


class TelegramError(Exception):
    """Any failure of a call."""


class RetryAfter(TelegramError):
    """Too much at once. `seconds` is what Telegram asks to wait."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"Telegram asks to wait {seconds:g} seconds.")
        self.seconds = seconds


class Blocked(TelegramError):
    """The bot may not write to this person: blocked, never started, or the account is gone."""


class BadToken(TelegramError):
    """There is no bot with this token."""

    def __init__(self) -> None:
        super().__init__("Telegram does not know this bot token. Copy it once more from @BotFather.")


class Temporary(TelegramError):
    """Telegram or the way there is out of order; later it may work."""


class Busy(TelegramError):
    """Updates go elsewhere: to a webhook (`webhook`), or to another process that asks for them."""

    def __init__(self, message: str, *, webhook: bool) -> None:
        super().__init__(message)
        self.webhook = webhook


class Refused(TelegramError):
    """The call itself is wrong, in Telegram's words; to repeat it does not help."""

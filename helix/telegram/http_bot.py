"""The Bot API over HTTP."""

import re
from collections.abc import Sequence
from types import TracebackType
from typing import Any

import httpx

from helix.telegram.bot import Button, Me
from helix.telegram.failures import BadToken, Blocked, Busy, Refused, RetryAfter, TelegramError, Temporary
from helix.telegram.masking import masked
from helix.telegram.updates import Update, read_update

TOKEN = re.compile(r"\d{3,20}:[A-Za-z0-9_-]{10,100}")
WAIT_UNNAMED = 5.0
# What says, as a 400, that a person never opened a chat with the bot.
UNREACHABLE = ("chat not found", "user not found", "peer_id_invalid", "have no rights to send")


def open_bot(base_url: str, token: str | None, *, seconds: float = 10) -> "HttpBot":
    """A bot to use in a `with`. `seconds` is the patience for each step of a call. Raises BadToken for no token."""
    if not token or not TOKEN.fullmatch(token):
        raise BadToken
    return HttpBot(base_url, token, seconds=seconds)


class HttpBot:
    """See `Bot` for what its methods do."""

    def __init__(self, base_url: str, token: str, *, seconds: float) -> None:
        self._seconds = seconds
        self._root = f"{base_url}/bot{token}"
        self._client = httpx.Client(timeout=httpx.Timeout(seconds, connect=min(seconds, 5)))

    def __enter__(self) -> "HttpBot":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def __repr__(self) -> str:
        return masked(f"HttpBot({self._root})")

    def get_me(self) -> Me:
        found = self._call("getMe")
        return Me(id=int(found["id"]), username=str(found.get("username") or ""))

    def send_message(
        self,
        chat_id: str,
        text: str,
        *,
        buttons: Sequence[Button] = (),
        columns: int = 2,
        ask_reply: str | None = None,
    ) -> int:
        wanted: dict[str, Any] = {"chat_id": chat_id, **_html(text)}
        if buttons:
            shown = [_shown(button) for button in buttons]
            lines = [shown[first : first + columns] for first in range(0, len(shown), columns)]
            wanted["reply_markup"] = {"inline_keyboard": lines}
        elif ask_reply is not None:
            wanted["reply_markup"] = {"force_reply": True, "input_field_placeholder": ask_reply[:64]}
        return int(self._call("sendMessage", wanted)["message_id"])

    def edit_message(self, chat_id: str, message_id: int, text: str) -> None:
        try:
            self._call("editMessageText", {"chat_id": chat_id, "message_id": message_id, **_html(text)})
        except Refused as error:
            if "message is not modified" not in str(error):
                raise

    def answer_callback(self, callback_id: str, text: str = "") -> None:
        self._call("answerCallbackQuery", {"callback_query_id": callback_id, "text": text[:200]})

    def get_updates(self, offset: int, *, wait_seconds: int) -> list[Update]:
        wanted = {"offset": offset, "timeout": wait_seconds, "allowed_updates": ["message", "callback_query"]}
        found = self._call("getUpdates", wanted, seconds=wait_seconds + self._seconds)
        if not isinstance(found, list):
            raise Temporary("Telegram's answer could not be read.")
        return [update for update in map(read_update, found) if update is not None]

    def set_webhook(self, url: str, secret: str) -> None:
        wanted = {"url": url, "secret_token": secret, "allowed_updates": ["message", "callback_query"]}
        self._call("setWebhook", wanted)

    def delete_webhook(self) -> None:
        self._call("deleteWebhook", {})

    def _call(self, method: str, body: dict[str, Any] | None = None, *, seconds: float | None = None) -> Any:
        timeout = httpx.Timeout(seconds or self._seconds, connect=min(self._seconds, 5))
        try:
            reply = self._client.post(f"{self._root}/{method}", json=body or {}, timeout=timeout)
        except httpx.HTTPError as error:
            # From None, and only the kind of it: what httpx knows of the request holds the token.
            raise Temporary(f"Telegram could not be reached ({type(error).__name__}).") from None
        try:
            told = reply.json()
        except ValueError:
            told = None
        if not isinstance(told, dict):
            told = {}
        if reply.status_code == 200 and told.get("ok") is True and "result" in told:
            return told["result"]
        raise _failure(reply, told)


def _html(text: str) -> dict[str, Any]:
    return {"text": text, "parse_mode": "HTML", "link_preview_options": {"is_disabled": True}}


def _shown(button: Button) -> dict[str, str]:
    return (
        {"text": button.text, "url": button.url} if button.url else {"text": button.text, "callback_data": button.data}
    )


def _failure(reply: httpx.Response, told: dict[str, Any]) -> TelegramError:
    words = masked(str(told.get("description") or ""))[:200]
    if reply.status_code == 429:
        return RetryAfter(_seconds_asked(reply, told))
    if reply.status_code in (401, 404):
        return BadToken()
    if reply.status_code == 403 or (reply.status_code == 400 and any(word in words.lower() for word in UNREACHABLE)):
        return Blocked(words or "Telegram does not let the bot write to this person.")
    if reply.status_code == 409:
        return Busy(words, webhook="webhook" in words.lower())
    if 400 <= reply.status_code < 500 and words:
        return Refused(words)
    return Temporary(f"Telegram answered with {reply.status_code}.")


def _seconds_asked(reply: httpx.Response, told: dict[str, Any]) -> float:
    parameters = told.get("parameters")
    asked = parameters.get("retry_after") if isinstance(parameters, dict) else None
    try:
        return max(1.0, float(asked if asked is not None else reply.headers["Retry-After"]))
    except (KeyError, TypeError, ValueError):
        return WAIT_UNNAMED

"""A message for Telegram and its texts: Telegram's HTML, everything escaped, within its length limit."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from helix.telegram import Button

# In UTF-16 units, as Telegram counts. Together far below its limit of 4,096.
LONGEST_TITLE = 300
LONGEST_TEXT = 900
LONGEST_RESULT = 1200
EMPTY_LINES = re.compile(r"\n\s*\n\s*")


@dataclass(frozen=True)
class Message:
    """`edits` is the id of the message that it replaces. `task_id` is set where a decision on the task is asked for;
    `request_id`, too, where an answer to a request is."""

    chat: str
    text: str
    buttons: Sequence[Button] = ()
    columns: int = 2
    ask_reply: str | None = None
    edits: int | None = None
    task_id: int | None = None
    request_id: int | None = None


def notification_text(title: str, text: str, url: str, *, decision: str | None = None) -> str:
    """A notification: title, short text, who decided if anyone did, and the link to it."""
    parts = [f"<b>{escaped(title, LONGEST_TITLE)}</b>", escaped(text, LONGEST_TEXT)]
    if decision:
        parts.append(f"<i>{escaped(decision, LONGEST_TITLE)}</i>")
    return with_link(parts, url)


def approval_text(title: str, text: str, url: str, *, result: str) -> str:
    """A result that waits for approval, with its beginning: people should see what they approve."""
    parts = [f"<b>{escaped(title, LONGEST_TITLE)}</b>", escaped(text, LONGEST_TEXT)]
    if excerpt := escaped(EMPTY_LINES.sub("\n\n", result), LONGEST_RESULT):
        parts.append(f"<blockquote>{excerpt}</blockquote>")
    return with_link(parts, url)


def question_text(title: str) -> str:
    return (
        f"What should be different in <b>{escaped(title, LONGEST_TITLE)}</b>?\n\n"
        "Reply to this message: your words go back to the agent."
    )


def escaped(text: str, limit: int) -> str:
    """Escaped, and cut to `limit` UTF-16 units before that, so that no escape is cut in half."""
    text = "".join(char for char in text.strip() if char in "\n\t" or ord(char) >= 32)
    units = text.encode("utf-16-le", "replace")
    if len(units) // 2 > limit:
        text = units[: (limit - 1) * 2].decode("utf-16-le", "ignore").rstrip() + "…"
    return escape(text, quote=False)


def with_link(parts: list[str], url: str) -> str:
    """The parts as paragraphs, then the link."""
    link = f'<a href="{escape(url, quote=True)}">Open in HELIX</a>' if url else ""
    return "\n\n".join(part for part in (*parts, link) if part)

"""The text of messages: Telegram's HTML, everything escaped, within its length limit."""

import re
from html import escape

# In UTF-16 units, as Telegram counts. Together far below its 4,096.
LONGEST_TITLE = 300
LONGEST_TEXT = 900
LONGEST_RESULT = 1200
EMPTY_LINES = re.compile(r"\n\s*\n\s*")


def notification(title: str, text: str, url: str, *, decision: str | None = None) -> str:
    """A notification: title, short text, who decided if anyone did, and the link to it."""
    parts = [f"<b>{shown(title, LONGEST_TITLE)}</b>", shown(text, LONGEST_TEXT)]
    if decision:
        parts.append(f"<i>{shown(decision, LONGEST_TITLE)}</i>")
    return _joined(parts, url)


def approval(title: str, text: str, url: str, *, result: str) -> str:
    """A result that waits for approval, with its first words: people should see what they approve."""
    parts = [f"<b>{shown(title, LONGEST_TITLE)}</b>", shown(text, LONGEST_TEXT)]
    if excerpt := shown(EMPTY_LINES.sub("\n\n", result), LONGEST_RESULT):
        parts.append(f"<blockquote>{excerpt}</blockquote>")
    return _joined(parts, url)


def question(title: str) -> str:
    return (
        f"What should be different in <b>{shown(title, LONGEST_TITLE)}</b>?\n\n"
        "Reply to this message: your words go back to the agent."
    )


def shown(text: str, limit: int) -> str:
    """Escaped, and cut to `limit` UTF-16 units before that, so that no escape is cut in half."""
    text = "".join(char for char in text.strip() if char in "\n\t" or ord(char) >= 32)
    units = text.encode("utf-16-le", "replace")
    if len(units) // 2 > limit:
        text = units[: (limit - 1) * 2].decode("utf-16-le", "ignore").rstrip() + "…"
    return escape(text, quote=False)


def _joined(parts: list[str], url: str) -> str:
    link = f'<a href="{escape(url, quote=True)}">Open in HELIX</a>' if url else ""
    return "\n\n".join(part for part in (*parts, link) if part)

"""Markdown as pages show it: rendered once, cached by its content, and with a limit on what one page may cost.

A thread may hold a thousand long comments, and each event at a task makes every open page fetch it again. What was
rendered is therefore kept for all viewers. What a page cannot render in its share of time is shown as it was written;
by the next request more of it is cached.
"""

import hashlib
import time
from collections.abc import Iterable
from typing import Any

from flask import g
from markupsafe import Markup, escape

from helix import live
from helix.live.cache import Cache
from helix.services import boards
from helix.text import markdown, task_keys

# Bytes per web process.
MOST_CACHED = 16_000_000
# Processor time that one page may spend on texts that are not cached, and the HTML of all its texts together.
SECONDS_OF_A_PAGE = 1.0
CHARACTERS_OF_A_PAGE = 4_000_000
# Of each text that no longer fits.
SHORT = 500
AS_WRITTEN = Markup('<p class="as-written">{}</p>')
CUT = Markup('<p class="muted cut-short">This page holds more text than it can show; this is the beginning.</p>')

rendered: Cache[bytes] = Cache(most_bytes=MOST_CACHED)


def published(run_id: int) -> dict[str, Any] | None:
    """What a live run has written until now, for runs/_live_text.html: `text`, `html` (rendered and cleaned by the
    worker) and `rest`. None when Redis is away.
    """
    found = live.streamed_so_far(run_id)
    if found is None:
        return None
    # Cleaned by the worker that rendered it.
    return {"text": found.text, "html": Markup(found.html), "rest": found.rest}  # noqa: S704


def html(text: str | None, known: Iterable[str] = ()) -> Markup | None:
    """Markdown rendered and cleaned by helix.text, and nowhere else made markup. `known` are names for mentions.

    Ids of tasks (SEO-22) are links where the board's key is one of a board that the viewer sees.
    Counts towards what the page of this request may hold: beyond that a text is shown as written, and in the end cut
    (see `is_cut`).
    """
    if not text or not text.strip():
        return None
    names = tuple(known) if "@" in text else ()
    board_keys = _board_keys_in(text)
    key = _digest(text), _digest("\n".join(names)) if names else b"", " ".join(board_keys)
    content = rendered.get(key)
    if content is None:
        # What would not fit in any case is not rendered: HTML is longer than its text.
        if not _has_room(len(text)):
            return _beginning(text)
        if _spent() >= SECONDS_OF_A_PAGE:
            return _as_written(text)
        began = time.thread_time()
        found = markdown.render(text, names, board_keys)
        g.seconds_of_rendering = _spent() + time.thread_time() - began
        content = found.encode()
        rendered.put(key, content, size=len(content))
    else:
        found = content.decode()
    return Markup(found) if _fits(len(found)) else _beginning(text)  # noqa: S704 - cleaned


def _board_keys_in(text: str) -> list[str]:
    """The keys in ids of tasks in the text, as far as the viewer sees their boards."""
    named = {found[1] for found in task_keys.IN_TEXT.finditer(text)}
    if not named or "actor" not in g:
        return []
    if "visible_board_keys" not in g:
        g.visible_board_keys = boards.visible_keys(g.actor)
    return sorted(named & g.visible_board_keys)


def is_cut(shown: Markup | None) -> bool:
    """Whether only the beginning is there. No text can look like that: its tags are escaped."""
    return shown is not None and shown.endswith(CUT)


def _as_written(text: str) -> Markup:
    shown = AS_WRITTEN.format(escape(text))
    return shown if _fits(len(shown)) else _beginning(text)


def _beginning(text: str) -> Markup:
    return AS_WRITTEN.format(escape(text[:SHORT])) + CUT


def _spent() -> float:
    return g.get("seconds_of_rendering", 0.0)


def _has_room(length: int) -> bool:
    return g.get("characters_of_texts", 0) + length <= CHARACTERS_OF_A_PAGE


def _fits(length: int) -> bool:
    """Whether so much has room, and then it is counted."""
    if not _has_room(length):
        return False
    g.characters_of_texts = g.get("characters_of_texts", 0) + length
    return True


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()

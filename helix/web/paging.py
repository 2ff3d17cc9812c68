"""Page-numbered lists: `?page=3`."""

from typing import Any

from flask import request

from helix.web.forms import int_or_none

MAX_PAGE = 10_000


def current_page() -> int:
    """The page number in the query string, else 1."""
    return max(1, min(MAX_PAGE, int_or_none(request.args, "page") or 1))


def offset(at_once: int) -> int:
    return (current_page() - 1) * at_once


def pager_context(total: int, at_once: int) -> dict[str, Any]:
    """The template context of the pager."""
    return {"number": current_page(), "last_page": max(1, -(-total // at_once)), "total": total}

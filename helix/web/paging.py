"""Lists that are turned over page by page: `?page=3`."""

from typing import Any

from flask import request

from helix.web.forms import number

MOST = 10_000


def place() -> int:
    """Which page the address asks for; the first where it asks for none."""
    return max(1, min(MOST, number(request.args, "page") or 1))


def offset(at_once: int) -> int:
    return (place() - 1) * at_once


def turned(total: int, at_once: int) -> dict[str, Any]:
    """What the pager shows."""
    return {"number": place(), "last_page": max(1, -(-total // at_once)), "total": total}

"""Plain sentences with `code` in backticks, as HTML."""

import re

from markupsafe import Markup, escape

_TICKS = re.compile(r"`([^`\n]+)`")


def inline_code(text: str) -> Markup:
    """The escaped text; what is between backticks becomes <code>."""
    parts = _TICKS.split(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part) for place, part in enumerate(parts)
    )

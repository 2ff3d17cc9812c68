"""Parts of long texts."""

from helix.services.tools.context import ToolFailed
from helix.services.tools.definitions import PAGE


def page(text: str, offset: int, *, again: str) -> str:
    """The part of the text from `offset` on, with a note on how to read the next one. `again` names the call."""
    if offset and offset >= len(text):
        raise ToolFailed(f"There is nothing at {offset:,}: the text has {len(text):,} characters.")
    part = text[offset : offset + PAGE]
    end = offset + len(part)
    if end == len(text):
        return part
    return f"{part}\n\n[Characters {offset:,} to {end:,} of {len(text):,}. Go on with {again} and offset {end}.]"

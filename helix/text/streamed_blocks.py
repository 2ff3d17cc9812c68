"""Which part of a markdown text that is still being written can be rendered already.

A block is complete once the beginning of the next one is known, so that nothing that follows can change it. The
boundary depends on the text before it alone: whoever splits a longer beginning of the same text finds the same ones.
"""

import re

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_FENCE_IN_LIST = re.compile(r"\s*(`{3,}|~{3,})")
_HEADING = re.compile(r"#{1,6}[ \t]")
_ITEM = re.compile(r"(?:\d{1,9}[.)]|[-*+])(?:[ \t]|$)")
# What an unfinished line may become an item of a list by.
_BEGUN_ITEM = re.compile(r"(?:\d{1,9}[.)]?|[-*+])")


def completed_length(text: str) -> int:
    """The number of characters, from the beginning, that belong to complete blocks."""
    done = place = 0
    in_list = was_blank = closed = False
    fence = ""
    is_new = True  # no line of the block was read yet
    for line in _LINE.findall(text):
        is_whole = line.endswith("\n")
        content = line.rstrip("\r\n")
        if fence:
            if is_whole and _closes(content, fence):
                fence, closed = "", not in_list
        elif not content.strip():
            was_blank = True
        else:
            if not is_new and _begins_block(
                content, is_whole, in_list=in_list, after=was_blank or closed, closed=closed
            ):
                done, is_new = place, True
            if is_new:
                in_list, is_new, closed = _ITEM.match(content) is not None, False, False
            was_blank = False
            opened = (_FENCE_IN_LIST if in_list else _FENCE).match(content)
            if opened and is_whole:
                fence = opened[1]
            elif _HEADING.match(content) and is_whole:
                closed = True
        place += len(line)
    return done


def _begins_block(content: str, is_whole: bool, *, in_list: bool, after: bool, closed: bool) -> bool:
    """Whether a line begins a new block. `after`: a blank line, or the end of a fence or heading, came before it."""
    if content[0] in " \t":
        return closed and not in_list
    if in_list:
        continues = _ITEM.match(content) or (not is_whole and _BEGUN_ITEM.fullmatch(content))
        return after and not continues
    return after or _HEADING.match(content) is not None


def _closes(content: str, fence: str) -> bool:
    found = content.strip()
    return len(found) >= len(fence) and set(found) == {fence[0]}

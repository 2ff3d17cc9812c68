"""Shortens a prompt to fit the model's context window, and describes what was left out.

The order: files of skills, attachments (the last first, each from its end), the oldest comments, earlier results but
the last (the oldest first), results of needed tasks (the last first, each from its end), the last result (from its
end), skills from the least relevant one: first its text, in the end its line in the list.
The task, the feedback and the comment to answer are never shortened.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from helix.prompt import blocks, skill_texts
from helix.prompt.material import Attachment, Needed
from helix.prompt.message import Message
from helix.prompt.parts import PromptParts, comment_block, result_block

Count = Callable[[Sequence[Message]], int]

# More characters per token are rare in any text: longer texts are cut before tokens are counted.
_CHARACTERS_PER_TOKEN = 8
# Characters. A shorter rest is of no use and left out.
_SHORTEST_REMAINDER = 200
# The tokens of parts do not add up exactly to those of the whole, and the note about the cut needs some.
_MARGIN = 32


@dataclass(frozen=True, slots=True)
class Cut:
    """One thing that was left out, with `words` for people.

    `kind`: skill_file, attachment, comment, earlier_result, needed_result or skill.
    """

    kind: str
    name: str
    words: str


def fit(parts: PromptParts, room: int, count: Count) -> tuple[PromptParts, tuple[Cut, ...]] | None:
    """The parts, cut until the messages count at most `room` tokens, and what was cut. None if that is not possible."""
    whole = parts
    parts = _cut_oversized_attachments(parts, room)
    while (over := count(parts.messages) - room) > 0:
        smaller = _cut_once(parts, over + _MARGIN, count)
        if smaller is None:
            return None
        parts = smaller.changed(notes=_notes(_cuts(whole, smaller)))
    return parts, _cuts(whole, parts)


def counter(count: Count) -> skill_texts.Tokens:
    """The tokens of one text."""
    return lambda text: _tokens(text, count)


def _notes(cuts: Sequence[Cut]) -> tuple[str, ...]:
    """The notes about cuts in the prompt. Cuts of skills are already visible in the lists of skills."""
    return tuple(cut.words for cut in cuts if cut.kind not in ("skill", "skill_file"))


def _cut_once(parts: PromptParts, over: int, count: Count) -> PromptParts | None:
    """Remove about `over` tokens from the first kind of part that has any; None if nothing can be removed."""
    if fewer := skill_texts.with_fewer_files(parts.skills, over, parts.boundary, counter(count)):
        return parts.changed(skills=fewer)
    if parts.attachments:
        *kept, last = parts.attachments
        rest = _shortened(last.text, over, count)
        return parts.changed(attachments=(*kept, Attachment(last.file_name, rest)) if rest else tuple(kept))
    if parts.thread:
        return parts.changed(
            thread=parts.thread[_count_for([comment_block(parts, one) for one in parts.thread], over, count) :]
        )
    if parts.since:
        texts = [comment_block(parts, comment) for comment in parts.since]
        return parts.changed(since=parts.since[_count_for(texts, over, count) :])
    if len(parts.results) > 1:
        older = [result_block(parts, text, last=False) for text in parts.results[:-1]]
        return parts.changed(results=parts.results[_count_for(older, over, count) :])
    if parts.needed:
        *tasks, task = parts.needed
        rest = _shortened(task.result, over, count)
        return parts.changed(needed=(*tasks, Needed(task.title, rest)) if rest else tuple(tasks))
    if parts.results:
        rest = _shortened(parts.results[0], over, count)
        return parts.changed(results=(rest,) if rest else ())
    fewer = skill_texts.with_fewer_texts(parts.skills, over, parts.boundary, counter(count))
    return parts.changed(skills=fewer) if fewer else None


def _count_for(texts: Sequence[str], over: int, count: Count) -> int:
    """How many of the first texts have `over` tokens together; all of them if that is not enough."""
    sums = accumulate(_tokens(text, count) for text in texts)
    return next((number for number, total in enumerate(sums, 1) if total >= over), len(texts))


def _cut_oversized_attachments(parts: PromptParts, room: int) -> PromptParts:
    """Cut attachments that are too long by their characters alone, because counting megabytes is slow."""
    most = max(room, 0) * _CHARACTERS_PER_TOKEN
    shorter = parts.changed(attachments=tuple(Attachment(one.file_name, one.text[:most]) for one in parts.attachments))
    return shorter.changed(notes=_notes(_cuts(parts, shorter)))


def _shortened(text: str, over: int, count: Count) -> str:
    """The beginning of the text with at least `over` tokens less; empty if too little would be left."""
    target = _tokens(text, count) - over
    low, high = 0, max(len(text) - 1, 0)
    while high - low > max(len(text) // 64, 1):
        middle = (low + high) // 2
        if _tokens(text[:middle], count) <= target:
            low = middle
        else:
            high = middle
    rest = text[:low].rstrip()
    return rest if len(rest) >= _SHORTEST_REMAINDER else ""


def _tokens(text: str, count: Count) -> int:
    return count([Message("user", text)])


def _cuts(whole: PromptParts, left: PromptParts) -> tuple[Cut, ...]:
    """The difference between both, in the order of shortening."""
    return (
        *(Cut("skill_file", name, words) for name, words in skill_texts.file_cuts(left.skills)),
        *_attachments(whole, left),
        *_comments(whole, left),
        *_results(whole, left),
        *_needed(whole, left),
        *(Cut("skill", name, words) for name, words in skill_texts.skill_cuts(left.skills)),
    )


def _attachments(whole: PromptParts, left: PromptParts) -> list[Cut]:
    before = [("attachment " + _quoted(one.file_name), one.file_name, one.text) for one in whole.attachments]
    return _of_each("attachment", before, [one.text for one in left.attachments])


def _needed(whole: PromptParts, left: PromptParts) -> list[Cut]:
    before = [("result of the task " + _quoted(one.title), one.title, one.result) for one in whole.needed]
    return _of_each("needed_result", before, [one.result for one in left.needed])


def _of_each(kind: str, before: Sequence[tuple[str, str, str]], left: Sequence[str]) -> list[Cut]:
    """`before` are (in words, name, text) of all; `left` the texts of the first of them, as they were sent."""
    cuts = []
    for number, (words, name, text) in enumerate(before):
        if number >= len(left):
            cuts.append(Cut(kind, blocks.one_line(name), f"The {words} was left out."))
        elif len(left[number]) < len(text):
            sent = f"the first {len(left[number]):,} of {len(text):,} letters were sent."
            cuts.append(Cut(kind, blocks.one_line(name), f"Of the {words}, {sent}"))
    return cuts


def _quoted(name: str) -> str:
    return f"“{blocks.one_line(name)}”"


def _comments(whole: PromptParts, left: PromptParts) -> list[Cut]:
    gone = len(whole.thread) - len(left.thread) + len(whole.since) - len(left.since)
    if not gone:
        return []
    name = "the oldest comment" if gone == 1 else f"the {gone} oldest comments"
    return [Cut("comment", name, f"Left out: {name}.")]


def _results(whole: PromptParts, left: PromptParts) -> list[Cut]:
    cuts = []
    older = max(len(whole.results) - 1, 0) - max(len(left.results) - 1, 0)
    if older:
        name = "the oldest result" if older == 1 else f"the {older} oldest results"
        cuts.append(Cut("earlier_result", name, f"Left out: {name}."))
    if whole.results and not left.results:
        cuts.append(Cut("earlier_result", "the last result", "The last result was left out."))
    elif whole.results and len(sent := left.results[-1]) < len(whole.results[-1]):
        words = f"Of the last result, the first {len(sent):,} of {len(whole.results[-1]):,} letters were sent."
        cuts.append(Cut("earlier_result", "the last result", words))
    return cuts

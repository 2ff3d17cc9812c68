"""Making a prompt fit: what gives, in which order, and how that is told.

The order: files of skills, attachments (the last first, each from its end), the oldest comments, earlier results (the
oldest first, the last one from its end), skills from the one that fits the task worst: first its text, in the end its
line in the list. The task, the feedback and the comment to answer never give.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from helix.prompt import marks, skill_texts
from helix.prompt.material import Attachment
from helix.prompt.message import Message
from helix.prompt.parts import Parts, comment_block, result_block

Count = Callable[[Sequence[Message]], int]

# More letters than this per token are rare in any text: what is beyond is cut before anything is counted.
_LETTERS_PER_TOKEN = 8
# A rest shorter than this helps nobody.
_SHORTEST_REST = 200
# Tokens of a part alone do not add up exactly to those of the whole, and the note on the cut costs some.
_MARGIN = 32


@dataclass(frozen=True, slots=True)
class Cut:
    """One thing that was left out, with `words` for a person.

    `kind`: skill_file, attachment, comment, earlier_result or skill.
    """

    kind: str
    name: str
    words: str


def fit(parts: Parts, room: int, count: Count) -> tuple[Parts, tuple[Cut, ...]] | None:
    """The parts, cut until the messages count at most `room` tokens, and what was cut. None when nothing helps."""
    whole = parts
    parts = _cut_hopeless(parts, room)
    while (over := count(parts.messages) - room) > 0:
        smaller = _cut_once(parts, over + _MARGIN, count)
        if smaller is None:
            return None
        parts = smaller.but(notes=_notes(_cuts(whole, smaller)))
    return parts, _cuts(whole, parts)


def counter(count: Count) -> skill_texts.Tokens:
    """The tokens of one text."""
    return lambda text: _tokens(text, count)


def _notes(cuts: Sequence[Cut]) -> tuple[str, ...]:
    """What the prompt itself says of cuts: of skills and their files its lists say it already."""
    return tuple(cut.words for cut in cuts if cut.kind not in ("skill", "skill_file"))


def _cut_once(parts: Parts, over: int, count: Count) -> Parts | None:
    """One step towards fitting, by about `over` tokens; None when nothing is left that may give."""
    if fewer := skill_texts.with_fewer_files(parts.skills, over, parts.boundary, counter(count)):
        return parts.but(skills=fewer)
    if parts.attachments:
        *kept, last = parts.attachments
        rest = _shortened(last.text, over, count)
        return parts.but(attachments=(*kept, Attachment(last.file_name, rest)) if rest else tuple(kept))
    if parts.thread:
        return parts.but(
            thread=parts.thread[_enough([comment_block(parts, one) for one in parts.thread], over, count) :]
        )
    if parts.since:
        return parts.but(since=parts.since[_enough([comment_block(parts, one) for one in parts.since], over, count) :])
    if len(parts.results) > 1:
        older = [result_block(parts, text, last=False) for text in parts.results[:-1]]
        return parts.but(results=parts.results[_enough(older, over, count) :])
    if parts.results:
        rest = _shortened(parts.results[0], over, count)
        return parts.but(results=(rest,) if rest else ())
    fewer = skill_texts.with_fewer_texts(parts.skills, over, parts.boundary, counter(count))
    return parts.but(skills=fewer) if fewer else None


def _enough(texts: Sequence[str], over: int, count: Count) -> int:
    """How many from the first make up `over` tokens; all of them when even that is not enough."""
    sums = accumulate(_tokens(text, count) for text in texts)
    return next((number for number, total in enumerate(sums, 1) if total >= over), len(texts))


def _cut_hopeless(parts: Parts, room: int) -> Parts:
    """Attachments that cannot fit by their length alone, cut without counting: counting megabytes is slow."""
    most = max(room, 0) * _LETTERS_PER_TOKEN
    shorter = parts.but(attachments=tuple(Attachment(one.file_name, one.text[:most]) for one in parts.attachments))
    return shorter.but(notes=_notes(_cuts(parts, shorter)))


def _shortened(text: str, over: int, count: Count) -> str:
    """The beginning of the text with at least `over` tokens less, or nothing when too little would be left."""
    target = _tokens(text, count) - over
    low, high = 0, max(len(text) - 1, 0)
    while high - low > max(len(text) // 64, 1):
        middle = (low + high) // 2
        if _tokens(text[:middle], count) <= target:
            low = middle
        else:
            high = middle
    rest = text[:low].rstrip()
    return rest if len(rest) >= _SHORTEST_REST else ""


def _tokens(text: str, count: Count) -> int:
    return count([Message("user", text)])


def _cuts(whole: Parts, left: Parts) -> tuple[Cut, ...]:
    """The difference, in words, in the order in which things give."""
    return (
        *(Cut("skill_file", name, words) for name, words in skill_texts.file_cuts(left.skills)),
        *_attachments(whole, left),
        *_comments(whole, left),
        *_results(whole, left),
        *(Cut("skill", name, words) for name, words in skill_texts.skill_cuts(left.skills)),
    )


def _attachments(whole: Parts, left: Parts) -> list[Cut]:
    cuts = []
    for number, before in enumerate(whole.attachments):
        name = marks.one_line(before.file_name)
        if number >= len(left.attachments):
            cuts.append(Cut("attachment", name, f"The attachment “{name}” was left out."))
        elif len(sent := left.attachments[number].text) < len(before.text):
            words = f"Of the attachment “{name}”, the first {len(sent):,} of {len(before.text):,} letters were sent."
            cuts.append(Cut("attachment", name, words))
    return cuts


def _comments(whole: Parts, left: Parts) -> list[Cut]:
    gone = len(whole.thread) - len(left.thread) + len(whole.since) - len(left.since)
    if not gone:
        return []
    name = "the oldest comment" if gone == 1 else f"the {gone} oldest comments"
    return [Cut("comment", name, f"Left out: {name}.")]


def _results(whole: Parts, left: Parts) -> list[Cut]:
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

"""The demo model's answers: markdown built from the blocks of the prompt. The same prompt gives the same answer."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from helix.prompt.answer import ResultFence
from helix.prompt.blocks import (
    COMMENT,
    COMMENT_TO_ANSWER,
    DESCRIPTION,
    FEEDBACK,
    LAST_RESULT,
    TAGS,
    TITLE,
    Block,
    read_blocks,
)
from helix.prompt.message import Message

SIGNATURE = "*Written by the offline demo model: a canned answer. Choose a real model in the settings for real work.*"
_ASKS_FOR_CHANGE = re.compile(
    r"\b(add|change|correct|cut|edit|expand|fix|improve|make it|redo|remove|rewrite|revise|shorten|shorter|translate"
    r"|update)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Learned:
    """The results of tools, for a section of the answer. `steps` take the place of those that the task lists."""

    heading: str
    results: Sequence[str]
    steps: Sequence[str] = ()


def answer(messages: Sequence[Message], *, learned: Learned | None = None) -> str:
    blocks = read_blocks("\n".join(message.content for message in messages))
    if not blocks:
        return "OK. I am the offline demo model, and I am ready."
    if first(blocks, COMMENT_TO_ANSWER):
        return _reply(blocks, may_replace_result=any(ResultFence.EXAMPLE in message.content for message in messages))
    return _result(blocks, learned)


def _result(blocks: list[Block], learned: Learned | None) -> str:
    title = short(first(blocks, TITLE), 120) or "Untitled task"
    tags = [tag.strip() for tag in first(blocks, TAGS).split(",") if tag.strip()]
    steps = (learned and learned.steps) or points(blocks)
    rows = "\n".join(f"| {n} | {_cell(point)} | {_cell(_WAYS[n % len(_WAYS)])} |" for n, point in enumerate(steps, 1))
    sections = [
        f"# {title}",
        f"I am the offline demo model, so this answer is canned. {_opening(tags)}",
        _after_feedback(blocks),
        _learned(learned) if learned else "",
        "## Plan\n\n| # | What | How |\n|---|---|---|\n" + rows,
        "## Next steps\n\n"
        + "\n".join(
            f"{n}. {step}"
            for n, step in enumerate(
                (f"Agree on the goal of “{title}”.", f"Begin with: {steps[0]}.", "Review the outcome together."), 1
            )
        ),
        SIGNATURE,
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def points(blocks: Sequence[Block]) -> list[str]:
    """The steps of the plan: what the description lists or says, at least one."""
    title = short(first(blocks, TITLE), 120) or "Untitled task"
    return _points(first(blocks, DESCRIPTION)) or [f"Say in one sentence what “{title}” is to achieve"]


def _learned(learned: Learned) -> str:
    quoted = "\n>\n".join(f"> {short(result, 500)}" for result in learned.results)
    return f"## {learned.heading}\n\n{quoted or 'What came back was removed to make room.'}"


_WAYS = (
    "Check the outcome against the description",
    "Collect what is known and what is missing",
    "Draft it, short and concrete",
    "Have one person read it before it goes out",
)


def _opening(tags: list[str]) -> str:
    if not tags:
        return "Here is how the work could go."
    return "Here is how the work could go, seen from " + ", ".join(f"**{short(tag, 40)}**" for tag in tags[:5]) + "."


def _after_feedback(blocks: list[Block]) -> str:
    feedback = first(blocks, FEEDBACK)
    if not feedback:
        return ""
    comments = sum(block.label.startswith(COMMENT) for block in blocks)
    return (
        "## What changed\n\n"
        f"The last result was sent back. The feedback, to which this version answers:\n\n> {short(feedback, 300)}\n\n"
        f"Comments read: {comments}."
    )


def _reply(blocks: list[Block], *, may_replace_result: bool) -> str:
    request = short(first(blocks, COMMENT_TO_ANSWER), 200)
    title = short(first(blocks, TITLE), 120)
    lines = [f"I am the offline demo model. About “{title}”, you wrote:", f"> {request}"]
    last = first(blocks, LAST_RESULT)
    if not _ASKS_FOR_CHANGE.search(request):
        lines.append("A real model would answer this from the task and its result.")
        return "\n\n".join([*lines, SIGNATURE])
    if not may_replace_result:
        lines.append("I cannot change the result here, so I leave it as it is.")
        return "\n\n".join([*lines, SIGNATURE])
    lines.append("I have handed in a changed result.")
    body = last.strip() or f"# {title}"
    fence = ResultFence.around(f"{body}\n\n## Changed on request\n\n> {request}\n")
    return "\n\n".join([*lines, SIGNATURE, fence])


def _points(description: str) -> list[str]:
    """Up to six points: the lines of a list if there is one, else the sentences."""
    items = list_items(description)
    sentences = re.split(r"(?<=[.!?])\s+|\n+", re.sub(r"[#>*`]", "", description))
    return [short(point, 140).rstrip(".") for point in (items or sentences) if point.strip()][:6]


def list_items(description: str) -> list[str]:
    items = re.findall(r"^\s*(?:[-*+]|\d+[.)])\s+(.+)$", description, re.M)
    return [short(item, 140) for item in items if item.strip()]


def first(blocks: Sequence[Block], label: str) -> str:
    return next((block.text for block in blocks if block.label.startswith(label)), "")


def short(text: str, limit: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _cell(text: str) -> str:
    return text.replace("|", "/")

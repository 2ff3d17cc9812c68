"""What the buttons of the editor do with a draft: add, move and remove steps and inputs."""

import copy
from collections.abc import Mapping
from typing import Any

from helix.services.workflows import KINDS, MOST_INPUTS, MOST_STEPS

Definition = dict[str, Any]
NEW: Mapping[str, Mapping[str, Any]] = {
    "agent": {},
    "person": {},
    "choice": {"is": "equals", "value": True},
    "each": {"step": {"title": "{{item}}"}},
    "wait": {"hours": 24},
}


def changed(definition: Mapping[str, Any], action: str) -> tuple[Definition, int | None]:
    """The draft after an action, and the number of the step that was added or moved.

    Actions are `add-agent` (or another kind), `add-input`, `up-2`, `down-2`, `remove-2` and `remove-input-0`; any other
    changes nothing.
    """
    draft = copy.deepcopy(dict(definition))
    steps, inputs = draft.setdefault("steps", []), draft.setdefault("input", [])
    word, _, rest = action.partition("-")
    if word == "add" and rest in KINDS and len(steps) < MOST_STEPS:
        steps.append(_new_step(steps, rest))
        return draft, len(steps) - 1
    if action == "add-input" and len(inputs) < MOST_INPUTS:
        inputs.append({"key": _free_key([one.get("key") for one in inputs], "input"), "type": "text"})
        return draft, None
    kind, _, typed = rest.rpartition("-")
    number = int(typed) if typed.isdecimal() and len(typed) < 6 else -1
    if word == "remove" and kind == "input" and 0 <= number < len(inputs):
        del inputs[number]
    elif not kind and 0 <= number < len(steps):
        if word == "remove":
            _remove(steps, number)
        elif word in ("up", "down"):
            to = max(0, min(len(steps) - 1, number + (1 if word == "down" else -1)))
            steps.insert(to, steps.pop(number))
            return draft, to
    return draft, None


def _new_step(steps: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    """A step after the last one, which it needs."""
    step: dict[str, Any] = {"key": _free_key([one.get("key") for one in steps], "step"), "kind": kind}
    if steps and steps[-1].get("key"):
        step["needs"] = [steps[-1]["key"]]
    return step | copy.deepcopy(dict(NEW[kind]))


def _free_key(taken: list[Any], word: str) -> str:
    return next(key for number in range(1, len(taken) + 2) if (key := f"{word}_{number}") not in taken)


def _remove(steps: list[dict[str, Any]], number: int) -> None:
    """Remove a step. What needed it needs what that needed."""
    gone = steps.pop(number)
    key, needs = gone.get("key"), gone.get("needs") or []
    for step in steps:
        for name in ("then", "otherwise"):
            if key in (step.get(name) or ()):
                step[name] = [one for one in step[name] if one != key]
        if key in (step.get("needs") or ()):
            place = step["needs"].index(key)
            step["needs"] = list(dict.fromkeys([*step["needs"][:place], *needs, *step["needs"][place + 1 :]]))

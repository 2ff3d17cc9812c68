"""A draft as fields of the editor, and back."""

from pathlib import Path

import pytest

from helix import demo
from helix.services.workflows import yaml_format
from helix.web.workflows import draft_form
from helix.web.workflows.draft_changes import changed

WHOLE = {
    "input": [
        {"key": "week", "title": "Week", "type": "number", "required": True, "default": 7},
        {"key": "tone", "type": "choice", "options": ["calm", "loud"]},
    ],
    "max_usd": 2.5,
    "steps": [
        {
            "key": "look",
            "kind": "agent",
            "title": "Look at {{input.week}}",
            "description": "Twice.\nOr more.",
            "agent": "Nova",
            "output": {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]},
            "requires_approval": True,
            "max_usd": 1,
            "rejections": 2,
        },
        {
            "key": "good",
            "kind": "choice",
            "needs": ["look"],
            "of": "steps.look.output.ok",
            "is": "equals",
            "value": True,
            "then": ["tell"],
        },
        {"key": "tell", "kind": "person", "needs": ["good"], "title": "Tell", "person": "mia@example.com"},
        {
            "key": "parts",
            "kind": "each",
            "needs": ["look"],
            "of": "steps.look.output.ok",
            "step": {"title": "{{item}}", "agent": "Nova", "description": "{{steps.look.result}}"},
        },
        {"key": "rest", "kind": "wait", "needs": ["tell", "parts"], "hours": 1.5},
    ],
}


def posted(definition):
    return dict(draft_form.posted(draft_form.shown(definition)))


def test_every_field_comes_back():
    assert draft_form.has_form(WHOLE)
    assert draft_form.as_read(WHOLE) == WHOLE


@pytest.mark.parametrize("value", ["true", "5", "a text", '"quoted"', 5, 0.5, True, False, "null"])
def test_the_value_of_a_choice_keeps_its_type(value):
    definition = {"input": [], "steps": [{"key": "a", "kind": "choice", "value": value}]}

    (step,) = draft_form.as_read(definition)["steps"]

    assert (step["value"], type(step["value"])) == (value, type(value))


def test_what_cannot_be_read_stays_as_it_was_typed():
    typed = posted(WHOLE) | {"max_usd": "a lot", "steps-0-output": "no field at all", "steps-4-hours": "soon"}

    read = draft_form.read(typed)

    assert (read["max_usd"], read["steps"][0]["output"], read["steps"][4]["hours"]) == (
        "a lot",
        "no field at all",
        "soon",
    )
    assert draft_form.shown(read)["steps"][0]["output"] == "no field at all"


def test_a_draft_that_says_the_same_in_other_words_is_kept():
    before = {"steps": [{"key": "a", "kind": "agent", "title": "A", "requires_approval": False, "description": ""}]}

    assert draft_form.kept(before, draft_form.read(posted(before))) is before
    changed_title = draft_form.read(posted(before) | {"steps-0-title": "B"})
    assert draft_form.kept(before, changed_title)["steps"][0]["title"] == "B"


def test_a_new_key_is_carried_into_what_names_it():
    typed = posted(WHOLE) | {"steps-0-was": "look", "steps-0-key": "see", "steps-2-was": "tell", "steps-2-key": "say"}

    _, good, _, parts, rest = draft_form.read(typed)["steps"]

    assert (good["needs"], good["of"], good["then"]) == (["see"], "steps.see.output.ok", ["say"])
    assert parts["step"]["description"] == "{{steps.see.result}}"
    assert rest["needs"] == ["say", "parts"]


@pytest.mark.parametrize(
    "definition",
    [
        [],
        {"steps": {"a": 1}},
        {"steps": [1]},
        {"steps": [{"key": "a", "kind": "loop"}]},
        {"steps": [{"key": "a", "kind": "agent", "needs": [1]}]},
        {"steps": [{"key": "a", "kind": "agent", "color": "red"}]},
        {"steps": [{"key": "a", "kind": "each", "step": [1]}]},
        {"steps": [{"key": "a", "kind": "agent", "title": {"de": "A"}}]},
        {"input": [{"key": "a", "label": "A"}]},
        {"notes": "x"},
    ],
)
def test_drafts_of_another_shape_have_no_form(definition):
    assert not draft_form.has_form(definition)


@pytest.mark.parametrize(
    "file", sorted(Path(demo.__file__).parent.glob("content/workflows/*.yaml")), ids=lambda f: f.stem
)
def test_the_workflows_of_the_demo_come_back(file):
    definition = yaml_format.load(file.read_text())["definition"]
    definition = {name: value for name, value in definition.items() if name in ("input", "max_usd", "steps")}

    assert draft_form.has_form(definition)
    assert draft_form.kept(definition, draft_form.as_read(definition)) is definition


def test_a_new_step_needs_the_last_one():
    draft, place = changed(WHOLE, "add-agent")

    assert place == 5
    assert draft["steps"][5] == {"key": "step_1", "kind": "agent", "needs": ["rest"]}
    assert len(WHOLE["steps"]) == 5


def test_what_needed_a_step_that_is_removed_needs_what_that_needed():
    draft, _ = changed(WHOLE, "remove-2")

    assert [step["key"] for step in draft["steps"]] == ["look", "good", "parts", "rest"]
    assert draft["steps"][1]["then"] == []
    assert draft["steps"][3]["needs"] == ["good", "parts"]


@pytest.mark.parametrize(
    ("action", "order", "place"),
    [("up-1", "good look tell parts rest", 0), ("down-4", "look good tell parts rest", 4), ("up-0", None, 0)],
)
def test_steps_are_moved(action, order, place):
    draft, to = changed(WHOLE, action)

    assert [step["key"] for step in draft["steps"]] == (order or "look good tell parts rest").split()
    assert to == place


@pytest.mark.parametrize("action", ["", "add-loop", "up-9", "remove-x", "remove-input-7", "save", "down-²"])
def test_other_actions_change_nothing(action):
    assert changed(WHOLE, action) == (WHOLE, None)


def test_inputs_are_added_and_removed():
    added, _ = changed(WHOLE, "add-input")
    removed, _ = changed(added, "remove-input-0")

    assert added["input"][2] == {"key": "input_1", "type": "text"}
    assert [one["key"] for one in removed["input"]] == ["tone", "input_1"]

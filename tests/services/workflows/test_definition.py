"""Which definitions are right, and where each error is told."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helix.errors import Invalid
from helix.services.workflows import definition as definitions
from helix.services.workflows import placeholders
from helix.services.workflows.definition import ancestors, describe_errors, graph, in_order
from helix.services.workflows.step_tasks import tasks_before
from helix.services.workflows.yaml_format import dump, load
from tests.support.workflows import agent, choice, each, person, schema, wait


def whole():
    return {
        "input": [
            {"key": "topic", "title": "Topic", "type": "text", "required": True},
            {"key": "words", "type": "number", "default": 300},
            {"key": "tone", "type": "choice", "options": ["plain", "formal"], "default": "plain"},
        ],
        "max_usd": 2.5,
        "steps": [
            agent("outline", description="{{input.topic}}", output=schema(sections="array", good="boolean")),
            each("parts", "outline", "steps.outline.output.sections", description="{{item.title}} {{input.tone}}"),
            choice("good", "outline", "steps.outline.output.good", True, then=["publish"], otherwise=["ask"]),
            agent("publish", "good", "parts", description="{{steps.parts.result}}", max_usd=0.5, rejections=0),
            person("ask", "good", person="Mia", description="{{steps.outline.output}}"),
            wait("pause", "ask", hours=0.5),
        ],
    }


def places(definition):
    return [tuple(problem["loc"]) for problem in describe_errors(definition)]


def test_a_whole_definition_has_no_errors():
    assert describe_errors(whole()) == []
    assert definitions.check(whole()) == whole()


@pytest.mark.parametrize("nonsense", [None, 3, "steps", [], [1]])
def test_what_is_no_object_is_told_as_a_whole(nonsense):
    assert places(nonsense) == [()]


def _set(path, value):
    def change(definition):
        *way, last = path
        for part in way:
            definition = definition[part]
        definition[last] = value

    return change


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        (["colour"], 1, None),
        (["steps"], [], None),
        (["steps"], {"a": 1}, None),
        (["steps"], [agent(f"s{number}") for number in range(101)], None),
        (["max_usd"], 0, None),
        (["max_usd"], True, None),
        (["max_usd"], float("nan"), None),
        (["max_usd"], 10**400, None),
        (["input", 0, "key"], "Topic", None),
        (["input", 1, "key"], "topic", None),
        (["input", 2, "options"], [], None),
        (["input", 2, "default"], "loud", None),
        (["input", 1, "default"], "many", None),
        (["input", 0, "type"], "date", None),
        (["input", 0, "options"], ["a"], None),
        (["steps", 0, "key"], "1st", None),
        (["steps", 0, "kind"], "loop", None),
        (["steps", 0, "needs"], ["nothing"], ["steps", 0, "needs", 0]),
        (["steps", 5, "needs"], ["ask", "ask"], ["steps", 5, "needs", 1]),
        (["steps", 5, "needs"], ["pause"], ["steps", 5, "needs", 0]),
        (["steps", 5, "needs"], "ask", None),
        (["steps", 0, "agent"], "", None),
        (["steps", 0, "title"], None, None),
        (["steps", 0, "title"], "x" * 501, None),
        (["steps", 0, "person"], "Mia", None),
        (["steps", 0, "rejections"], -1, None),
        (["steps", 0, "requires_approval"], "yes", None),
        (["steps", 0, "output"], {"type": "array"}, None),
        (["steps", 0, "output"], {"type": "object"}, ["steps", 0, "output", "properties"]),
        (["steps", 1, "of"], "steps.outline.output.good", None),
        (["steps", 1, "of"], "steps.outline.result", None),
        (["steps", 1, "of"], "input.topic", None),
        (["steps", 1, "step"], None, None),
        (["steps", 1, "step", "needs"], ["outline"], None),
        (["steps", 1, "key"], "p" * 58, None),
        (["steps", 2, "of"], "steps.outline.output.better", None),
        (["steps", 2, "of"], "item", None),
        (["steps", 2, "is"], "matches", None),
        (["steps", 2, "value"], None, None),
        (["steps", 2, "then"], ["pause"], ["steps", 2, "then", 0]),
        (["steps", 2, "otherwise"], ["ask", "publish"], ["steps", 2, "otherwise"]),
        (["steps", 5, "hours"], 0, None),
        (["steps", 5, "hours"], 10_000, None),
    ],
)
def test_an_error_is_told_at_its_field(path, value, place):
    definition = whole()
    _set(path, value)(definition)

    assert tuple(path if place is None else place) in places(definition)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{input.colour}}", "There is no input colour."),
        ("{{steps.nobody.result}}", "There is no step nobody."),
        ("{{steps.publish.result}}", "publish is not before this step. Add it to its needs."),
        ("{{steps.good.result}}", "good has no result: it is of kind choice."),
        ("{{steps.outline.output.size}}", "The output of outline has no field size."),
        ("{{steps.outline.result.size}}", "A result is a text and has no fields."),
        ("{{item}}", "There is an item only in the step of a step of kind each."),
        ("{{agent_name}}", "Write input.KEY, steps.KEY.result or steps.KEY.output.FIELD."),
        ("{{ }}", "Write input.KEY, steps.KEY.result or steps.KEY.output.FIELD."),
    ],
)
def test_a_placeholder_that_leads_nowhere_says_why(text, words):
    definition = whole()
    definition["steps"][4]["description"] = text

    (problem,) = describe_errors(definition)

    assert problem["loc"] == ["steps", 4, "description"]
    assert problem["msg"].endswith(words)


def test_a_title_cannot_wait_for_a_result():
    definition = whole()
    definition["steps"][3]["title"] = "{{steps.outline.result}}"

    assert places(definition) == [("steps", 3, "title")]


def test_a_circle_is_told_with_its_steps():
    steps = [agent("a", "c"), agent("b", "a"), agent("c", "b"), agent("d", "c")]

    (problem,) = describe_errors({"steps": steps})

    assert problem["msg"].count("→") == 3
    assert problem["loc"][2] == "needs"


@pytest.mark.parametrize("bad", ["\x00", "\ud800", float("inf"), {1: 2, "a": float("nan")}, object()])
def test_what_cannot_be_stored_is_no_draft(bad):
    with pytest.raises(Invalid):
        definitions.refuse_unstorable({"steps": [{"key": bad}]})


def test_a_draft_that_is_too_deep_or_too_long_is_refused():
    deep = {"steps": []}
    for _ in range(20):
        deep = {"steps": [deep]}

    for draft in (deep, {"steps": ["x" * 400_001]}):
        with pytest.raises(Invalid):
            definitions.refuse_unstorable(draft)


def test_a_value_with_braces_is_not_filled_again():
    values = {"a": "{{input.b}}", "b": "x"}

    filled = placeholders.fill("{{input.a}} {{ input.a }} {{input.b}}", lambda path: values[path[1]])

    assert filled == "{{input.b}} {{input.b}} x"


# Any JSON, and definitions with one part replaced by any JSON.
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def _places_in(value, place=()):
    yield place
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield from _places_in(part, (*place, name))


@given(place=st.sampled_from([place for place in _places_in(whole()) if place]), value=JSON)
@settings(max_examples=400)
def test_whatever_is_written_in_one_place_is_right_or_told(place, value):
    definition = whole()
    _set(place, value)(definition)

    problems = describe_errors(definition)

    for problem in problems:
        assert set(problem) == {"loc", "msg", "type"}
        assert problem["msg"].strip()
    if not problems:
        # What is right can be walked through.
        assert len(in_order(definition)) == len(graph(definition))


@given(value=JSON)
def test_any_json_at_all_is_judged_without_an_error(value):
    assert isinstance(describe_errors(value), list)
    assert isinstance(describe_errors({"steps": value, "input": value}), list)


@given(seed=st.integers(0, 10_000), count=st.integers(1, 60), density=st.floats(0, 0.3), backwards=st.booleans())
@settings(max_examples=150)
def test_graphs_are_ordered_and_exactly_their_circles_are_refused(seed, count, density, backwards):
    chance = random.Random(seed)
    keys = [f"s{number}" for number in range(count)]
    steps = []
    for number, key in enumerate(keys):
        needs = [other for other in keys[:number] if chance.random() < density][:19]
        steps.append(wait(key, *needs) if chance.random() < 0.3 else person(key, *needs))
    if backwards and count > 1:
        # From an early step to a late one that needs it, directly or not: a circle, unless nothing leads there.
        early, late = sorted(chance.sample(range(count), 2))
        steps[early]["needs"] = [*steps[early]["needs"], keys[late]]
        forward = {step["key"]: step["needs"] for step in steps} | {keys[early]: []}
        leads_back = keys[early] in ancestors(forward)[keys[late]]
    else:
        leads_back = False
    chance.shuffle(steps)

    problems = describe_errors({"steps": steps})

    assert bool(problems) == leads_back
    if problems:
        return
    ordered = in_order({"steps": steps})
    place = {step["key"]: number for number, step in enumerate(ordered)}
    assert len(place) == count
    assert all(place[need] < place[step["key"]] for step in steps for need in step["needs"])
    kinds = {step["key"]: step["kind"] for step in steps}
    before = ancestors({step["key"]: step["needs"] for step in steps})
    for key, linked in tasks_before(ordered).items():
        assert linked <= before[key]
        assert all(kinds[one] == "person" for one in linked)


@given(
    texts=st.lists(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=40)),
    number=st.integers() | st.floats(allow_nan=False, allow_infinity=False),
)
def test_a_draft_comes_back_from_yaml_as_it_was(texts, number):
    draft = whole() | {"max_usd": number}
    draft["steps"][0]["description"] = "".join(texts)
    draft["steps"][2] |= {"value": texts[0] if texts else True, "then": texts}

    loaded = load(dump("Weekly: report", "yes", draft))

    assert loaded == {"name": "Weekly: report", "description": "yes", "definition": draft}

"""Forms made from JSON schemas, whatever a server sends as one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from werkzeug.datastructures import MultiDict

from helix.errors import Invalid
from helix.web.inbox import request_form

WORDS = st.sampled_from(["string", "number", "integer", "boolean", "array", "object", "null"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)
)
PROPERTY = st.fixed_dictionaries(
    {},
    optional={
        "type": WORDS | st.lists(WORDS, min_size=1, unique=True),
        "enum": st.lists(ANYTHING, max_size=4),
        "enumNames": ANYTHING,
        "oneOf": st.lists(st.fixed_dictionaries({"const": ANYTHING, "title": st.text(max_size=5)}), min_size=1),
        "items": st.booleans() | st.fixed_dictionaries({"enum": st.lists(ANYTHING, max_size=3)}),
        "examples": st.lists(ANYTHING, max_size=3),
        "maxLength": st.integers(0, 500),
        "minimum": st.integers(),
        "default": ANYTHING,
        "title": st.text(max_size=5),
    },
)
SCHEMAS = st.fixed_dictionaries(
    {"properties": st.dictionaries(st.text(max_size=5), PROPERTY | st.booleans(), max_size=4)},
    optional={"required": st.lists(st.text(max_size=5), unique=True)},
)


@given(SCHEMAS, st.text(max_size=5))
def test_any_schema_gives_a_form_and_reads_any_text(schema, text):
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError:
        return
    fields = request_form.fields(schema, {})
    posted = MultiDict((field.name, text) for field in fields)

    try:
        values = request_form.values(schema, posted)
    except Invalid:
        values = {}

    assert len(fields) == len(schema["properties"])
    assert set(values) <= set(schema["properties"])
    assert len(request_form.fields(schema, {}, posted)) == len(fields)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2", 2),
        (" 2.5 ", 2.5),
        ("1e3", 1000.0),
        ("two", "two"),
        ("nan", "nan"),
        ("inf", "inf"),
        ("1" * 5000, "1" * 5000),
    ],
)
def test_what_is_no_number_stays_a_text(text, value):
    schema = {"properties": {"count": {"type": "number"}}}

    assert request_form.values(schema, MultiDict({"value.count": text})) == {"count": value}

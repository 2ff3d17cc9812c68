"""What a step hands in, typed as lines or as a JSON schema."""

import pytest

from helix.web.workflows import output_fields


@pytest.mark.parametrize(
    ("typed", "schema"),
    [
        (" ", None),
        ("headline", {"type": "object", "properties": {"headline": {"type": "string"}}, "required": ["headline"]}),
        (
            "headline: text\n\nunusual : Yes/No\nnote?: text\nparts: list\nscore: number",
            {
                "type": "object",
                "properties": {
                    "headline": {"type": "string"},
                    "unusual": {"type": "boolean"},
                    "note": {"type": "string"},
                    "parts": {"type": "array"},
                    "score": {"type": "number"},
                },
                "required": ["headline", "unusual", "parts", "score"],
            },
        ),
        ('{"type": "object"}', {"type": "object"}),
    ],
)
def test_lines_are_a_schema(typed, schema):
    assert output_fields.read(typed) == schema


@pytest.mark.parametrize("typed", ["a b: text", "a: date", "a: text\na: number", "{no json", "1a"])
def test_what_cannot_be_read_is_said(typed):
    with pytest.raises(ValueError, match="field|JSON"):
        output_fields.read(typed)


@pytest.mark.parametrize(
    "schema",
    [
        None,
        {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "array"}}, "required": ["a"]},
        {"type": "object", "properties": {"a": {"type": "string", "maxLength": 3}}, "required": ["a"]},
        {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False},
        {"type": "object", "properties": {"a b": {"type": "string"}}},
        {"properties": {"a": {"type": "string"}}},
        {"type": "array"},
        [1],
    ],
)
def test_a_schema_comes_back_as_it_was(schema):
    assert output_fields.read(output_fields.written(schema)) == schema if not isinstance(schema, list) else True


def test_a_simple_schema_is_shown_as_lines():
    assert output_fields.written(output_fields.read("a: text\nb?: list")) == "a: text\nb?: list"

"""calculate as agents call it; the interpreter and its limits are tested in tests/test_calculation.py."""


def test_printed_text_and_value_come_back(desk):
    result = desk.call("calculate", code="print('3 towels')\n3 * 4.5")

    assert result.text == "Printed:\n3 towels\n\nValue: 13.5"
    assert (result.is_error, result.brings_untrusted) == (False, False)


def test_an_error_is_told_with_its_line_and_what_was_printed_before(desk):
    result = desk.call("calculate", code="print('begun')\n\n1 / 0")

    assert result.is_error
    assert result.text.startswith("Printed:\nbegun\n\nTraceback")
    assert "line 3" in result.text
    assert "division by zero" in result.text


def test_code_that_says_nothing_is_told_so(desk):
    assert "has no value" in desk.call("calculate", code="x = 1").text

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helix.prompt import Answer, ResultFence, read_answer


@pytest.mark.parametrize(
    ("text", "comment", "result"),
    [
        ("Just a comment.", "Just a comment.", None),
        ("Done.\n\n```result\nNew text\n```", "Done.", "New text"),
        ("```result\nNew text\n```", "", "New text"),
        ("Before\n~~~result\nNew\n~~~\nAfter", "Before\nAfter", "New"),
        ("Done.\r\n```result\r\nNew text\r\n```\r\n", "Done.", "New text"),
        ("```result\none\n```\n```result\ntwo\n```", "", "two"),
        ("Cut off\n```result\nhalf of", "Cut off\n```result\nhalf of", None),
        ("Empty\n```result\n\n```", "Empty\n```result\n\n```", None),
        ("Code:\n```python\nprint()\n```", "Code:\n```python\nprint()\n```", None),
        ("I would write `result` here.", "I would write `result` here.", None),
        ("", "", None),
    ],
)
def test_an_answer_is_taken_apart(text, comment, result):
    assert read_answer(text) == Answer(comment, result)


def test_a_result_with_code_in_it_stands_in_a_longer_fence():
    text = "Done.\n````result\n# Post\n```python\nprint()\n```\nEnd\n````"

    assert read_answer(text) == Answer("Done.", "# Post\n```python\nprint()\n```\nEnd")


def test_the_convention_shown_inside_a_code_block_hands_in_nothing():
    text = "Write it so:\n````markdown\n```result\nNew\n```\n````"

    assert read_answer(text).result is None


@given(st.text().filter(str.strip))
def test_whatever_is_put_in_a_result_fence_comes_out_of_it(result):
    result = result.replace("\r\n", "\n")

    answer = read_answer("Done.\n\n" + ResultFence.around(result))

    assert answer == Answer("Done.", result.rstrip().strip("\n"))


@given(st.text())
def test_reading_never_fails_and_never_makes_up_a_result(text):
    answer = read_answer(text)

    assert answer.result is None or answer.result in text.replace("\r\n", "\n")

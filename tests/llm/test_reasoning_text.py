import pytest
from hypothesis import given
from hypothesis import strategies as st

from helix.llm.stream_text import AnswerStream

ANSWER = "The real answer."


def heard(*pieces: str) -> tuple[str, str, str]:
    """The answer, the thoughts, and what a page that reads along shows in the end."""
    shown: list[str] = []
    answer = AnswerStream(None, shown.append, shown.clear)
    for piece in pieces:
        answer.add_text(piece)
    answer.end()
    return answer.text, answer.thoughts, "".join(shown)


THINKING = [
    (f"<think>\n private \n</think>\n\n{ANSWER}", ANSWER, "private"),
    (f"<thinking>private</thinking>{ANSWER}", ANSWER, "private"),
    (f"\n  <Think>private</THINK>\n{ANSWER}", ANSWER, "private"),
    (f"private\n</think>\n\n{ANSWER}", ANSWER, "private"),
    (f"private</think>{ANSWER}", ANSWER, "private"),
    (f"</think>\n\n{ANSWER}", ANSWER, ""),
    ("<think>\nprivate, and never closed", "", "private, and never closed"),
    (f"<think>one</think>\n<think>two</think>\n{ANSWER}", ANSWER, "onetwo"),
    (f"First.\n<think>private</think>\n{ANSWER}", f"First.\n{ANSWER}", "private"),
    ("<think></think>", "", ""),
]
PLAIN = [
    ANSWER,
    "Use `<think>` and `</think>` around it.",
    "The tag `</think>` ends the block.",
    "Put it in <think>…</think>, as the guide says.",
    "```\n<think>\nexample\n</think>\n```\nas above",
    "~~~xml\n</think>\n~~~\n",
    "First.\n<think> is a tag that nobody closes here",
    "a < b and <thin air> and </thought>",
    "<",
    "ends with <thi",
    "  indented\n\ttext\n",
    "<thinkers>Rodin</thinkers>",
]


@pytest.mark.parametrize(("text", "answer", "thoughts"), THINKING)
def test_thoughts_are_no_part_of_the_answer(text, answer, thoughts):
    assert heard(text) == (answer, thoughts, answer)


@pytest.mark.parametrize("text", PLAIN)
def test_text_about_the_tags_stays_text(text):
    assert heard(text) == (text, "", text)


@pytest.mark.parametrize("text", [row[0] for row in THINKING] + PLAIN)
def test_it_does_not_matter_where_the_text_is_cut(text):
    whole = heard(text)

    assert heard(*text) == whole
    assert all(heard(text[:cut], text[cut:]) == whole for cut in range(len(text)))


@given(st.lists(st.sampled_from(["<think>", "</think>", "<", "`", "```", "\n", "a", " ", "<thinking>", "/", ">"])))
def test_nothing_of_a_text_is_lost_but_tags_and_white_space(pieces):
    def letters(text):
        for tag in ("<think>", "</think>", "<thinking>", "</thinking>"):
            text = text.replace(tag, "")
        return sorted("".join(text.split()))

    answer, thoughts, shown = heard(*pieces)

    assert shown == answer
    assert len(letters(answer + thoughts)) <= len("".join("".join(pieces).split()))
    assert "".join(pieces).count("a") == (answer + thoughts).count("a")


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        (["be\x00fore"], "before"),
        (["rocket \ud83d", "\ude80 go"], "rocket \N{ROCKET} go"),
        (["lone \ud83d", " go"], "lone \N{REPLACEMENT CHARACTER} go"),
        (["ends on \ud83d"], "ends on \N{REPLACEMENT CHARACTER}"),
        (["one\r", "\ntwo\r", "three"], "one\ntwo\nthree"),
        (["a\x1b[31mb\tc\n"], "a[31mb\tc\n"),
    ],
)
def test_what_is_said_is_valid_text_while_it_comes(pieces, text):
    answer, _thoughts, shown = heard(*pieces)

    assert answer == shown == text


def test_a_key_in_pieces_is_covered_in_answer_and_thoughts():
    answer = AnswerStream("sk-canary-1234567890", None, None)

    answer.add_text("It is sk-canary-")
    answer.add_text("1234567890.")
    answer.add_thought("sk-canary-12")
    answer.add_thought("34567890!")
    answer.end()

    assert answer.text == "It is ***."
    assert answer.thoughts == "***!"

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from helix.prompt import by_relevance
from helix.prompt.material import Skill, Task

TASK = Task("Check the invoice of March", "The customer says that the total is wrong.", tags=("finance",))


def names(skills, task=TASK):
    return [skill.name for skill in by_relevance(skills, task)]


def test_the_skill_whose_name_the_title_holds_comes_first_whatever_the_alphabet_says():
    skills = [Skill("Ads", ""), Skill("Brand voice", ""), Skill("Invoice checks", "")]

    assert names(skills)[0] == "Invoice checks"


def test_the_description_says_when_to_use_a_skill():
    skills = [
        Skill("Alpha", "", description="Use for press texts"),
        Skill("Beta", "", description="Use for a wrong total"),
    ]

    assert names(skills) == ["Beta", "Alpha"]


def test_tags_of_the_task_are_looked_for_in_name_and_tags_of_the_skill():
    skills = [Skill("A", "", description="finance"), Skill("B", "", topics=("Finance",))]

    assert names(skills) == ["B", "A"]


def test_a_word_that_most_skills_have_decides_nothing():
    skills = [Skill(f"Filler {n}", "", description="Use when the customer asks") for n in range(20)]
    skills.append(Skill("Zeta", "", description="Use when an invoice is disputed"))

    assert names(skills)[0] == "Zeta"


def test_words_that_begin_alike_count_less_than_the_word_itself():
    exact, alike, other = Skill("invoice", ""), Skill("invoices", ""), Skill("inventory", "")

    assert names([other, alike, exact]) == ["invoice", "invoices", "inventory"]


def test_a_language_without_blanks_is_compared_by_two_letters():
    skills = [Skill("A", "", description="広告の文章を書く"), Skill("B", "", description="請求書を確認する")]

    assert names(skills, replace(TASK, title="三月の請求書")) == ["B", "A"]


def test_without_any_match_the_order_is_by_name():
    assert names([Skill("b", ""), Skill("C", ""), Skill("a", "")]) == ["a", "b", "C"]


def test_the_text_of_a_skill_does_not_count():
    assert names([Skill("b", "invoice " * 500), Skill("a", "")]) == ["a", "b"]


words = st.text("abcé 請求", max_size=30)


@given(st.lists(st.builds(Skill, words, words, description=words), max_size=8), words, st.randoms())
def test_the_order_depends_on_nothing_but_what_is_given(skills, title, rng):
    shuffled = list(skills)
    random.Random(rng.random()).shuffle(shuffled)

    assert names(shuffled, Task(title)) == names(skills, Task(title))

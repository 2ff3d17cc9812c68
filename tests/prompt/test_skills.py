import pytest

from helix.models.vocabulary import ActivationMode
from helix.prompt import active_skills
from helix.prompt.material import Skill

ALWAYS = Skill("Tone", "Be kind.")
BOARD = Skill("Ads", "Ads.", ActivationMode.BOARD, board_ids=frozenset({3}))
TAG = Skill("Legal", "Law.", ActivationMode.TAG, tags=frozenset({"Contract"}))


@pytest.mark.parametrize(
    ("board_id", "tags", "names"),
    [
        (1, [], ["Tone"]),
        (None, [], ["Tone"]),
        (3, [], ["Ads", "Tone"]),
        (1, ["contract"], ["Legal", "Tone"]),
        (3, ["CONTRACT", "x"], ["Ads", "Legal", "Tone"]),
    ],
)
def test_a_skill_is_active_when_its_mode_fits(board_id, tags, names):
    active = active_skills([TAG, BOARD, ALWAYS], board_id, tags)

    assert [skill.name for skill in active] == names


def test_the_order_is_by_name_without_case_whatever_order_they_come_in():
    skills = [Skill("beta", ""), Skill("Alpha", ""), Skill("Gamma", "")]

    assert active_skills(skills, 1, []) == active_skills(reversed(skills), 1, [])
    assert [skill.name for skill in active_skills(skills, 1, [])] == ["Alpha", "beta", "Gamma"]


def test_a_tag_skill_without_tags_is_never_active():
    skill = Skill("Empty", "", ActivationMode.TAG)

    assert active_skills([skill], 1, ["a"]) == ()

from urllib.parse import parse_qsl

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helix.policies.actor import Actor
from helix.web.boards.filters import DUE, LANES, NAMES, NOBODY, PRIORITIES, BoardFilter

pytestmark = pytest.mark.every_database

# Whatever somebody types into the address, and often enough what means something there.
WORDS = st.one_of(
    st.text(max_size=300), st.sampled_from([*DUE, *LANES, *PRIORITIES, NOBODY, "me", "0", "1", "7", "007"])
)
ADDRESSES = st.dictionaries(st.sampled_from([*NAMES, "page", "task"]), WORDS)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ADDRESSES)
def test_any_address_is_a_filter_and_says_itself_again(args):
    found = BoardFilter.from_args(args)

    again = BoardFilter.from_args(dict(parse_qsl(found.address().removeprefix("?"))))

    assert again == found
    assert {chip["href"] for chip in found.chips({})} <= {found.address(name) for name in NAMES}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ADDRESSES)
def test_any_filter_can_be_asked_of_the_database(args):
    wanted = BoardFilter.from_args(args).to_task_filter(Actor(id=3, name="Mia"), 1, "Europe/Berlin")

    assert wanted.board_id == 1
    assert "\x00" not in f"{wanted.q}{wanted.tag}"


@pytest.mark.parametrize("length", [199, 200, 201])
def test_a_search_that_is_cut_off_at_a_blank_still_says_itself(length):
    found = BoardFilter.from_args({"q": "a" * (length - 1) + " b", "tag": "a" * 49 + " b"})

    assert BoardFilter.from_args(dict(parse_qsl(found.address().removeprefix("?")))) == found

"""Every page, dialog and menu: nothing serious for axe in either theme, nothing runs out sideways or lies over another,
nothing comes from elsewhere, and no page is heavy. tests/support/screens.py lists them."""

import pytest
from playwright.sync_api import Error

from tests.support.page_audit import audit
from tests.support.screens import ADMIN_SCREENS, PERSONAL_SCREENS, SIGNED_OUT_SCREENS, WORK_SCREENS, Screen

MOST_SCRIPT, MOST_STYLE = 90_000, 40_000
# In parts of about the same length, for workers that share them.
PARTS = {"desk": (*SIGNED_OUT_SCREENS, *PERSONAL_SCREENS), "work": WORK_SCREENS, "office": ADMIN_SCREENS}


@pytest.mark.parametrize("part", PARTS)
def test_every_page_is_for_everybody_and_light(open_page, part):
    page, stranger = open_page("/profile"), open_page("/sign-in", who=None)

    found = {str(place): _looked_at(place, page if place.signed_in else stranger) for place in PARTS[part]}

    assert {place: problems for place, problems in found.items() if problems} == {}


def _looked_at(place: Screen, page) -> list[str]:
    try:
        seen = audit(page, place)
    except (AssertionError, Error) as error:
        return [str(error)]
    heavy = [
        f"{seen.bytes[kind]:,} bytes of {kind}"
        for kind, most in (("script", MOST_SCRIPT), ("style", MOST_STYLE))
        if seen.bytes[kind] > most
    ]
    return seen.problems + heavy

"""A refused sign-in states the reason to the user, in the log and in the activity, without tokens."""

import re
import time

import pytest
from sqlalchemy import select

from helix.extensions import db
from helix.models import Activity
from tests.support.oidc_sign_in import assert_refused, return_from_provider, sign_in_at_provider, visit_provider


def noted():
    """The refusals in the activity, oldest first."""
    query = select(Activity).where(Activity.action == "user.sign_in_failed").order_by(Activity.id)
    return list(db.session.scalars(query))


@pytest.mark.parametrize(
    ("lie", "claim", "words"),
    [
        ({"iat": 90}, "iat", r"was issued (89|90) seconds from now"),
        ({"nbf": 90}, "nbf", r"becomes valid (89|90) seconds from now"),
        ({"exp": -90}, "exp", r"ended (90|91) seconds ago"),
    ],
)
def test_a_clock_that_is_wrong_is_named_with_its_claim(pages, provider, nina, caplog, lie, claim, words):
    provider.lie = lambda claims: claims.update({name: int(time.time()) + by for name, by in lie.items()})

    reply = sign_in_at_provider(pages)

    assert_refused(reply, 502, "correct the clocks of both servers")
    (entry,) = noted()
    assert entry.details["claim"] == claim

    assert re.search(words, entry.details["reason"])
    assert re.search(words, reply.text)
    assert entry.details["reason"] in caplog.text
    assert entry.admin_only


@pytest.mark.parametrize(
    ("lie", "claim"),
    [({"nonce": "another"}, "nonce"), ({"aud": "another"}, "aud"), ({"iss": "https://other.example"}, "iss")],
)
def test_another_claim_is_named(pages, provider, nina, lie, claim):
    provider.lie = lambda claims: claims.update(lie)

    assert_refused(sign_in_at_provider(pages), 502, f"(`{claim}`)")
    assert [entry.details["claim"] for entry in noted()] == [claim]


def test_a_claim_that_is_missing_is_named(pages, provider, nina):
    provider.lie = lambda claims: claims.pop("exp")

    assert_refused(sign_in_at_provider(pages), 502, "has no `exp`")


@pytest.mark.parametrize(
    ("person", "words"),
    [
        ({"email": ""}, "sent no e-mail address"),
        ({"email": None}, "sent no e-mail address"),
        ({"email_verified": False}, "has not verified your e-mail address"),
        ({"email": "no address"}, "cannot be used here"),
        ({"email": "stranger@example.com"}, "There is no account for stranger@example.com here"),
    ],
)
def test_the_reason_that_is_shown_is_the_one_that_is_noted(pages, provider, nina, person, words):
    provider.person.update(person)

    assert_refused(sign_in_at_provider(pages), 403, words)
    (entry,) = noted()
    assert words in entry.details["reason"]
    assert entry.entity_title == (person.get("email", "nina@example.com") or "unknown person")


def test_a_refused_person_who_is_linked_is_named(pages, provider, nina, ada, api):
    from helix.services import accounts
    from tests.support.people import as_actor

    sign_in_at_provider(pages)
    pages.sign_out()
    accounts.edit(as_actor(ada), nina.id, {"is_active": False})

    assert_refused(sign_in_at_provider(pages), 403, "is closed")
    (entry,) = noted()
    assert (entry.entity_id, entry.entity_title) == (nina.id, "Nina Berg")
    found = api.as_(ada).get("/api/activity/?action=user.sign_in_failed").json["items"]
    assert [one["details"]["reason"] for one in found] == [entry.details["reason"]]
    assert "Nina Berg" in pages.as_(ada).get("/activity").text


def test_no_code_no_state_and_no_token_stay_behind(pages, provider, nina, caplog):
    provider.person["email_verified"] = False
    back = visit_provider(pages)
    code = back.split("code=")[1].split("&")[0]

    reply = pages.get(back)

    assert (reply.status_code, reply.location) == (303, "/sign-in")
    (entry,) = noted()
    for secret in (code, *provider.tokens):
        assert secret not in caplog.text
        assert secret not in repr(entry.details)


def test_the_way_that_was_wanted_is_still_known_after_a_refusal(pages, provider, nina):
    provider.refuse = True

    reply = pages.get(visit_provider(pages, "/sign-in/oidc?next=/boards"))

    assert reply.location == "/sign-in?next=%2Fboards"
    assert 'href="/sign-in/oidc?next=%2Fboards"' in pages.get(reply.location).text


def test_the_reason_is_said_once(pages, provider, nina):
    provider.refuse = True
    assert_refused(sign_in_at_provider(pages), 403, "did not let you through (access_denied)")

    again = pages.get("/sign-in")

    assert again.status_code == 200
    assert "did not let you through" not in again.text


def test_the_next_try_lets_the_person_choose_an_account_and_the_one_after_does_not(pages, provider, nina):
    provider.person["email"] = "stranger@example.com"
    sign_in_at_provider(pages)

    provider.person["email"] = "nina@example.com"
    sign_in_at_provider(pages)
    pages.sign_out()
    sign_in_at_provider(pages)

    assert [wish.get("prompt") for wish in provider.wishes] == [None, "select_account", None]


@pytest.mark.parametrize(("known", "prompt"), [(["none", "login", "consent"], "login"), (["none"], None)])
def test_a_service_is_asked_only_for_what_it_can_do(pages, provider, nina, known, prompt):
    provider.metadata["prompt_values_supported"] = known
    provider.person["email"] = "stranger@example.com"

    sign_in_at_provider(pages)
    sign_in_at_provider(pages)

    assert provider.wishes[-1].get("prompt") == prompt


def test_a_service_that_cannot_do_what_it_was_asked_is_not_asked_again(pages, provider, nina):
    provider.person["email"] = "stranger@example.com"
    sign_in_at_provider(pages)
    unable = visit_provider(pages).split("?")[0] + "?error=invalid_request&state=" + provider.wishes[-1]["state"]

    assert_refused(return_from_provider(pages, unable), 403, "(invalid_request)")
    sign_in_at_provider(pages)

    assert [wish.get("prompt") for wish in provider.wishes] == [None, "select_account", None]


def test_what_somebody_typed_into_the_address_is_not_shown(pages, provider, nina):
    forged = visit_provider(pages).split("?")[0] + "?error=%3Cb%3ECall+0190&state=" + provider.wishes[-1]["state"]

    reply = return_from_provider(pages, forged)

    assert_refused(reply, 403, "did not let you through.")
    assert "0190" not in reply.text

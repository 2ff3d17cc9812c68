"""Sign-in through an OpenID Connect provider, honest or not."""

import time
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from helix.extensions import db
from helix.models import BrowserSession, Identity
from tests.support.oidc_provider import CLIENT_ID, OidcProvider
from tests.support.oidc_sign_in import (
    assert_refused,
    configure,
    return_from_provider,
    sign_in_at_provider,
    visit_provider,
)


def test_the_page_offers_it_only_when_it_is_set_up(pages, ada, clean_app, monkeypatch):
    before = pages.get("/sign-in").text
    with OidcProvider() as provider:
        configure(clean_app, monkeypatch, provider)

        after = pages.get("/sign-in?next=/boards").text

    assert "/sign-in/oidc" not in before
    assert "Continue with Keycloak" in after
    assert 'href="/sign-in/oidc?next=%2Fboards"' in after


@pytest.mark.parametrize("path", ["/sign-in/oidc", "/sign-in/oidc/back?code=1&state=1"])
def test_where_it_is_not_set_up_there_is_nothing(pages, ada, path):
    assert pages.get(path).status_code == 404


def test_a_verified_address_links_once_and_then_the_subject_counts(pages, provider, nina):
    first = sign_in_at_provider(pages, "/sign-in/oidc?next=/boards")
    inside = pages.get("/boards")
    pages.sign_out()
    provider.person.update(email="nina.berg@elsewhere.example", email_verified=False)

    second = sign_in_at_provider(pages)

    assert (first.status_code, first.location) == (303, "/boards")
    assert inside.status_code == 200
    assert "Nina Berg" in inside.text
    assert (second.status_code, second.location) == (303, "/")
    assert [(found.user_id, found.subject) for found in db.session.scalars(select(Identity))] == [(nina.id, "u-77")]


def test_an_address_that_only_the_service_keeps_is_asked_for(pages, provider, nina):
    provider.in_the_token = False

    assert sign_in_at_provider(pages).status_code == 303
    assert "/userinfo" in provider.asked


def test_a_public_client_and_one_whose_secret_stands_in_the_form(pages, provider, nina):
    provider.metadata["token_endpoint_auth_methods_supported"] = ["client_secret_post"]

    assert sign_in_at_provider(pages).status_code == 303


@pytest.mark.parametrize("verified", [False, None, "false", 1])
def test_an_unverified_address_names_nobody(pages, provider, nina, verified):
    provider.person["email_verified"] = verified

    assert_refused(sign_in_at_provider(pages), 403, "has not verified your e-mail address")


@pytest.mark.parametrize(
    "lie",
    [
        lambda claims: claims.update(nonce="another"),
        lambda claims: claims.pop("nonce"),
        lambda claims: claims.update(aud="another-client"),
        lambda claims: claims.update(aud=[CLIENT_ID, "another-client"], azp="another-client"),
        lambda claims: claims.update(iss="https://another.example"),
        lambda claims: claims.update(exp=int(time.time()) - 120),
        lambda claims: claims.pop("exp"),
        lambda claims: claims.update(iat=int(time.time()) + 3600),
        lambda claims: claims.update(nbf=int(time.time()) + 3600),
        lambda claims: claims.update(at_hash="bm90IGl0"),
        lambda claims: claims.update(sub=""),
        lambda claims: claims.pop("sub"),
    ],
    ids=["nonce", "no-nonce", "aud", "azp", "iss", "expired", "no-exp", "iat", "nbf", "at_hash", "empty-sub", "no-sub"],
)
def test_a_token_that_does_not_hold_signs_nobody_in(pages, provider, nina, lie):
    provider.lie = lie

    assert_refused(sign_in_at_provider(pages), 502, "sign-in service")


@pytest.mark.parametrize("sign", ["none", "HS256", "strange"])
def test_a_token_that_is_not_signed_by_the_service_signs_nobody_in(pages, provider, nina, sign):
    provider.sign = sign

    assert_refused(sign_in_at_provider(pages), 502, "cannot be trusted")


def test_only_the_browser_that_left_comes_back(pages, provider, nina, clean_app):
    from tests.support.page_client import Pages

    back = visit_provider(pages)

    assert_refused(return_from_provider(Pages(clean_app), back), 403, "started in another window")


def test_another_state_an_old_one_and_one_that_was_used_are_refused(pages, provider, nina):
    back = visit_provider(pages)
    assert_refused(return_from_provider(pages, back.replace("state=", "state=x")), 403, "started in another window")
    assert_refused(return_from_provider(pages, back), 403, "started in another window")  # a state is valid once

    late = visit_provider(pages)
    with pages._browser.session_transaction() as cookie:
        cookie["oidc"] = {**cookie["oidc"], "at": int(time.time()) - 901}
    assert_refused(return_from_provider(pages, late), 403, "has expired")


def test_a_code_that_was_stolen_is_worth_nothing_without_its_verifier(pages, provider, nina, clean_app):
    from tests.support.page_client import Pages

    stolen = parse_qs(urlsplit(visit_provider(pages)).query)["code"][0]
    thief = Pages(clean_app)
    own = parse_qs(urlsplit(visit_provider(thief)).query)

    assert_refused(
        return_from_provider(thief, f"/sign-in/oidc/back?code={stolen}&state={own['state'][0]}"), 502, "status 400"
    )


def test_an_answer_from_another_service_is_refused(pages, provider, nina):
    back = visit_provider(pages).replace("iss=http%3A%2F%2F127.0.0.1", "iss=http%3A%2F%2Fevil.example")

    assert_refused(return_from_provider(pages, back), 403, "started in another window")


def test_who_was_turned_away_there_is_told_so(pages, provider, nina):
    provider.refuse = True

    assert_refused(sign_in_at_provider(pages), 403, "Keycloak did not let you through")


def test_nobody_is_led_to_another_host(pages, provider, nina):
    assert sign_in_at_provider(pages, "/sign-in/oidc?next=https://evil.example").location == "/"


def test_the_session_before_and_after_share_nothing(pages, provider, nina, mia):
    browser = pages.as_(mia)
    before = browser.cookie()

    sign_in_at_provider(browser)

    assert browser.cookie() != before
    assert "Nina Berg" in browser.get("/boards").text
    assert db.session.scalars(select(BrowserSession.user_id)).all() == [nina.id]


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://another.example"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": None},
    ],
)
def test_a_service_that_describes_itself_wrongly_is_not_used(pages, provider, nina, metadata):
    provider.metadata = metadata

    assert_refused(pages.get("/sign-in/oidc"), 502, "sign-in service")


def test_a_service_that_signs_in_no_way_of_ours_is_not_believed(pages, provider, nina):
    """Though its token is signed as it should be: what the service says of itself counts, not what a token says."""
    provider.metadata = {"id_token_signing_alg_values_supported": ["HS256", "none"]}

    assert_refused(sign_in_at_provider(pages), 502, "no way that can be trusted")


def test_a_service_that_is_away_is_told_and_the_password_still_works(pages, provider, ada, clean_app, monkeypatch):
    nowhere = replace(clean_app.config["HELIX"].oidc, issuer="http://127.0.0.1:9")
    monkeypatch.setitem(clean_app.config, "HELIX", replace(clean_app.config["HELIX"], oidc=nowhere))

    reply = pages.get("/sign-in/oidc")

    assert_refused(reply, 502, "could not be reached")
    assert 'action="/sign-in"' in reply.text


def test_metadata_addresses_are_never_asked(pages, provider, ada, clean_app, monkeypatch):
    cloud = replace(clean_app.config["HELIX"].oidc, issuer="http://169.254.169.254")
    monkeypatch.setitem(clean_app.config, "HELIX", replace(clean_app.config["HELIX"], oidc=cloud))

    assert_refused(pages.get("/sign-in/oidc"), 502, "AddressRefused")

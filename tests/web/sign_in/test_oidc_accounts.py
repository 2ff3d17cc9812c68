"""Which account an OpenID Connect sign-in uses."""

import pytest
from sqlalchemy import select

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Identity, User
from helix.models.vocabulary import Role
from helix.policies.actor import SYSTEM
from helix.services import accounts
from tests.support.oidc_sign_in import assert_refused, configure, sign_in_at_provider

pytestmark = pytest.mark.every_database


def test_without_an_account_one_is_made_only_where_that_is_wanted(pages, provider, ada, clean_app, monkeypatch):
    assert_refused(sign_in_at_provider(pages), 403, "There is no account for nina@example.com here")
    configure(clean_app, monkeypatch, provider, auto_create=True)
    accounts.create(SYSTEM, name="nina", email="other@example.com", password=None)

    reply = sign_in_at_provider(pages)

    made = db.session.scalars(select(User).where(User.email_key == "nina@example.com")).one()
    assert reply.status_code == 303
    assert (made.name, made.role, made.password_hash) == ("Nina 2", Role.MEMBER, None)


def test_before_the_set_up_nobody_is_made(pages, provider, clean_app, monkeypatch):
    configure(clean_app, monkeypatch, provider, auto_create=True)

    assert_refused(sign_in_at_provider(pages), 403, "Finish the set-up first")


@pytest.mark.parametrize(("domain", "status"), [("example.com", 303), ("other.example", 403)])
def test_only_allowed_domains_sign_in(pages, provider, nina, clean_app, monkeypatch, domain, status):
    configure(clean_app, monkeypatch, provider, allowed_domains=(domain,))

    assert sign_in_at_provider(pages).status_code == status


def test_a_closed_account_stays_closed(pages, provider, nina, clean_app, monkeypatch):
    configure(clean_app, monkeypatch, provider, auto_create=True)
    sign_in_at_provider(pages)
    pages.sign_out()
    with transaction():
        accounts.close(SYSTEM, nina.id)

    linked = sign_in_at_provider(pages)
    provider.person["sub"] = "u-78"
    unlinked = sign_in_at_provider(pages)

    assert_refused(linked, 403, "is closed")
    assert_refused(unlinked, 403, "is closed")


def test_who_comes_back_to_a_new_account_is_linked_to_that(pages, provider, nina):
    sign_in_at_provider(pages)
    pages.sign_out()
    accounts.close(SYSTEM, nina.id)
    again = accounts.create(SYSTEM, name="Nina Again", email="nina@example.com", password=None)

    sign_in_at_provider(pages)

    assert "Nina Again" in pages.get("/boards").text
    assert db.session.scalars(select(Identity.user_id)).all() == [again.id]


def test_a_deactivated_account_is_refused(pages, provider, nina):
    accounts.edit(SYSTEM, nina.id, {"is_active": False})

    assert_refused(sign_in_at_provider(pages), 403, "is closed")


def test_a_second_subject_with_the_same_address_is_refused(pages, provider, nina):
    sign_in_at_provider(pages)
    pages.sign_out()
    provider.person["sub"] = "u-78"

    assert_refused(sign_in_at_provider(pages), 403, "Another account of the sign-in service")


def test_an_address_that_an_admin_changes_ends_the_link(pages, provider, nina):
    sign_in_at_provider(pages)
    pages.sign_out()
    accounts.edit(SYSTEM, nina.id, {"email": "nina.berg@example.com"})

    assert_refused(sign_in_at_provider(pages), 403, "There is no account")


def test_a_person_unlinks_it_but_not_the_only_way_in(pages, provider, nina):
    sign_in_at_provider(pages)
    (identity,) = db.session.scalars(select(Identity.id))
    page = pages.get("/profile").text

    alone = pages.post(f"/profile/identities/{identity}/unlink", follow_redirects=True)
    accounts.edit(SYSTEM, nina.id, {"password": "a new pass phrase"})
    pages.sign_in(nina.email, "a new pass phrase")
    pages.post(f"/profile/identities/{identity}/unlink")

    assert "Keycloak" in page
    assert "You have no password" in alone.text
    assert db.session.scalars(select(Identity.id)).all() == []

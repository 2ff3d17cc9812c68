"""Groups of the OpenID Connect provider decide about access and roles."""

import pytest
from sqlalchemy import select

from helix.extensions import db
from helix.models import Activity, User
from helix.models.vocabulary import Role
from helix.policies.actor import SYSTEM
from helix.services import accounts
from tests.support.oidc_sign_in import assert_refused, configure, sign_in_at_provider


@pytest.fixture
def by_groups(provider, clean_app, monkeypatch):
    """As Keycloak writes roles."""
    configure(clean_app, monkeypatch, provider, groups_claim="realm_access.roles", admin_groups=("heads",))
    return lambda *roles: provider.person.update(realm_access={"roles": list(roles)})


def role_of(user):
    return db.session.scalar(select(User.role).where(User.id == user.id))


def changes():
    """What the activity says of roles, oldest first."""
    entries = db.session.scalars(select(Activity).where(Activity.action == "user.updated").order_by(Activity.id))
    return [(entry.entity_title, entry.actor_type) for entry in entries if entry.details.get("fields") == ["role"]]


def test_a_member_of_an_admin_group_becomes_an_admin_and_goes_back_at_the_next_sign_in(pages, by_groups, nina):
    by_groups("team", "heads")
    promoted = sign_in_at_provider(pages)
    as_admin = role_of(nina)
    sees_the_models = pages.get("/models").status_code
    pages.sign_out()

    by_groups("team")
    demoted = sign_in_at_provider(pages)

    assert (promoted.status_code, as_admin, sees_the_models) == (303, Role.ADMIN, 200)
    assert (demoted.status_code, role_of(nina)) == (303, Role.MEMBER)
    assert pages.get("/models").status_code == 403
    assert changes() == [("Nina Berg", "system")] * 2


def test_no_groups_at_all_are_none_of_an_admin(pages, by_groups, provider, nina):
    by_groups("heads")
    sign_in_at_provider(pages)
    pages.sign_out()
    del provider.person["realm_access"]

    sign_in_at_provider(pages)

    assert role_of(nina) == Role.MEMBER


def test_the_last_admin_with_a_password_is_never_demoted(pages, by_groups, provider, ada, caplog):
    provider.person.update(email=ada.email)
    by_groups("team")

    reply = sign_in_at_provider(pages)

    assert (reply.status_code, role_of(ada)) == (303, Role.ADMIN)
    assert f"User {ada.id} stays an admin" in caplog.text
    assert changes() == []


def test_an_admin_without_a_password_stays_one_where_no_other_can_sign_in(pages, by_groups, nina, ada, clean_app):
    by_groups("heads")
    sign_in_at_provider(pages)
    pages.sign_out()
    accounts.edit(SYSTEM, accounts.create(SYSTEM, name="Spare", email="s@example.com", password=None).id, {})
    db.session.execute(db.text("UPDATE users SET role = 'member' WHERE id = :id"), {"id": ada.id})
    db.session.commit()
    by_groups()

    sign_in_at_provider(pages)

    assert role_of(nina) == Role.ADMIN


def test_without_admin_groups_roles_are_left_alone(pages, provider, nina, clean_app, monkeypatch):
    configure(clean_app, monkeypatch, provider, groups_claim="groups", allowed_groups=("team",))
    accounts.edit(SYSTEM, nina.id, {"role": Role.ADMIN})
    provider.person["groups"] = ["team"]

    assert sign_in_at_provider(pages).status_code == 303
    assert role_of(nina) == Role.ADMIN


@pytest.mark.parametrize(
    ("groups", "status"),
    [(["team"], 303), (["heads"], 303), (["Team"], 403), (["other"], 403), ([], 403), (None, 403)],
)
def test_only_allowed_groups_and_those_of_admins_sign_in(pages, provider, nina, clean_app, monkeypatch, groups, status):
    configure(
        clean_app, monkeypatch, provider, groups_claim="groups", allowed_groups=("team",), admin_groups=("heads",)
    )
    provider.person["groups"] = groups

    reply = sign_in_at_provider(pages)

    assert reply.status_code == status
    if status == 403:
        assert_refused(reply, 403, "groups")


def test_who_left_the_group_is_refused_though_linked(pages, provider, nina, clean_app, monkeypatch):
    configure(clean_app, monkeypatch, provider, groups_claim="groups", allowed_groups=("team",))
    provider.person["groups"] = ["team"]
    sign_in_at_provider(pages)
    pages.sign_out()
    provider.person["groups"] = ["others"]

    assert_refused(sign_in_at_provider(pages), 403, "Only members of certain groups")


def test_no_account_is_made_for_another_group(pages, provider, ada, clean_app, monkeypatch):
    configure(clean_app, monkeypatch, provider, groups_claim="groups", allowed_groups=("team",), auto_create=True)
    provider.person["groups"] = ["others"]

    assert_refused(sign_in_at_provider(pages), 403, "Only members of certain groups")
    assert db.session.scalars(select(User.id)).all() == [ada.id]


def test_a_new_account_has_the_role_of_its_groups_at_once(pages, provider, ada, clean_app, monkeypatch):
    configure(clean_app, monkeypatch, provider, groups_claim="groups", admin_groups=("heads",), auto_create=True)
    provider.person["groups"] = "heads"

    sign_in_at_provider(pages)

    assert db.session.scalar(select(User.role).where(User.name == "Nina")) == Role.ADMIN


def test_groups_that_only_the_service_keeps_are_asked_for(pages, provider, nina, clean_app, monkeypatch):
    configure(
        clean_app, monkeypatch, provider, groups_claim="groups", admin_groups=("heads",), scopes="openid email groups"
    )
    provider.person["groups"] = ["heads"]
    provider.lie = lambda claims: claims.pop("groups")

    sign_in_at_provider(pages)

    assert "/userinfo" in provider.asked
    assert provider.wishes[-1]["scope"] == "openid email groups"
    assert role_of(nina) == Role.ADMIN

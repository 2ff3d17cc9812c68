import pytest

from helix.settings.environment import ConfigurationError, Environment
from helix.settings.oidc import oidc_from_environment

ENOUGH = {"OIDC_ISSUER": "https://login.example.org/realms/team", "OIDC_CLIENT_ID": "helix"}


def read(production=False, **values):
    return oidc_from_environment(Environment(values), production=production)


def test_nothing_set_is_nothing():
    assert read() is None


def test_what_is_needed_and_what_may_be_said():
    few = read(**ENOUGH)
    all_of_it = read(
        **ENOUGH,
        OIDC_CLIENT_SECRET="s3cret",
        OIDC_NAME="Keycloak",
        OIDC_ALLOWED_DOMAINS="Example.org, @example.com",
        OIDC_AUTO_CREATE="1",
        OIDC_SCOPES="email, groups",
        OIDC_GROUPS_CLAIM="realm_access.roles",
        OIDC_ALLOWED_GROUPS="team, marketing",
        OIDC_ADMIN_GROUPS="CN=Admins,OU=IT; CN=Heads,OU=All",
    )

    assert (few.name, few.client_secret, few.allowed_domains, few.auto_create) == ("single sign-on", None, (), False)
    assert all_of_it.allowed_domains == ("example.org", "example.com")
    assert all_of_it.auto_create
    assert (few.scopes, few.groups_claim, few.allowed_groups, few.admin_groups) == (
        "openid email profile",
        None,
        (),
        (),
    )
    assert all_of_it.scopes == "openid email groups"
    assert (all_of_it.groups_claim, all_of_it.allowed_groups) == ("realm_access.roles", ("team", "marketing"))
    assert all_of_it.admin_groups == ("CN=Admins,OU=IT", "CN=Heads,OU=All")
    assert "s3cret" not in repr(all_of_it)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"OIDC_ISSUER": "https://login.example.org"}, "together"),
        ({"OIDC_CLIENT_ID": "helix"}, "together"),
        ({**ENOUGH, "OIDC_ISSUER": "login.example.org"}, "must be an address"),
        ({**ENOUGH, "OIDC_ISSUER": "http://login.example.org"}, "https"),
        ({**ENOUGH, "OIDC_ALLOWED_DOMAINS": "nina@example.org"}, "no domain"),
        ({**ENOUGH, "OIDC_AUTO_CREATE": "maybe"}, "1 or 0"),
        ({**ENOUGH, "OIDC_ADMIN_GROUPS": "heads"}, "need OIDC_GROUPS_CLAIM"),
        ({**ENOUGH, "OIDC_ALLOWED_GROUPS": "team"}, "need OIDC_GROUPS_CLAIM"),
    ],
)
def test_half_of_it_is_refused_in_words(values, words):
    with pytest.raises(ConfigurationError, match=words):
        read(production=True, **values)


def test_on_this_machine_it_may_be_plain_http():
    assert read(production=True, **{**ENOUGH, "OIDC_ISSUER": "http://127.0.0.1:8080"})

import pytest

from helix.oidc.groups import groups_at

pytestmark = pytest.mark.any_database


@pytest.mark.parametrize(
    ("path", "claims", "groups"),
    [
        ("groups", {"groups": ["team", "heads"]}, {"team", "heads"}),
        ("realm_access.roles", {"realm_access": {"roles": ["admin"]}}, {"admin"}),
        ("https://example.org/roles", {"https://example.org/roles": ["admin"]}, {"admin"}),
        ("urn:zitadel:roles", {"urn:zitadel:roles": {"admin": {"1": "x"}, "user": {}}}, {"admin", "user"}),
        ("role", {"role": "admin"}, {"admin"}),
        ("groups", {"groups": []}, set()),
        ("groups", {"groups": ["team", 7, None, ["nested"]]}, {"team"}),
    ],
)
def test_groups_are_found_where_services_write_them(path, claims, groups):
    assert groups_at(claims, path) == groups


@pytest.mark.parametrize(
    ("path", "claims"),
    [
        ("groups", {}),
        ("groups", {"groups": None}),
        ("groups", {"groups": 7}),
        ("realm_access.roles", {"realm_access": ["roles"]}),
        ("realm_access.roles", {"realm_access": {}}),
        ("a.b.c", {"a": {"b": "c"}}),
    ],
)
def test_what_is_not_there_is_not_an_empty_list(path, claims):
    assert groups_at(claims, path) is None

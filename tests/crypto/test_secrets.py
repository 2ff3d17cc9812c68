import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from helix.crypto.secrets import KeyMissing, Vault, key_hint

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@given(st.text())
def test_any_secret_comes_back_as_it_went_in(secret):
    vault = Vault([NEW])

    assert vault.decrypt(vault.encrypt(secret)) == secret


def test_what_is_stored_does_not_show_the_secret():
    stored = Vault([NEW]).encrypt("sk-very-secret")

    assert "secret" not in stored
    assert stored != Vault([NEW]).encrypt("sk-very-secret")


def test_a_rotated_secret_no_longer_needs_the_old_key():
    stored = Vault([OLD]).encrypt("sk-very-secret")
    both = Vault([NEW, OLD])

    rotated = both.rotate(stored)

    assert not both.is_current(stored)
    assert both.is_current(rotated)
    assert Vault([NEW]).decrypt(rotated) == "sk-very-secret"


def test_a_missing_key_is_told_with_what_to_do():
    stored = Vault([OLD]).encrypt("sk-very-secret")

    with pytest.raises(KeyMissing, match="Put the earlier key back") as raised:
        Vault([NEW]).decrypt(stored)
    assert stored not in raised.value.message
    with pytest.raises(KeyMissing):
        Vault([NEW]).rotate(stored)


@pytest.mark.parametrize("stored", ["", "rubbish", "gAAAAA", "ü"])
def test_a_changed_text_cannot_be_read(stored):
    with pytest.raises(KeyMissing):
        Vault([NEW]).decrypt(stored)


@pytest.mark.parametrize("keys", [[], ["short"], [NEW, "ü"]])
def test_a_vault_without_usable_keys_says_so(keys):
    with pytest.raises(KeyMissing, match="ENCRYPTION_KEYS"):
        Vault(keys)


def test_a_hint_shows_the_last_four_of_a_long_secret_alone():
    assert key_hint("sk-0123456789abcd") == "abcd"
    assert key_hint("sk-01234") is None
    assert key_hint("") is None

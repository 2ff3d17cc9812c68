import pytest

from helix.crypto import passwords


def test_a_password_fits_its_own_hash_and_no_other_does():
    stored = passwords.hash_password("correct horse")

    assert stored.startswith("$argon2id$")
    assert passwords.verify(stored, "correct horse")
    assert not passwords.verify(stored, "correct horses")


def test_the_same_password_gets_another_hash_each_time():
    assert passwords.hash_password("correct horse") != passwords.hash_password("correct horse")


def test_an_unknown_user_costs_one_real_verification_like_a_known_one(monkeypatch):
    stored = passwords.hash_password("something else")
    verified = []
    hasher = passwords._hasher(passwords.QUICK)

    class Counting:
        hash = hasher.hash

        def verify(self, hashed, password):
            verified.append(hashed)
            return hasher.verify(hashed, password)

    monkeypatch.setattr(passwords, "_hasher", lambda cost: Counting())

    assert not passwords.verify(None, "correct horse")
    assert not passwords.verify(stored, "correct horse")
    assert len(verified) == 2
    assert [hashed.split("$")[:4] for hashed in verified] == [stored.split("$")[:4]] * 2


def test_not_even_the_password_of_the_dummy_hash_lets_an_unknown_user_in():
    assert not passwords.verify(None, "a password that nobody has")


@pytest.mark.parametrize("stored", ["", "plaintext", "$argon2id$broken", "$2b$12$" + "a" * 53])
def test_a_damaged_hash_lets_nobody_in(stored):
    assert not passwords.verify(stored, "plaintext")


def test_a_hash_of_another_cost_still_verifies_and_asks_to_be_made_anew(monkeypatch):
    stored = passwords.hash_password("correct horse")

    monkeypatch.setattr(passwords, "QUICK", passwords.Cost(memory=16, rounds=1, lanes=1))

    assert passwords.verify(stored, "correct horse")
    assert passwords.needs_rehash(stored)
    assert not passwords.needs_rehash(passwords.hash_password("correct horse"))


def test_composed_and_decomposed_letters_are_the_same_password():
    stored = passwords.hash_password("cafe\u0301 au lait")

    assert passwords.verify(stored, "caf\u00e9 au lait")


def test_a_password_beyond_the_limit_is_neither_hashed_nor_cut_to_fit():
    longest = "x" * passwords.LONGEST
    stored = passwords.hash_password(longest)

    assert passwords.verify(stored, longest)
    assert not passwords.verify(stored, longest + "y")
    with pytest.raises(ValueError, match="at most"):
        passwords.hash_password(longest + "y")


def test_outside_of_test_suites_a_hash_costs_what_owasp_asks_for(monkeypatch):
    monkeypatch.setattr(passwords, "_fast", False)

    stored = passwords.hash_password("correct horse")

    assert "$m=19456,t=2,p=1$" in stored
    assert passwords.verify(stored, "correct horse")

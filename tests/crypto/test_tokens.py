from helix.crypto.tokens import hash_token, matches, new_token


def test_a_token_carries_its_prefix_and_is_stored_as_a_hash():
    token = new_token()

    assert token.plain.startswith("hx_")
    assert len(token.plain) >= 46
    assert token.hash == hash_token(token.plain)
    assert len(token.hash) == 64
    assert token.plain not in token.hash


def test_no_two_tokens_are_alike():
    assert len({new_token("").plain for _ in range(1000)}) == 1000


def test_only_the_right_token_matches():
    token, other = new_token(), new_token()

    assert matches(token.plain, token.hash)
    assert not matches(other.plain, token.hash)
    assert not matches("", token.hash)
    assert not matches("ü\ud800", token.hash)
    assert not matches(token.plain, "")

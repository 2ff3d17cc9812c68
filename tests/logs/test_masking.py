import pytest

from helix.logs.masking import mask_secrets

FERNET = "gAAAAABk" + "x" * 60
mask = mask_secrets(["the-installation's-own-key", None, "short"])


@pytest.mark.parametrize(
    "secret",
    [
        "the-installation's-own-key",
        "hx_abcdefghijklmnop",
        "hl_AZYJLJCiAbl9MBmgqAedOof982Wh_fMmf3ZOnlaLDR4",
        "hs__f13Fh88eAzR-P5thQIJgBbAdEaRqEx1YKNQyaqJn00",
        "whsec_PF0ShVwfai1NDQwhG1dW77dri2/ltb3pWxh2X9+APNo=",
        "sk-ant-api03-abcdefghijkl",
        "AIzaSyA1234567890abcdefghijklmn",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "123456789:AAF-abcdefghijklmnopqrstuvwxyz12345",
        FERNET,
    ],
)
def test_a_secret_is_covered_wherever_it_stands_in_a_line(secret):
    line = mask(None, "", {"event": f"refused: {secret}!", "more": {"list": [f"key {secret}"]}, "exception": secret})

    assert secret not in str(line)
    assert line["event"].startswith("refused: ")
    assert "***" in line["more"]["list"][0]


def test_a_password_in_an_address_is_covered_and_the_rest_stays():
    line = mask(None, "", {"event": "redis://helix:pa55word@queue.internal:6379/0 is away"})

    assert line["event"] == "redis://helix:***@queue.internal:6379/0 is away"


def test_a_field_that_is_named_like_a_secret_is_covered_whatever_it_holds():
    line = mask(None, "", {"event": "x", "api_key": "ordinary", "Authorization": "words", "password": 12, "tokens": 3})

    assert (line["api_key"], line["Authorization"], line["password"]) == ("***", "***", "***")


def test_ordinary_lines_stay_as_they_are():
    event = {"event": "Run 7 ended: 10:30:00 at host-1:4711:runs:0", "input_tokens": 1200, "fine": True}

    assert mask(None, "", event) == event

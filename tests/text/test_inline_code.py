from helix.text.inline_code import inline_code


def test_text_between_ticks_is_code_and_everything_is_escaped():
    assert inline_code("Send `<id>` & `b`") == "Send <code>&lt;id&gt;</code> &amp; <code>b</code>"


def test_a_single_tick_stays_as_it_is():
    assert inline_code("5` of 6") == "5` of 6"

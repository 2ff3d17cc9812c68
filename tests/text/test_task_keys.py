"""Readable ids of tasks, and the keys of boards in them."""

import pytest

from helix.text import markdown, task_keys


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("SEO-22", ("SEO", 22)),
        (" seo-22 ", ("SEO", 22)),
        ("#22", (None, 22)),
        ("22", (None, 22)),
        ("SEO-", None),
        ("S-22", None),
        ("SEO-022", None),
        ("22 posts", None),
        ("", None),
    ],
)
def test_what_is_typed_names_a_task_or_not(typed, found):
    assert task_keys.parse(typed) == found


@pytest.mark.parametrize(
    ("name", "taken", "key"),
    [
        ("SEO & Blog", (), "SEO"),
        ("Marketing Overview", (), "MO"),
        ("Marketing Overview", ("MO", "MO2"), "MO3"),
        ("Development", (), "DEV"),
        ("Письма", (), "BRD"),
        ("2026 Plans", (), "PLANS"),
        ("A", (), "BRD"),
    ],
)
def test_a_key_is_made_from_a_name(name, taken, key):
    made = task_keys.suggest(name, taken)

    assert made == key
    assert task_keys.KEY.fullmatch(made)


def test_ids_with_a_known_key_become_links_but_not_in_code_links_or_other_words():
    html = markdown.render(
        "See SEO-22, UTF-8, XSEO-22, `SEO-22` and [SEO-22](https://example.com).\n\n    SEO-22", board_keys=["SEO"]
    )

    assert html.count('href="/t/SEO-22"') == 1
    assert html.startswith('<p>See <a href="/t/SEO-22"')

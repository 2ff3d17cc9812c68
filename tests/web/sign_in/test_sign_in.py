import pytest

from tests.support.people import PASSWORD

pytestmark = pytest.mark.every_database


def test_a_person_signs_in_and_is_led_to_where_he_wanted(pages, mia):
    asked = pages.get("/boards?x=1")

    reply = pages.sign_in(mia.email, PASSWORD, next="/boards?x=1")

    assert asked.status_code == 302
    assert asked.headers["Location"] == "/sign-in?next=%2Fboards%3Fx%3D1"
    assert reply.status_code == 303
    assert reply.headers["Location"] == "/boards?x=1"
    assert pages.get("/boards").status_code == 200


def test_a_wrong_password_keeps_the_address_and_says_so(pages, mia):
    reply = pages.sign_in(mia.email, "wrong")

    assert reply.status_code == 401
    assert f'value="{mia.email}"' in reply.text
    assert "The e-mail address or the password is wrong." in reply.text
    assert pages.get("/boards").status_code == 302


def test_nobody_is_led_to_another_host(pages, mia):
    for address in (
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
    ):
        reply = pages.sign_in(mia.email, PASSWORD, next=address)

        assert reply.headers["Location"] == "/", address
        pages.sign_out()


def test_signing_out_ends_the_session_on_the_server_as_well(pages, mia):
    browser = pages.as_(mia)
    kept = browser._browser.get_cookie("helix_8000")

    browser.post("/sign-out")
    browser._browser.set_cookie("helix_8000", kept.value)

    assert browser.get("/boards").status_code == 302


def test_a_script_is_told_by_the_status_that_nobody_is_signed_in(pages):
    for path in ("/events", "/palette?q=a", "/boards/1/cards?ids=1"):
        reply = pages.get(path, headers={"Accept": "*/*"})

        assert reply.status_code == 401, path
    part = pages.part("/tasks/1/panel", headers={"HX-Current-URL": "http://localhost/boards/4?task=1"})
    assert part.status_code == 401
    assert part.headers["HX-Redirect"] == "/sign-in?next=%2Fboards%2F4%3Ftask%3D1"


def test_a_form_without_its_token_is_refused(pages, mia):
    reply = pages.as_(mia).open("POST", "/sign-out")

    assert reply.status_code == 400
    assert "Reload the page" in reply.text


def test_every_answer_carries_the_policy(pages, mia):
    for reply in (
        pages.get("/sign-in"),
        pages.as_(mia).get("/boards"),
        pages.get("/nowhere"),
        pages.get("/api/health"),
    ):
        assert "script-src 'self';" in reply.headers["Content-Security-Policy"]
        assert "unsafe" not in reply.headers["Content-Security-Policy"]
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in pages.as_(mia).get("/boards").headers["Cache-Control"]


def test_an_unknown_address_is_a_page_without_the_shell(pages):
    reply = pages.get("/nowhere")

    assert reply.status_code == 404
    assert "Not found" in reply.text
    assert "sidebar" not in reply.text

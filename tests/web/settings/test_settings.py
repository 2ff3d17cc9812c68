import io
import re
from decimal import Decimal

import pytest
from PIL import Image
from sqlalchemy import select

from helix.db.transaction import transaction
from helix.demo import load
from helix.extensions import db
from helix.llm import demo as demo_model
from helix.models import Agent, ApiToken, BrowserSession, Organization, User
from helix.services import budgets, sample_data
from tests.support.people import PASSWORD


def organization() -> Organization:
    return db.session.get_one(Organization, 1)


def test_my_profile_is_saved_and_what_is_wrong_is_said_beside_the_field(pages, mia, noah):
    browser = pages.as_(mia)

    saved = browser.post("/profile", {"name": "Mia Moss", "timezone": "Asia/Tokyo", "theme": "dark"})
    taken = browser.send("/profile", {"name": noah.name, "timezone": "", "theme": "dark"})
    wrong = browser.post("/profile", {"name": "Mia Moss", "timezone": "Moon/Sea", "theme": "dark"})

    mia = db.session.get(User, mia.id)
    assert saved.status_code == 303
    assert (mia.name, mia.timezone, mia.theme) == ("Mia Moss", "Asia/Tokyo", "dark")
    assert taken.status_code == 422
    assert 'id="f-name-error"' in taken.text
    assert f'value="{noah.name}"' in taken.text
    assert 'id="f-timezone-error"' in wrong.text
    assert 'data-theme="dark"' in browser.get("/boards").text


def test_a_password_is_changed_with_the_present_one_alone(pages, mia):
    browser, elsewhere = pages.as_(mia), pages.as_(mia)

    wrong = browser.post("/profile/password", {"current_password": "no", "new_password": "another pass phrase"})
    short = browser.post("/profile/password", {"current_password": PASSWORD, "new_password": "short"})
    right = browser.post("/profile/password", {"current_password": PASSWORD, "new_password": "another pass phrase"})

    assert 'id="f-current_password-error"' in wrong.text
    assert 'id="f-new_password-error"' in short.text
    assert right.status_code == 303
    assert browser.get("/profile").status_code == 200
    assert elsewhere.get("/profile").status_code == 302


def test_a_picture_is_taken_and_taken_away(pages, mia):
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(picture, "PNG")
    browser = pages.as_(mia)

    browser.post("/profile/avatar", {"file": (io.BytesIO(picture.getvalue()), "me.png")})
    shown = browser.get("/profile").text
    no_picture = browser.post("/profile/avatar", {"file": (io.BytesIO(b"<svg/>"), "me.png")})
    browser.post("/profile/avatar/remove")

    assert 'src="/avatars/' in shown
    assert no_picture.status_code == 422
    assert 'id="avatar-error"' in no_picture.text
    assert 'src="/avatars/' not in browser.get("/profile").text


def test_other_browsers_are_signed_out_one_by_one_and_all(pages, mia, noah):
    browser, elsewhere = pages.as_(mia), pages.as_(mia)
    other_browser = pages.as_(noah)
    other = re.search(r"/profile/sessions/(\d+)/end", browser.get("/profile").text)[1]

    foreign = other_browser.post(f"/profile/sessions/{other}/end")
    browser.post(f"/profile/sessions/{other}/end")

    assert foreign.status_code == 404
    assert elsewhere.get("/profile").status_code == 302
    browser.post("/profile/sessions/end-all")
    assert browser.get("/profile").status_code == 302
    assert db.session.query(BrowserSession).filter_by(user_id=mia.id).count() == 0


def test_a_token_is_shown_once_and_opens_the_api_until_it_is_deleted(pages, api, mia):
    browser = pages.as_(mia)

    made = browser.send("/settings/tokens", {"name": "Report", "scope": "read", "expires_at": ""})
    token = re.search(r">(hx_[^<]+)<", made.text)[1]
    row = db.session.query(ApiToken).one()

    assert token not in browser.get("/settings/tokens").text
    assert api.with_token(token).get("/api/auth/me/").status_code == 200
    browser.post(f"/settings/tokens/{row.id}/delete")
    assert api.with_token(token).get("/api/auth/me/").status_code == 401


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"name": "", "scope": "read"}, "name"),
        ({"name": "x", "scope": "all"}, "scope"),
        ({"name": "x", "scope": "read", "expires_at": "2001-01-01"}, "expires_at"),
    ],
)
def test_a_token_that_cannot_be_is_refused_beside_its_field(pages, mia, form, field):
    reply = pages.as_(mia).post("/settings/tokens", form)

    assert reply.status_code == 422
    assert f'id="f-{field}-error"' in reply.text
    assert db.session.query(ApiToken).count() == 0


def test_an_admin_changes_the_organization_and_a_member_is_led_to_his_profile(pages, ada, mia):
    form = {
        "name": "Larkmoor",
        "timezone": "Europe/Berlin",
        "default_board_level": "view",
        "public_url": "",
        "run_timeout_seconds": "600",
        "max_run_attempts": "2",
        "password_min_length": "10",
        "retention_days": "",
        "unknown_price_per_million_usd": "12.5",
    }
    browser, other_browser = pages.as_(ada), pages.as_(mia)

    saved = browser.post("/settings", form)
    wrong = browser.post("/settings", form | {"run_timeout_seconds": "soon", "name": "New name"})

    assert saved.status_code == 303
    assert (organization().name, organization().run_timeout_seconds) == ("Larkmoor", 600)
    assert wrong.status_code == 422
    assert 'id="f-run_timeout_seconds-error"' in wrong.text
    assert 'value="New name"' in wrong.text
    assert other_browser.get("/settings").location == "/profile"
    assert other_browser.post("/settings", form).status_code == 403
    assert [other_browser.get(path).status_code for path in ("/settings/telegram", "/settings/budgets")] == [403, 403]


def test_the_bots_token_goes_in_and_never_comes_out(pages, ada):
    browser = pages.as_(ada)

    browser.post("/settings/telegram", {"telegram_bot_token": "123456:AAsecretsecret", "telegram_enabled": "1"})
    page = browser.get("/settings/telegram").text
    browser.post("/settings/telegram", {"telegram_bot_token": "", "telegram_enabled": ""})

    assert "AAsecret" not in page
    assert "Kept. Enter another one" in page
    assert organization().telegram_bot_token_encrypted
    assert not organization().telegram_enabled
    browser.post("/settings/telegram", {"telegram_bot_token": "", "remove": "1"})
    assert organization().telegram_bot_token_encrypted is None


def test_telegram_that_is_off_is_a_sentence_and_no_crash(pages, mia):
    reply = pages.as_(mia).send("/profile/telegram/link", {})

    assert reply.status_code == 200
    assert "Telegram is off" in reply.text


def test_budgets_stand_in_one_table_and_are_set_there(pages, ada, make):
    sierra = make.agent("Sierra")
    browser = pages.as_(ada)

    browser.post("/settings/budgets/organization", {"monthly_budget_usd": "80"})
    browser.post(f"/settings/budgets/{sierra.id}", {"monthly_budget_usd": "7.5"})
    wrong = browser.send(f"/settings/budgets/{sierra.id}", {"monthly_budget_usd": "a lot"})
    browser.post("/settings/budgets/organization", {"monthly_budget_usd": ""})

    assert organization().monthly_budget_usd is None
    assert db.session.get(Agent, sierra.id).monthly_budget_usd == Decimal("7.5")
    assert wrong.status_code == 422
    assert 'value="a lot"' in wrong.text
    assert "Enter an amount in dollars" in wrong.text


def test_a_budget_that_is_used_up_is_lifted_for_the_month(pages, ada, make):
    sierra = make.agent("Sierra", monthly_budget_usd=Decimal(5))
    with transaction():
        organization().monthly_budget_usd = Decimal(5)
        for scope in (budgets.ORGANIZATION, budgets.scope_of(sierra.id)):
            budgets.locked_month(scope, budgets.month_now()).spent_usd = Decimal(6)
    browser = pages.as_(ada)
    assert browser.get("/settings/budgets").text.count("Used up") == 2

    for key in ("organization", sierra.id):
        browser.post(f"/settings/budgets/{key}/lift")

    page = browser.get("/settings/budgets").text
    assert "Used up" not in page
    assert page.count("Lifted") == 2
    assert not budgets.organization_is_exhausted()


@pytest.mark.parametrize(
    "path", ["/profile", "/settings/tokens", "/settings", "/settings/telegram", "/settings/budgets"]
)
def test_every_tab_asks_at_most_ten_times(pages, ada, make, statements, path):
    for _ in range(5):
        make.agent()
    browser = pages.as_(ada)
    browser.get(path)

    with statements() as found:
        assert browser.get(path).status_code == 200

    assert len(found) <= 10, found


def test_a_budget_of_less_than_a_cent_stays_what_it_is(pages, ada, make):
    agent = make.agent("Sierra")
    browser = pages.as_(ada)

    browser.post(f"/settings/budgets/{agent.id}", {"monthly_budget_usd": "0.0125"})

    assert 'value="0.0125"' in browser.get("/settings/budgets").text


def test_an_admin_sets_the_limits_on_silent_streams_and_on_mentions(pages, ada):
    browser = pages.as_(ada)
    form = {"stream_idle_seconds": "30", "mention_runs_per_hour": "5", "max_run_usd": "2.50"}

    saved = browser.post("/settings", form)
    wrong = browser.post("/settings", {"stream_idle_seconds": "2", "mention_runs_per_hour": "many"})

    assert saved.status_code == 303
    assert (organization().stream_idle_seconds, organization().mention_runs_per_hour) == (30, 5)
    assert organization().max_run_usd == Decimal("2.5")
    assert organization().run_timeout_seconds == 900
    assert wrong.status_code == 422
    assert 'id="f-stream_idle_seconds-error"' in wrong.text
    assert 'id="f-mention_runs_per_hour-error"' in wrong.text


def test_the_sample_data_is_offered_for_removal_and_the_company_gets_its_name(clean_app, pages, monkeypatch):
    monkeypatch.setattr(demo_model, "delay_seconds", 0)
    load.seed(demo=True, admin_email="ada@example.com", admin_password=PASSWORD)
    browser = pages.as_(db.session.scalars(select(User).where(User.password_hash.is_not(None))).one())

    dashboard, data = browser.get("/").text, browser.get("/settings/data").text
    removed = browser.send("/settings/sample-data/remove")
    unnamed = browser.post("/setup/organization", {"name": " "})
    named = browser.post("/setup/organization", {"name": "Moss & Daughters"})

    assert "This is sample data" in dashboard
    assert "20 agents" in data
    assert removed.headers["HX-Redirect"] == "/setup/organization"
    assert unnamed.status_code == 422
    assert "Enter a name" in unnamed.text
    assert named.status_code == 303
    after = browser.get("/").text
    assert "Moss &amp; Daughters" in after
    assert "This is sample data" not in after
    assert "sample-head" not in browser.get("/settings/data").text


def test_whoever_keeps_exploring_sees_the_banner_no_more_and_can_still_remove_the_sample(pages, ada, clean_app):
    sample_data.record()
    db.session.commit()
    browser = pages.as_(ada)

    before = browser.get("/").text
    browser.post("/settings/sample-data/keep")

    assert "This is sample data" in before
    assert "This is sample data" not in browser.get("/").text


def test_the_hint_about_the_demo_model_is_dismissed_by_each_for_himself(pages, ada, mia, make):
    make.model()
    make.task(by=mia)  # else the first steps say it
    hers, mias = pages.as_(ada), pages.as_(mia)

    before = [browser.get("/").text for browser in (hers, mias)]
    mias.post("/hints/demo-model/dismiss")

    assert "Agents answer with canned text until you add a model." in before[0]
    assert "Agents answer with canned text until an admin adds a model." in before[1]
    assert "Agents answer with canned text" in hers.get("/").text
    assert "Agents answer with canned text" not in mias.get("/").text


def test_there_is_no_hint_once_a_real_model_is_the_default(pages, ada, make):
    make.model(provider="openai", model_name="gpt-5-mini")

    assert "canned text" not in pages.as_(ada).get("/").text


def test_a_time_zone_is_searched_in_a_list_that_is_fetched_when_it_is_needed(pages, ada):
    browser = pages.as_(ada)
    browser.post("/profile", {"name": ada.name, "timezone": "Asia/Kolkata", "theme": "dark"})

    profile, options = browser.get("/profile").text, browser.get("/time-zones")

    assert 'list="time-zones"' in profile
    assert "Now UTC+5:30." in profile
    assert "Africa/Abidjan" not in profile
    assert '<option value="Europe/Berlin">Europe/Berlin, UTC+' in options.text
    assert "Zulu" not in options.text
    assert "max-age" in options.headers["Cache-Control"]

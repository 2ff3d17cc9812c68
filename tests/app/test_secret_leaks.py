"""Canaries are put everywhere a secret can go, everything that handles them is made to fail, and then they are looked
for in every answer, log line, trace, export, row of the database and value in Redis."""

import io
import logging
from dataclasses import replace
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import delete

from helix import llm
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import ProviderCooldown
from helix.services import runs
from helix.settings.oidc import OidcSettings
from tests.support.api_permissions import OPEN, rows
from tests.support.canaries import (
    BOT_TOKEN,
    CHOSEN,
    GUESS,
    HOSTILE,
    MODEL_KEY,
    PASSWORD,
    S3_SECRET,
    SEARCH_KEY,
    SMTP_PASSWORD,
    Canaries,
    all_of_redis,
    all_rows,
    in_the_answer,
    text_of,
)
from tests.support.model_server import ModelServer
from tests.support.oidc_provider import CLIENT_ID, CLIENT_SECRET, OidcProvider
from tests.support.oidc_sign_in import return_from_provider
from tests.support.page_permissions import ADMIN, BOARD, INBOX, OWN, SIGNED, routes
from tests.support.permission_data import RequestData, Shared
from tests.support.quick_worker import quick_worker
from tests.support.request_paths import request_path
from tests.support.search_server import SearchServer
from tests.support.smtp_server import SmtpServer
from tests.support.telegram_server import TelegramServer

# A stream does not end; the way to another service needs that service.
NOT_ASKED = {"GET /events", "GET /sign-in/oidc", "GET /sign-in/oidc/back"}
READERS = [route for table in (SIGNED, BOARD, INBOX, OWN, ADMIN) for route in routes(table)] + [*rows(), *OPEN]

pytestmark = pytest.mark.any_database


@pytest.fixture
def set_up(clean_app, monkeypatch):
    """Change settings of the installation: `set_up(smtp_url=...)`."""

    def change(**settings):
        monkeypatch.setitem(clean_app.config, "HELIX", replace(clean_app.config["HELIX"], **settings))

    return change


@pytest.fixture
def canaries(clean_app):
    settings, found = clean_app.config["HELIX"], Canaries()
    found.add("SECRET_KEY", settings.secret_key)
    found.add("JWT_SECRET_KEY", settings.jwt_secret_key)
    for number, key in enumerate(settings.encryption_keys):
        found.add(f"encryption key {number}", key)
    return found


@pytest.fixture
def log(caplog):
    """Everything that anybody logs, down to the last detail. Not the statements: the database is looked into itself."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, logger="sqlalchemy")
    return caplog


def rest(table):
    """Nothing is left alone for a while: the next one is to fail as well."""
    with transaction():
        db.session.execute(delete(table))


def models_fail(app, admin, make, ada):
    """Each hostile provider is tested, and given a run. Returns what there is to look at."""
    known = {}
    llm.preload()  # what takes long the first time is not to be mistaken for a provider's silence
    with ModelServer() as server, quick_worker(app):
        for name, echo in {"in-the-answer": in_the_answer, **HOSTILE}.items():
            server.behave(name, echo)
            body = {"provider": "custom", "model_name": name, "base_url": server.openai_url, "api_key": MODEL_KEY}
            model_id = admin.post("/api/models/", json=body).json["id"]
            works = echo is in_the_answer
            assert admin.post(f"/api/models/{model_id}/test").json["success"] is works, name
            task = make.task("Write", by=ada, agent=make.agent(ai_model_id=model_id))
            run_id = admin.post(f"/api/tasks/{task.id}/execute").json["run_id"]
            rest(ProviderCooldown)
            claim = runs.claim("a worker")
            assert claim is not None, name
            runs.execute(claim)
            assert (admin.get(f"/api/runs/{run_id}").json["status"] == "succeeded") is works, name
            known = {"model_id": model_id, "task_id": task.id, "run_id": run_id, "agent_id": task.assigned_agent_id}
        sent = [request.headers["Authorization"] for request in server.requests]
    assert set(sent) == {f"Bearer {MODEL_KEY}"}
    assert len(sent) >= 2 * len(HOSTILE)
    return known


def telegram_fails(admin, set_up):
    with TelegramServer(token=BOT_TOKEN) as server:
        set_up(telegram_api_url=server.url)
        sent = {"telegram_bot_token": BOT_TOKEN, "telegram_enabled": True, "public_url": "https://helix.example.org"}
        assert admin.patch("/api/org/settings/", json=sent).status_code == 200
        for status in (401, 400, 500, 0):
            server.fail("getMe", status, f"Unauthorized: bot{BOT_TOKEN}")
            assert admin.post("/api/org/telegram/test").json["success"] is False
        server.fail("setWebhook", 400, f"bad webhook for {BOT_TOKEN}")
        assert admin.put("/api/org/telegram/webhook", json={"enabled": True}).status_code == 503


def the_search_fails(app, admin):
    """The search engine throws the key that it was sent back at us."""
    with SearchServer() as server, quick_worker(app):
        sent = {"web_search_provider": "searxng", "web_search_url": server.url, "web_search_key": SEARCH_KEY}
        assert admin.patch("/api/org/settings/", json=sent).status_code == 200
        server.hits = [{"title": SEARCH_KEY, "url": "https://example.com/", "content": SEARCH_KEY}]
        assert admin.post("/api/org/web-search/test").json["success"] is True
        server.body = f"Bearer {SEARCH_KEY} is not valid".encode()
        for server.status in (200, 401, 403, 429, 500):
            assert admin.post("/api/org/web-search/test").json["success"] is False
        assert {request.headers["Authorization"] for request in server.asked} == {f"Bearer {SEARCH_KEY}"}


def mail_fails(admin, set_up, canaries):
    """Two links, of which the second voids the first; the mail server throws our password back at us."""
    with SmtpServer(password="another", refuses={"AUTH": f"535 wrong password {SMTP_PASSWORD}"}) as server:
        set_up(smtp_url=f"smtp://mailer:{SMTP_PASSWORD}@127.0.0.1:{server.port}")
        user_id = admin.post("/api/users/", json={"name": "Nina", "email": "nina@example.com"}).json["id"]
        for number in range(2):
            url = admin.post(f"/api/users/{user_id}/invitation").json["invitation_url"]
            link = canaries.add(f"invitation {number}", urlsplit(url).path.rpartition("/")[2])
        assert "AUTH" in server.verbs
    return user_id, link


def people_come_and_go(api, admin, user_id, link, canaries):
    assert api.post("/api/auth/redeem", json={"token": link, "password": PASSWORD}).status_code == 200
    assert api.post("/api/auth/redeem", json={"token": link, "password": PASSWORD}).status_code == 422
    for password in (GUESS, PASSWORD):
        reply = api.post("/api/auth/login", data={"username": "nina@example.com", "password": password})
    nina = api.with_token(canaries.add("access token", reply.json["access_token"]))
    sent = {"current_password": GUESS, "new_password": CHOSEN}
    assert nina.post("/api/auth/me/change-password", json=sent).status_code == 400
    changed = nina.post("/api/auth/me/change-password", json={**sent, "current_password": PASSWORD})
    nina = api.with_token(canaries.add("second access token", changed.json["access_token"]))
    token = canaries.add("API token", nina.post("/api/tokens/", json={"name": "Script"}).json["token"])
    assert api.with_token(token).get("/api/auth/me/").status_code == 200
    url = admin.post(f"/api/users/{user_id}/reset-link").json["reset_url"]
    canaries.add("reset link", urlsplit(url).path.rpartition("/")[2])


def a_webhook_fails(app, admin, canaries):
    sent = {"name": "CRM", "url": "http://127.0.0.1:9/", "events": ["*"]}
    made = admin.post("/api/webhooks/", json=sent).json
    canaries.add("webhook secret", made["secret"])
    with quick_worker(app):
        told = admin.post(f"/api/webhooks/{made['id']}/test").json
    assert told["status"] != "delivered"
    canaries.add("second webhook secret", admin.post(f"/api/webhooks/{made['id']}/rotate-secret").json["secret"])
    return {"webhook_id": made["id"], "delivery_id": told["id"]}


def the_store_fails(admin, task_id, set_up, clean_app, monkeypatch):
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAsomebody",
        "AWS_SECRET_ACCESS_KEY": S3_SECRET,
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(name, value)
    before = clean_app.config["HELIX"].files_url
    set_up(files_url="s3://bucket/files")
    reply = admin.post(f"/api/tasks/{task_id}/attachments/", data={"file": (io.BytesIO(b"words"), "x.txt")})
    set_up(files_url=before)
    assert reply.status_code == 503, reply.text
    return reply


def another_service_fails(pages, set_up):
    """It answers with the form that it was sent, our secret in it."""
    ways = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    with OidcProvider(person={"sub": "1"}, metadata=ways) as there:
        set_up(oidc=OidcSettings(issuer=there.issuer, client_id=CLIENT_ID, client_secret=CLIENT_SECRET))
        back = urlsplit(httpx.get(pages.get("/sign-in/oidc").location).headers["Location"])
        there.codes.clear()
        reply = return_from_provider(pages, f"{back.path}?{back.query}")
    assert reply.status_code == 502
    return reply


def test_no_secret_comes_out_anywhere(app, api, pages, ada, make, clean_app, set_up, canaries, log, monkeypatch):
    admin = api.as_(ada)
    known = models_fail(app, admin, make, ada)
    telegram_fails(admin, set_up)
    the_search_fails(app, admin)
    known |= a_webhook_fails(app, admin, canaries)
    user_id, link = mail_fails(admin, set_up, canaries)
    people_come_and_go(api, admin, user_id, link, canaries)
    answers = {
        "an upload": text_of(the_store_fails(admin, known["task_id"], set_up, clean_app, monkeypatch)),
        "a sign-in": text_of(another_service_fails(pages, set_up)),
    }
    browser = pages.as_(ada)
    with browser._browser.session_transaction() as cookie:
        canaries.add("browser session", cookie["_user_id"])

    kept = Shared()
    with quick_worker(app):  # which prompts are asked of
        for route in READERS:
            if route.startswith("GET ") and route not in NOT_ASKED:
                things = RequestData(make, route, "own", ada, ada, kept)
                path = request_path(route, things, {**known, "user_id": user_id})
                answers[route] = text_of((admin if "/api/" in route else browser).get(path))
    places = {**answers, "the log": log.text, "the database": all_rows(), "Redis": all_of_redis()}

    leaks = {place: names for place, text in places.items() if (names := canaries.found_in(text))}
    assert leaks == {}
    assert len(canaries.values) >= 18
    assert len(answers) > 100
    # It was looked where something is to be found.
    assert "could not be mailed" in places["the log"]
    assert "key_refused" in places["the database"]
    assert "helix" in places["Redis"]

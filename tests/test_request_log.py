from dataclasses import replace

import pytest


@pytest.fixture
def written(clean_app, caplog, monkeypatch):
    monkeypatch.setitem(clean_app.config, "HELIX", replace(clean_app.config["HELIX"], access_log=True))
    caplog.set_level("DEBUG", logger="helix.request_log")
    return caplog


def test_a_request_is_one_line_with_its_route_and_who_asked(api, mia, written):
    api.as_(mia).get("/api/tasks/search?q=confidential")

    (line,) = written.records
    assert (line.method, line.route, line.status, line.user_id) == ("GET", "/api/tasks/search", 200, mia.id)
    assert line.duration_ms > 0
    assert "confidential" not in str(line.__dict__)


def test_one_time_links_and_unknown_addresses_are_not_written(pages, written):
    pages.get("/invitation/a-secret-of-the-link")
    pages.get("/no/such/place")

    assert [line.route for line in written.records] == ["/invitation/<token>", "(no such address)"]
    assert "a-secret" not in written.text


def test_the_request_id_that_came_is_used_and_returned(api, mia):
    answer = api.as_(mia).get("/api/auth/me", headers={"X-Request-ID": "edge-1.2:3_4"})

    assert answer.headers["X-Request-ID"] == "edge-1.2:3_4"


@pytest.mark.parametrize("given", ["", "two words", "x" * 101, "<script>"])
def test_one_that_cannot_be_trusted_is_replaced(api, given):
    first, second = (api.get("/api/health", headers={"X-Request-ID": given}) for _ in range(2))

    made = {first.headers["X-Request-ID"], second.headers["X-Request-ID"]}
    assert len(made) == 2
    assert all(len(one) == 32 for one in made)


def test_refused_and_forged_requests_have_a_number_too(api, pages):
    refused = api.get("/api/tasks/")
    forged = pages.post("/sign-in", data={})

    assert refused.status_code == 401
    assert refused.headers["X-Request-ID"]
    assert forged.headers["X-Request-ID"]

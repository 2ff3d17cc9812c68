def test_an_error_is_an_object_with_detail(member, demo):
    nowhere = member.send("GET /api/nowhere")
    nothing = member.send("GET /api/tasks/{task_id}", 999)

    assert (nowhere.status_code, nowhere.json) == (404, {"detail": "Not found"})
    assert (nothing.status_code, nothing.json) == (404, {"detail": "There is no such task."})


def test_400_for_invalid_input(member, demo):
    reply = member.send("POST /api/tasks/\nContent-Type: application/json\n\n{not json")

    assert reply.status_code == 400


def test_401_for_a_missing_or_invalid_token(nobody, api):
    assert nobody.send("GET /api/tasks/").status_code == 401
    assert api.with_token("eyJhbGciOi.no.token").get("/api/tasks/").status_code == 401


def test_403_for_insufficient_permissions(member):
    assert member.send("GET /api/users").status_code == 403


def test_422_says_the_specifics(member, demo):
    reply = member.send('POST /api/tasks/\nContent-Type: application/json\n\n{"board_id": 4}')

    assert reply.status_code == 422
    assert reply.json == {"detail": [{"loc": ["title"], "msg": "Field required", "type": "missing"}]}


def test_500_for_a_crash_and_no_more_than_that(member, demo, monkeypatch):

    from helix.services import monitoring

    monkeypatch.setattr(monitoring, "status", lambda: 1 / 0)

    reply = member.send("GET /api/gateway/status")

    assert reply.status_code == 500
    assert reply.json.keys() == {"detail"}
    assert "Zero" not in reply.text

def test_a_task_is_created_read_and_listed(api, mia, make):
    board = make.board()
    agent = make.agent(name="Sierra")

    made = api.as_(mia).post(
        "/api/tasks/",
        json={
            "title": "Write",
            "board_id": board.id,
            "assigned_agent_id": agent.id,
            "tags": ["Blog", "seo"],
            "due_date": "2026-03-20T00:00:00Z",
        },
    )

    assert made.status_code == 201, made.json
    assert made.json["tags"] == ["blog", "seo"]
    assert made.json["due_date"] == "2026-03-20T00:00:00Z"
    assert api.as_(mia).get(f"/api/tasks/{made.json['id']}").json == made.json
    assert api.as_(mia).get(f"/api/tasks?board_id={board.id}").json == [made.json]


def test_a_member_cannot_delete_anothers_task(api, mia, make):
    task = make.task()

    reply = api.as_(mia).delete(f"/api/tasks/{task.id}")

    assert reply.status_code == 403


def test_a_number_that_no_database_could_keep_is_an_unknown_id(api, mia):
    replies = [api.as_(mia).get(f"/api/tasks/{number}") for number in ("9" * 20, "9" * 400)]

    assert [reply.status_code for reply in replies] == [404, 404]
    assert api.get(f"/api/tasks/{'9' * 20}").status_code == 401

"""A user can trigger a limited number of runs by mentions; beyond it the comment is saved and the answer says why."""

import time_machine

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Organization, Run


def limited_to(number):
    with transaction():
        db.session.get_one(Organization, 1).mention_runs_per_hour = number


def say(client, task, content):
    return client.post(f"/api/tasks/{task}/comments/", json={"content": content})


def test_a_mention_beyond_the_limit_is_kept_and_wakes_nobody(api, mia, make):
    limited_to(2)
    make.agent(name="Sierra")
    client, task = api.as_(mia), make.task(by=mia).id

    first, second, third = (say(client, task, f"@Sierra {number}") for number in range(3))

    assert [reply.status_code for reply in (first, second, third)] == [201, 201, 201]
    assert "not_woken" not in first.json
    (why,) = third.json["not_woken"]
    assert why.startswith("Sierra was not woken: you have started 2 runs by mention within an hour")
    assert "60 minutes" in why
    assert db.session.query(Run).count() == 2
    assert len(client.get(f"/api/tasks/{task}/comments/").json) == 3


def test_of_several_agents_in_one_comment_the_first_ones_are_woken(api, mia, make):
    limited_to(1)
    woken = make.agent(name="Sierra").id
    make.agent(name="Atlas")
    client, task = api.as_(mia), make.task(by=mia).id

    reply = say(client, task, "@Sierra and @Atlas")

    assert [line.split()[0] for line in reply.json["not_woken"]] == ["Atlas"]
    assert [run.agent_id for run in db.session.query(Run)] == [woken]


def test_the_limit_is_each_persons_own_and_is_over_after_an_hour(api, mia, noah, make):
    limited_to(1)
    make.agent(name="Sierra")
    first_client, other_client, task = api.as_(mia), api.as_(noah), make.task(by=mia).id
    say(first_client, task, "@Sierra one")

    theirs = say(other_client, task, "@Sierra two")
    with time_machine.travel(clock.now().timestamp() + 3_601, tick=True):
        later = say(first_client, task, "@Sierra three")

    assert "not_woken" not in theirs.json
    assert "not_woken" not in later.json


def test_a_limit_of_nought_says_that_comments_start_no_runs(api, mia, make):
    limited_to(0)
    make.agent(name="Sierra")

    reply = say(api.as_(mia), make.task(by=mia).id, "@Sierra one")

    assert reply.json["not_woken"] == ["Sierra was not woken: this organization does not let comments start runs."]


def test_the_page_says_so_with_and_without_a_script(pages, mia, make):
    limited_to(0)
    make.agent(name="Sierra")
    task = make.task(by=mia).id
    first_client = pages.as_(mia)

    by_htmx = first_client.send(f"/tasks/{task}/comments", {"content": "@Sierra one"})
    plain = first_client.post(f"/tasks/{task}/comments", {"content": "@Sierra two"})

    assert "Sierra was not woken" in by_htmx.text
    assert 'id="comment-' in by_htmx.text
    assert plain.status_code == 303
    assert "Sierra was not woken" in first_client.get(plain.location).text


def test_a_reply_from_the_inbox_says_so_too(pages, mia, make):
    limited_to(0)
    make.agent(name="Sierra")
    task = make.task(by=mia).id
    first_client = pages.as_(mia)

    reply = first_client.post(f"/inbox/tasks/{task}/reply", {"content": "@Sierra one"})

    assert "Sierra was not woken" in first_client.get(reply.location).text

"""Names are unique among people and agents, and visible."""

import pytest

from helix.services import comments, names
from helix.services.comments.write import mentioned
from tests.support.people import as_actor


@pytest.mark.parametrize(
    "name",
    [
        "Ada\u200b",
        "A\u00adda",
        "Ada\ufe0f",
        "Ada\u202e",
        "\u0410da",
        "Ａｄａ",
        "ADA",
        "\u2063",
        "\u3164",
        "\u2800",
        "\u202e",
        "@Ada",
    ],
)
def test_member_cannot_pose_as_another(api, ada, mia, name):
    reply = api.as_(mia).patch("/api/auth/me", json={"name": name})

    assert reply.status_code in (409, 422)
    assert api.as_(mia).get("/api/auth/me").json["name"] == "Mia"


def test_name_that_looks_like_another_in_a_second_alphabet_is_taken(api, ada, mia, make):
    make.agent("Aca")

    reply = api.as_(mia).patch("/api/auth/me", json={"name": "Аса"})

    assert reply.status_code == 409
    assert "looks like Aca" in reply.json["detail"]
    assert api.as_(mia).patch("/api/auth/me", json={"name": "Анна"}).status_code == 200


@pytest.mark.parametrize("name", ["山田 太郎", "Łukasz", "Иван", "O'Brien", "山田Tarō", "می\u200cخواهم", "Sierra ❤️"])
def test_names_of_any_alphabet_are_kept_as_typed(api, ada, name):
    made = api.as_(ada).post("/api/agents", json={"name": name})

    assert (made.status_code, made.json["name"]) == (201, name)


def test_composed_and_decomposed_are_one_name(api, ada, make):
    first = api.as_(ada).post("/api/agents", json={"name": "Jose\u0301"})
    second = api.as_(ada).post("/api/agents", json={"name": "José"})

    assert (first.status_code, first.json["name"], second.status_code) == (201, "José", 409)


@pytest.mark.parametrize(
    "written", ["@José", "@Jose\u0301", "@JOSE\u0301", "@Ｊｏｓé", "@Jo\u200bsé", "(@José)", "@José."]
)
def test_mention_means_its_one_bearer_however_it_is_written(make, ada, written):
    agent = make.agent("José")

    assert mentioned(f"Hello {written} and so on").agents == [agent.id]


@pytest.mark.parametrize("written", ["@Jose", "@Joséphine", "a@José", "`@José`"])
def test_mention_of_somebody_else_means_nobody(make, written):
    make.agent("José")

    assert mentioned(f"Hello {written}").agents == []


def test_one_may_write_his_own_name_in_another_way(api, mia):
    assert api.as_(mia).patch("/api/auth/me", json={"name": "MIA"}).json["name"] == "MIA"
    assert names.all_names()["mia"] == ("user", mia.id)


def test_marked_mentions_are_those_that_count(pages, mia, ada, make):
    task = make.task(by=mia)
    comments.add(as_actor(mia), task.id, "@\u200bAda and @A\u200bda")

    page = pages.as_(mia).get(f"/tasks/{task.id}").text

    assert page.count('class="mention"') == 2

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Run, TrialCost
from helix.models.vocabulary import BoardLevel, RunStatus, TaskStatus, Trigger
from helix.services import costs
from tests.support.people import as_actor

pytestmark = pytest.mark.every_database


@pytest.fixture
def spend(make):
    def _spend(task, agent, usd, *, model="gpt-9", at=None, known=True):
        at = at or clock.now()
        with transaction():
            db.session.add(
                Run(
                    task_id=task.id,
                    agent_id=agent.id,
                    trigger=Trigger.MANUAL,
                    status=RunStatus.SUCCEEDED,
                    came_from=TaskStatus.TODO,
                    model=model,
                    input_tokens=900,
                    output_tokens=100,
                    cost_usd=Decimal(str(usd)) if known else None,
                    counted_usd=Decimal(str(usd)),
                    queued_at=at,
                    finished_at=at,
                )
            )

    return _spend


def test_a_month_adds_up_in_every_direction(clean_app, ada, make, spend):
    blog, ads = make.board("Blog"), make.board("Ads")
    sierra, adley = make.agent("Sierra"), make.agent("Adley")
    spend(make.task("One", board=blog), sierra, "1.25")
    spend(make.task("Two", board=blog), adley, "0.5", model="claude")
    spend(make.task("Three", board=ads), adley, "2", known=False)

    found = costs.of_month(as_actor(ada), costs.this_month(as_actor(ada)))

    assert found.total_usd == Decimal("3.75")
    assert (found.runs, found.tokens, found.unknown_runs) == (3, 3000, 1)
    assert [(share.name, share.cost_usd) for share in found.agents] == [
        ("Adley", Decimal("2.5")),
        ("Sierra", Decimal("1.25")),
    ]
    assert [(share.name, share.cost_usd) for share in found.boards] == [("Ads", Decimal(2)), ("Blog", Decimal("1.75"))]
    assert [(share.name, share.cost_usd) for share in found.models] == [
        ("gpt-9", Decimal("3.25")),
        ("claude", Decimal("0.5")),
    ]
    assert [share.name for share in found.tasks] == ["Three", "One", "Two"]
    assert sum(sum(layer.cost_usd) for layer in found.layers) == found.total_usd
    assert [layer.share.name for layer in found.layers] == ["Adley", "Sierra"]


def test_days_are_cut_by_agent_board_or_model(pages, ada, make, spend):
    first = costs.this_month(as_actor(ada))
    at = datetime(first.year, first.month, 1, 9, tzinfo=UTC)
    blog, ads = make.board("Blog"), make.board("Ads")
    spend(make.task("One", board=blog), make.agent("Sierra"), "1.25", at=at)
    spend(make.task("Two", board=ads), make.agent("Adley"), "0.5", model="claude", at=at)
    browser = pages.as_(ada)

    whole = browser.get("/costs").text
    parts = {by: browser.part(f"/costs?by={by}").text for by in ("agent", "board", "model", "nonsense")}

    assert "By day and agent" in whole
    assert [name in parts["agent"] for name in ("Sierra $1.25", "Adley $0.5000")] == [True, True]
    assert "Blog $1.25" in parts["board"]
    assert "gpt-9 $1.25" in parts["model"]
    assert "By day and agent" in parts["nonsense"]
    assert all(part.lstrip().startswith("<section") for part in parts.values())
    assert f"{first.isoformat()}</th><td>$1.25</td><td>$0.5000</td><td>$1.75</td>" in parts["agent"].replace("\n", "")


def test_where_nothing_cost_anything_tokens_stand_for_it(pages, ada, make, spend):
    spend(make.task("One"), make.agent("Sierra"), 0, model="llama-at-home")

    page = pages.as_(ada).get("/costs").text

    assert "Tokens by day and agent" in page
    assert "Sierra 1k" in page
    assert "stack-day" in page


def test_a_member_sees_what_his_boards_cost(pages, mia, make, spend):
    seen, hidden = make.board("Blog"), make.board("Secret board")
    make.grant(mia, hidden, BoardLevel.NONE)
    spend(make.task("Open", board=seen), make.agent("Sierra"), 3)
    spend(make.task("Hidden", board=hidden), make.agent("Adley"), 40)

    page = pages.as_(mia).get("/costs").text

    assert "$3.00" in page
    assert "on the boards you can see" in page
    assert not any(word in page for word in ("$40", "$43", "Secret board", "Hidden", "Adley"))


def test_months_are_cut_in_the_organizations_zone(clean_app, ada, make, spend):
    actor = as_actor(ada)
    month = costs.this_month(actor)
    first = datetime(month.year, month.month, 1, tzinfo=UTC)
    task, agent = make.task("One"), make.agent("Sierra")
    spend(task, agent, 1, at=first)
    spend(task, agent, 8, at=first - timedelta(seconds=1))

    assert costs.of_month(actor, month).total_usd == 1
    assert costs.of_month(actor, (month - timedelta(days=1)).replace(day=1)).total_usd == 8


def test_a_month_without_runs_and_nonsense_in_the_address_are_pages(pages, ada):
    browser = pages.as_(ada)

    empty = browser.get("/costs?month=2020-01")
    odd = [browser.get(f"/costs?month={text}").status_code for text in ("x", "9999-99", "0001-01", "2999-01", "")]

    assert "No runs in January" in empty.text
    assert odd == [200] * 5


def test_costs_ask_the_same_for_one_run_and_for_many(pages, ada, make, spend, statements):
    spend(make.task("One"), make.agent(), 1)
    browser = pages.as_(ada)
    browser.get("/costs")
    with statements() as few:
        browser.get("/costs")

    for number in range(6):
        spend(make.task(f"Task {number}"), make.agent(), number + 1, model=f"model-{number}")
    with statements() as many:
        page = browser.get("/costs")

    assert page.text.count("stack-day") >= 1
    assert len(many) == len(few) <= 10, many


def test_a_long_list_is_shown_whole_by_its_link(pages, ada, make, spend):
    board = make.board("Blog")
    for number in range(14):
        agent = make.agent(f"Agent {number}")
        spend(make.task(agent=agent, board=board, by=ada), agent, "1")
    browser = pages.as_(ada)

    page = browser.get("/costs").text
    month = page.split("&amp;all=agent#by-by-agent")[0].rsplit("month=", 1)[1]
    whole = browser.get(f"/costs?month={month}&all=agent").text

    assert "12 of 14 shown. Show all" in page
    assert "Show all" not in whole
    assert sum(f'title="Agent {number}"' in whole for number in range(14)) == 14


@pytest.fixture
def spend_on_trial(clean_app):
    def _spend(person, agent, usd, *, known=True):
        with transaction():
            db.session.add(
                TrialCost(
                    agent_id=agent.id,
                    user_id=person.id,
                    model="gpt-9",
                    input_tokens=400,
                    output_tokens=100,
                    cost_usd=Decimal(str(usd)) if known else None,
                    counted_usd=Decimal(str(usd)),
                    finished_at=clock.now(),
                )
            )

    return _spend


def test_trials_cost_under_their_agent_and_on_no_board(clean_app, ada, mia, make, spend, spend_on_trial):
    blog, sierra, adley = make.board("Blog"), make.agent("Sierra"), make.agent("Adley")
    spend(make.task("One", board=blog), sierra, "1")
    spend_on_trial(mia, sierra, "0.5")
    spend_on_trial(mia, sierra, "0.25", known=False)
    spend_on_trial(ada, adley, "0.1")
    actor = as_actor(ada)

    found = {by: costs.of_month(actor, costs.this_month(actor), by) for by in costs.GroupBy}

    whole = found[costs.GroupBy.AGENT]
    assert (whole.total_usd, whole.trials, whole.trials_usd) == (Decimal("1.85"), 3, Decimal("0.85"))
    assert (whole.runs, whole.tokens, whole.unknown_runs) == (1, 2500, 1)
    assert [(share.name, share.cost_usd, share.runs, share.trials) for share in whole.agents] == [
        ("Sierra", Decimal("1.75"), 1, 2),
        ("Adley", Decimal("0.1"), 0, 1),
    ]
    assert [(share.name, share.cost_usd) for share in whole.boards] == [
        ("Blog", Decimal(1)),
        ("No board: agents tried out", Decimal("0.85")),
    ]
    assert [(share.name, share.cost_usd) for share in whole.models] == [("gpt-9", Decimal("1.85"))]
    assert {sum(sum(layer.cost_usd) for layer in one.layers) for one in found.values()} == {Decimal("1.85")}


def test_the_page_marks_trials_and_shows_a_member_his_own(pages, ada, mia, make, spend_on_trial):
    spend_on_trial(mia, make.agent("Sierra"), "0.5")
    spend_on_trial(ada, make.agent("Adley"), "0.25")

    of_admin, of_member = pages.as_(ada).get("/costs").text, pages.as_(mia).get("/costs").text

    assert "2 trials ($0.7500)" in " ".join(of_admin.split())
    assert "1 trial ($0.5000)" in " ".join(of_member.split())
    assert "Adley" in of_admin
    assert "Adley" not in of_member

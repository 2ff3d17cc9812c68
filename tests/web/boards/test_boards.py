import pytest

from helix.models.vocabulary import BoardLevel, TaskStatus

pytestmark = pytest.mark.every_database


def test_a_board_shows_its_cards_in_six_columns(pages, mia, make):
    board = make.board("Blog")
    agent = make.agent("Sierra")
    waiting = make.task("Write about linen", board=board, agent=agent, by=mia, tags=["seo"])
    reviewed = make.task("Read me", board=board, by=mia, status=TaskStatus.REVIEW)

    page = pages.as_(mia).get(f"/boards/{board.id}").text

    assert page.count('<section class="column') == 6
    assert f'id="task-{waiting.id}"' in page.split('id="column-in_progress"')[0]
    assert f'id="task-{reviewed.id}"' in page.split('id="column-review"')[1].split('id="column-approved"')[0]
    assert "Run now" in page
    assert "Needs your review" in page


def test_a_board_that_is_hidden_is_not_found(pages, mia, make):
    board = make.board()
    make.grant(mia, board, BoardLevel.NONE)
    browser = pages.as_(mia)

    assert browser.get(f"/boards/{board.id}").status_code == 404
    assert board.name not in browser.get("/boards").text


def test_a_board_costs_the_same_number_of_statements_for_one_card_and_for_many(pages, mia, make, statements):
    board = make.board()
    agent = make.agent()
    make.task(board=board, agent=agent, by=mia, status=TaskStatus.REJECTED)
    browser = pages.as_(mia)
    browser.get(f"/boards/{board.id}")
    with statements() as few:
        browser.get(f"/boards/{board.id}")

    for number in range(12):
        make.task(f"Task {number}", board=board, agent=make.agent(), by=mia, status=list(TaskStatus)[number % 7])
    with statements() as many:
        browser.get(f"/boards/{board.id}")

    assert len(many) == len(few)
    assert len(many) <= 10, many


def test_a_full_column_goes_on_where_it_ended(pages, mia, make):
    board = make.board()
    tasks = [make.task(f"Task {number}", board=board, by=mia) for number in range(53)]
    browser = pages.as_(mia)

    first = browser.get(f"/boards/{board.id}").text
    address = f"/boards/{board.id}/columns/" + first.split("/columns/")[1].split('"')[0].replace("&amp;", "&")
    rest = browser.part(address).text

    assert f'id="task-{tasks[49].id}"' in first
    assert f'id="task-{tasks[50].id}"' not in first
    assert [f'id="task-{task.id}"' in rest for task in tasks] == [False] * 50 + [True] * 3
    assert "column-more" not in rest


def test_the_address_narrows_the_board_and_the_counts(pages, mia, ada, make):
    board = make.board()
    agent = make.agent("Sierra")
    hit = make.task("Percale", board=board, agent=agent, by=mia, tags=["seo"])
    miss = make.task("Linen", board=board, by=ada)
    browser = pages.as_(mia)

    for query in ("q=perc", f"agent={agent.id}", "tag=SEO", "creator=me"):
        page = browser.get(f"/boards/{board.id}?{query}").text
        assert f'id="task-{hit.id}"' in page, query
        assert f'id="task-{miss.id}"' not in page, query
        assert 'data-count="1" data-all="2" title="Tasks">1 of 2</span>' in " ".join(page.split()), query


def test_a_card_is_moved_before_another_and_stays_there(pages, mia, make):
    board = make.board()
    first, second, third = (make.task(name, board=board, by=mia) for name in ("One", "Two", "Three"))
    browser = pages.as_(mia)

    reply = browser.send(f"/tasks/{third.id}/move", {"status": "todo", "before_id": first.id, "board": board.id})
    page = browser.get(f"/boards/{board.id}").text

    assert reply.status_code == 200
    assert reply.text.lstrip().startswith("<article")
    assert sorted((third, first, second), key=lambda task: page.index(f'id="task-{task.id}"')) == [third, first, second]


def test_a_move_that_the_table_forbids_is_refused_in_words(pages, mia, make):
    task = make.task(by=mia)

    reply = pages.as_(mia).send(f"/tasks/{task.id}/move", {"status": "review", "before_id": ""})

    assert reply.status_code == 409
    assert reply.get_json(force=True)["detail"].startswith("A task in todo can go to")


def test_cards_that_changed_are_fetched_together_and_those_that_left_are_not_there(pages, mia, make, statements):
    board, other = make.board(), make.board()
    here, tagged = make.task(board=board, by=mia), make.task(board=board, by=mia, tags=["seo"])
    left = make.task(board=other, by=mia)
    browser = pages.as_(mia)
    ids = f"{here.id},{tagged.id},{left.id},{10**15 - 1}"

    with statements() as asked:
        found = browser.part(f"/boards/{board.id}/cards?ids={ids}").text
    narrowed = browser.part(f"/boards/{board.id}/cards?ids={ids}&tag=seo").text

    assert [f'id="task-{task.id}"' in found for task in (here, tagged, left)] == [True, True, False]
    assert [f'id="task-{task.id}"' in narrowed for task in (here, tagged, left)] == [False, True, False]
    assert len(asked) <= 7, asked
    assert browser.part(f"/boards/{board.id}/cards?ids=1,x").status_code == 422


def test_one_line_makes_a_task(pages, mia, make):
    board = make.board()
    make.agent("Sierra Vale")

    reply = pages.as_(mia).send(
        f"/boards/{board.id}/quick-add",
        {"text": "Write a post @Sierra Vale #seo !high ^tomorrow", "status": "in_progress"},
    )
    page = pages.as_(mia).get(f"/boards/{board.id}").text

    assert reply.status_code == 204
    card = page.split("<article")[1].split("</article>")[0]
    assert ">Write a post<" in card
    assert "Sierra Vale" in card
    assert "pr-high" in card
    assert "Tomorrow" in card
    assert 'data-status="in_progress"' in card


def test_a_member_who_may_only_look_gets_no_way_to_add(pages, mia, make):
    board = make.board()
    make.grant(mia, board, BoardLevel.VIEW)
    browser = pages.as_(mia)

    assert "quick-add" not in browser.get(f"/boards/{board.id}").text
    assert browser.send(f"/boards/{board.id}/quick-add", {"text": "No"}).status_code == 403

"""Where the steps of a workflow stand in its picture, and how lines run between them."""

import random
import re

import pytest

from helix.web.workflows.graph import HEIGHT, WIDTH, cut, drawn


def step(key, *needs, **more):
    return {"key": key, "kind": "agent", "title": key, "needs": list(needs), **more}


def at(graph):
    return {node.key: (node.x, node.y) for node in graph.nodes}


def points(edge):
    return [tuple(map(int, pair)) for pair in re.findall(r"(-?\d+) (-?\d+)", edge.path)]


def test_a_step_stands_below_all_that_it_needs():
    graph = drawn([step("c", "a", "b"), step("a"), step("b", "a")])

    place = at(graph)
    assert place["a"][1] < place["b"][1] < place["c"][1]
    assert len(graph.edges) == 3


def test_steps_of_one_layer_stand_side_by_side_below_their_need():
    graph = drawn([step("a"), step("b", "a"), step("c", "a")])

    place = at(graph)
    assert place["b"][1] == place["c"][1]
    assert abs(place["b"][0] - place["c"][0]) >= WIDTH
    assert place["a"][0] == (place["b"][0] + place["c"][0]) / 2


def test_a_line_over_a_layer_runs_beside_its_boxes():
    graph = drawn([step("a"), step("b", "a"), step("c", "a", "b")])

    long = max(graph.edges, key=lambda edge: len(edge.path))
    (x, y) = at(graph)["b"]
    passing = [point for point in points(long) if y <= point[1] <= y + HEIGHT]
    assert passing
    assert all(not x <= point[0] <= x + WIDTH for point in passing)


def test_drafts_with_circles_and_unknown_needs_are_drawn():
    graph = drawn([step("a", "b"), step("b", "a", "gone"), step("c", "c")])

    assert {node.key for node in graph.nodes} == {"a", "b", "c"}
    assert len(graph.edges) == 1


def test_nothing_is_an_empty_picture():
    assert drawn([]).nodes == ()


@pytest.mark.parametrize("seed", range(20))
def test_no_box_covers_another_and_all_are_inside(seed):
    dice = random.Random(seed)
    keys = [f"k{number}" for number in range(dice.randint(1, 100))]
    graph = drawn(
        [step(key, *dice.sample(keys[:number], min(number, dice.randint(0, 4)))) for number, key in enumerate(keys)]
    )

    boxes = sorted(at(graph).values())
    for number, (x, y) in enumerate(boxes):
        assert 0 <= x <= graph.width - WIDTH
        assert 0 <= y <= graph.height - HEIGHT
        assert all(abs(other[0] - x) >= WIDTH or abs(other[1] - y) >= HEIGHT for other in boxes[number + 1 :])


def test_a_hundred_steps_that_need_twenty_each_are_drawn():
    keys = [f"k{number}" for number in range(100)]

    graph = drawn([step(key, *keys[max(0, number - 20) : number]) for number, key in enumerate(keys)])

    assert len(graph.edges) == sum(min(number, 20) for number in range(100))


def test_long_titles_are_cut_by_the_width_of_their_letters():
    assert cut("Short", 19) == "Short"
    assert cut("A title that is far too long", 19) == "A title that is fa…"
    assert len(cut("週報の数字を集めて要約する作業", 19)) <= 11

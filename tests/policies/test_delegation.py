"""When an agent may hand a part of its task to another one."""

import random

import pytest

from helix.policies.delegation import MAX_DEPTH, MAX_IN_RUN, MAX_IN_TREE, Tree, refusal

FREE = {"depth": 0, "in_run": 0, "in_tree": 0, "ancestor_agents": {1}, "titles": ["Report"]}


def asked(title="Numbers", agent_id=2, **tree):
    return refusal(Tree(**(FREE | tree)), title=title, agent_id=agent_id)


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        ({}, None),
        ({"depth": MAX_DEPTH - 1, "in_run": MAX_IN_RUN - 1, "in_tree": MAX_IN_TREE - 1}, None),
        ({"depth": MAX_DEPTH}, "2 levels deep"),
        ({"in_run": MAX_IN_RUN}, "8 subtasks at most"),
        ({"in_tree": MAX_IN_TREE}, "20 subtasks below"),
        ({"ancestor_agents": {1, 2}}, "Choose another agent"),
        ({"titles": ["Report", " numbers"]}, "this title"),
    ],
)
def test_each_cap_has_its_sentence(tree, words):
    found = asked(**tree)

    assert found is None if words is None else words in found


def test_no_tree_grows_beyond_its_caps_however_often_agents_ask():
    dice = random.Random(7)
    for _ in range(200):
        tasks = [{"id": 0, "parent": None, "depth": 0, "agent": 0, "title": "root", "run": None}]
        for _ in range(149):
            parent = dice.choice(tasks)
            above, agents = parent, set()
            while above is not None:
                agents.add(above["agent"])
                above = tasks[above["parent"]] if above["parent"] is not None else None
            tree = Tree(
                depth=parent["depth"],
                in_run=sum(one["run"] == parent["id"] for one in tasks),
                in_tree=len(tasks) - 1,
                ancestor_agents=agents,
                titles=[one["title"] for one in tasks],
            )
            title, agent = f"part {dice.randint(0, 60)}", dice.randint(0, 5)
            if refusal(tree, title=title, agent_id=agent) is None:
                depth = parent["depth"] + 1
                made = {"depth": depth, "agent": agent, "title": title, "run": parent["id"]}
                tasks.append({"id": len(tasks), "parent": parent["id"], **made})

        assert len(tasks) - 1 <= MAX_IN_TREE
        assert max(one["depth"] for one in tasks) <= MAX_DEPTH
        assert len({one["title"] for one in tasks}) == len(tasks)
        assert all(sum(one["run"] == parent["id"] for one in tasks) <= MAX_IN_RUN for parent in tasks)

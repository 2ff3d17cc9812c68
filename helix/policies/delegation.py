"""Whether an agent may hand a part of its task to another one. Pure: the facts are gathered by the caller."""

from collections.abc import Collection
from dataclasses import dataclass

MAX_DEPTH = 2
# Subtasks that one run, with its retries, may create.
MAX_IN_RUN = 8
# Tasks below one that a person, a schedule or a workflow has created.
MAX_IN_TREE = 20


@dataclass(frozen=True)
class Tree:
    """What exists already: the depth of the task that delegates, and of its whole tree the numbers and names.

    `ancestor_agents` are the agents of the task itself and of those above it. `titles` are those of the whole tree,
    the root included.
    """

    depth: int
    in_run: int
    in_tree: int
    ancestor_agents: Collection[int]
    titles: Collection[str]


def refusal(tree: Tree, *, title: str, agent_id: int) -> str | None:
    """Why a subtask is refused, as a sentence for the model; None when it may be created."""
    if tree.depth >= MAX_DEPTH:
        return f"Subtasks go {MAX_DEPTH} levels deep at most. Do this part yourself."
    if tree.in_run >= MAX_IN_RUN:
        return f"A run creates {MAX_IN_RUN} subtasks at most. Do the rest yourself, or say what is left."
    if tree.in_tree >= MAX_IN_TREE:
        return f"There are {MAX_IN_TREE} subtasks below the first task already. Do this part yourself."
    if agent_id in tree.ancestor_agents:
        return "This agent works on this task, or on one above it. Choose another agent, or do it yourself."
    if same(title) in {same(one) for one in tree.titles}:
        return "There is a task with this title among these already. Use its result, or choose another title."
    return None


def same(title: str) -> str:
    """Equal for titles that differ only in case and spaces."""
    return " ".join(title.casefold().split())

"""What must hold between the files: references lead somewhere, names mean one thing, a task's story is possible."""

from collections import Counter
from collections.abc import Iterable

from helix.demo.errors import BadContent
from helix.demo.shapes import FIRST_ADMIN, Content, Skill, Task
from helix.models.vocabulary import ActivationMode, TaskStatus

WITH_RESULT = {TaskStatus.REVIEW, TaskStatus.APPROVED, TaskStatus.DONE, TaskStatus.REJECTED}
ACCEPTED = {TaskStatus.APPROVED, TaskStatus.DONE}
CLOSED = {TaskStatus.DONE, TaskStatus.CANCELLED}


def check(content: Content) -> None:
    """Raises BadContent at the first thing that does not hold."""
    people, agents = {person.key for person in content.people}, {agent.key for agent in content.agents}
    boards, skills = {board.key: board for board in content.boards}, {skill.key for skill in content.skills}
    _once("departments.yaml: the key of a department", (department.key for department in content.departments))
    _once("departments.yaml: the key of a board", (board.key for board in content.boards))
    _once("people.yaml, agents/: a key", [FIRST_ADMIN, *(p.key for p in content.people), *agents])
    _once("people.yaml, agents/: a name", (who.name for who in (*content.people, *content.agents)))
    _once("people.yaml: an address", (person.email for person in content.people))
    _once("skills/: a name", (skill.name for skill in content.skills))
    for person in content.people:
        _known(f"people.yaml, {person.key}", "board", person.board_levels, boards)
    for skill in content.skills:
        _known(f"skills/{skill.key}.md", "board", skill.activation_boards, boards)
        _check_activation(skill)
    for agent in content.agents:
        where = f"agents/{agent.key}.md"
        _known(where, "board", [agent.board], boards)
        _known(where, "skill", agent.skills, skills)
        if boards[agent.board].department != agent.department:
            raise BadContent(f"{where}: the board {agent.board} is not one of the department {agent.department}.")
    for task in content.tasks:
        where = f"tasks/{task.key}.md"
        _known(where, "board", [task.board], boards)
        _known(where, "agent", [task.agent] if task.agent else [], agents)
        deciders = [task.creator, *([task.approved_by] if task.approved_by else [])]
        _known(where, "person", deciders, people | {FIRST_ADMIN})
        _known(where, "person or agent", (c.author for c in task.comments), people | agents | {FIRST_ADMIN})
        _check_state(where, task)
        _check_times(where, task)


def _once(what: str, words: Iterable[str]) -> None:
    for word, count in Counter(word.casefold() for word in words).items():
        if count > 1:
            raise BadContent(f"{what} may be used once alone, without regard to case: {word}.")


def _known(where: str, noun: str, used: Iterable[str], known: Iterable[str]) -> None:
    for key in used:
        if key not in known:
            raise BadContent(f"{where}: there is no {noun} `{key}`.")


def _check_activation(skill: Skill) -> None:
    wanted = {ActivationMode.BOARD: skill.activation_boards, ActivationMode.TAG: skill.activation_tags}
    if not wanted.get(skill.activation_mode, ("none needed",)):
        raise BadContent(f"skills/{skill.key}.md: the mode {skill.activation_mode} names none, so it is never active.")


def _check_state(where: str, task: Task) -> None:
    if task.results and task.agent is None:
        raise BadContent(f"{where}: a result needs the agent that wrote it.")
    if task.agent and task.status in WITH_RESULT and not task.results:
        raise BadContent(f"{where}: a task in {task.status} needs a result.")
    if task.results and task.status not in WITH_RESULT:
        raise BadContent(f"{where}: a task in {task.status} has no result yet.")
    if task.requires_approval and (task.status in ACCEPTED) != bool(task.approved_by):
        raise BadContent(f"{where}: `approved_by` belongs to approved and done tasks, and to all of them.")
    if bool(task.approved_by) != (task.approved_days_ago is not None):
        raise BadContent(f"{where}: `approved_by` and `approved_days_ago` go together.")
    if (task.status in CLOSED) != (task.completed_days_ago is not None):
        raise BadContent(f"{where}: `completed_days_ago` belongs to done and cancelled tasks, and to all of them.")
    # Each result but the last was sent back, and the last one of a rejected task as well.
    sent_back = max(len(task.results) - 1, 0) + (task.status is TaskStatus.REJECTED)
    if sum(comment.feedback for comment in task.comments) != sent_back:
        raise BadContent(f"{where}: {sent_back} rejections need as many `::: feedback` sections.")


def _check_times(where: str, task: Task) -> None:
    story = [task.created_days_ago, *(result.days_ago for result in task.results)]
    story += [moment for moment in (task.approved_days_ago, task.completed_days_ago) if moment is not None]
    comments = [task.created_days_ago, *(comment.days_ago for comment in task.comments)]
    if story != sorted(story, reverse=True) or comments != sorted(comments, reverse=True):
        raise BadContent(f"{where}: creation, results, approval, end and comments must follow one another in time.")

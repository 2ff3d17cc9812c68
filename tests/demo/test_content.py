"""The demo organization as it is shipped: complete, consistent, and worth reading."""

import re
from collections import Counter

import pytest
from email_validator import validate_email

from helix.demo.reader import read
from helix.demo.schema import ADMIN_NAME, STATUSES_WITH_RESULT, Content, address_to_admin
from helix.models.vocabulary import BoardLevel, Role, TaskStatus

BOARDS = {
    "Marketing": [
        "Marketing Overview",
        "Meta Ads",
        "Email Marketing",
        "SEO & Blog",
        "Creative Studio",
        "Social Media",
        "Growth & Analytics",
    ],
    "Customer Service": ["CS Inbox", "Outbound", "CS Knowledge Base"],
    "Operations": ["Director Inbox", "Order Processing"],
    "Tech": ["Tech Overview", "Development", "Testing", "Bug Tracker"],
    "Finance & HR": ["Finance", "HR"],
}
PLACEHOLDERS = {"{{org_name}}", "{{agent_name}}", "{{department}}", "{{date}}"}
FORGOTTEN = re.compile(r"\b(lorem|ipsum|todo:|tbd|fixme|xxx)\b|\?\?\?|\{\{|\}\}", re.IGNORECASE)


@pytest.fixture(scope="module")
def content() -> Content:
    return read()


def task_texts(content: Content) -> dict[str, str]:
    return {
        task.key: "\n".join(
            [task.title, task.description]
            + [result.content for result in task.results]
            + [comment.content for comment in task.comments]
        )
        for task in content.tasks
    }


def words(text: str) -> int:
    return len(text.split())


def test_every_department_shows_its_boards_in_the_agreed_order(content: Content) -> None:
    shown = {department.name: [board.name for board in department.boards] for department in content.departments}

    assert shown == BOARDS
    assert list(shown) == list(BOARDS)


def test_there_are_twenty_agents_ten_skills_and_four_colleagues(content: Content) -> None:
    admins = [person for person in content.people if person.role is Role.ADMIN]

    assert (len(content.agents), len(content.skills), len(content.people), len(admins)) == (20, 10, 4, 1)


def test_the_names_that_the_api_reference_creates_are_free(content: Content) -> None:
    taken = {one.name for one in (*content.people, *content.agents, *content.skills)}

    assert taken & {"Clement", "New Name", "Jane", "Jane Smith", "Atlas", "Brand Voice Guide"} == set()


def test_every_department_has_an_agent(content: Content) -> None:
    staffed = {agent.department for agent in content.agents}

    assert staffed == {department.key for department in content.departments}


def test_names_can_be_mentioned(content: Content) -> None:
    names = [who.name for who in (*content.people, *content.agents)]

    assert len({name.casefold() for name in names}) == len(names)
    assert [agent.name for agent in content.agents if not agent.name.isalpha() or len(agent.name) > 10] == []


def test_no_comment_mentions_somebody_who_does_not_exist(content: Content) -> None:
    names = [who.name for who in (*content.people, *content.agents)] + [ADMIN_NAME]
    comments = [comment.content for task in content.tasks for comment in task.comments]

    mentions = [text[at.end() :] for text in comments for at in re.finditer(r"(?<!\w)@", text)]

    assert len(mentions) >= 10
    assert [rest[:30] for rest in mentions if not any(rest.startswith(name) for name in names)] == []


def test_addresses_are_valid_and_can_reach_nobody(content: Content) -> None:
    addresses = [validate_email(person.email, check_deliverability=False) for person in content.people]

    assert {address.domain for address in addresses} == {"larkmoor.example.com"}


def test_prompts_are_worth_having(content: Content) -> None:
    lengths = {agent.name: words(agent.system_prompt) for agent in content.agents}

    assert {name: length for name, length in lengths.items() if not 120 <= length <= 250} == {}
    assert len({agent.system_prompt for agent in content.agents}) == 20


def test_prompts_use_every_placeholder_and_no_unknown_one(content: Content) -> None:
    used = {agent.name: set(re.findall(r"\{\{.*?\}\}", agent.system_prompt)) for agent in content.agents}

    assert {name: found for name, found in used.items() if found != PLACEHOLDERS} == {}


def test_skills_are_pages_and_not_stubs(content: Content) -> None:
    lengths = {skill.name: words(skill.content) for skill in content.skills}

    assert {name: length for name, length in lengths.items() if not 150 <= length <= 400} == {}


def test_every_skill_reaches_an_agent(content: Content) -> None:
    assigned = {skill for agent in content.agents for skill in agent.skills}

    assert [s.key for s in content.skills if not s.applies_to_all_agents and s.key not in assigned] == []


def test_a_skill_that_waits_for_a_tag_finds_a_task_with_it(content: Content) -> None:
    tags = {tag for task in content.tasks for tag in task.tags}

    assert [s.key for s in content.skills if s.activation.tags and not tags & set(s.activation.tags)] == []


def test_tasks_stand_in_all_columns_and_one_board_is_rich(content: Content) -> None:
    columns = Counter(task.status for task in content.tasks)
    boards = Counter(task.board for task in content.tasks)
    rich = {task.status for task in content.tasks if task.board == "seo-blog"}

    assert set(columns) == set(TaskStatus) == rich
    assert 26 <= len(content.tasks) <= 30
    assert boards["seo-blog"] >= 10
    assert len(boards) >= 12


def test_results_are_long_enough_to_be_read(content: Content) -> None:
    finished = [task for task in content.tasks if task.status in STATUSES_WITH_RESULT and task.agent]

    assert len(finished) >= 15
    assert [task.key for task in finished if not 100 <= words(task.results[-1].content) <= 330] == []


def test_columns_keep_their_limits(content: Content) -> None:
    filled = Counter((task.board, task.status) for task in content.tasks)
    limits = {(board.key, status): most for board in content.boards for status, most in board.wip_limits.items()}

    assert {column: filled[column] for column, most in limits.items() if filled[column] > most} == {}


def test_a_task_without_a_date_some_late_and_some_coming(content: Content) -> None:
    open_tasks = [task for task in content.tasks if task.status is TaskStatus.TODO]

    assert any((task.due_in_days or 0) < 0 for task in open_tasks)
    assert any((task.due_in_days or 0) > 0 for task in open_tasks)
    assert any(task.due_in_days is None for task in content.tasks)


def test_tags_are_lower_case(content: Content) -> None:
    tags = [tag for thing in (*content.tasks, *content.skills) for tag in thing.tags]

    assert [tag for tag in tags if tag != tag.lower() or " " in tag] == []


def test_no_placeholder_was_forgotten(content: Content) -> None:
    texts = {key: address_to_admin("Robin", text) for key, text in task_texts(content).items()}
    texts |= {skill.key: skill.content for skill in content.skills}
    texts |= {board.key: board.description for board in content.boards}

    assert {key: found[0] for key, text in texts.items() if (found := FORGOTTEN.search(text))} == {}


def test_the_first_admin_is_addressed_by_name(content: Content) -> None:
    addressed = [text for text in task_texts(content).values() if f"@{ADMIN_NAME}" in text]

    personal = [address_to_admin("Robin Hale", text) for text in addressed]

    assert len(personal) >= 3
    assert all("@Robin Hale" in text and ADMIN_NAME not in text for text in personal)


def test_everybody_did_only_what_his_level_allows(content: Content) -> None:
    people = {person.key: person for person in content.people if person.role is Role.MEMBER}
    default = content.organization.default_board_level

    deeds = [(task.creator, task.board, BoardLevel.CREATE) for task in content.tasks]
    for task in content.tasks:
        deciders = {comment.author for comment in task.comments if comment.feedback} | {task.approved_by}
        deeds += [(who, task.board, BoardLevel.MANAGE) for who in deciders - {None, task.creator}]
        deeds += [(comment.author, task.board, BoardLevel.VIEW) for comment in task.comments]

    assert [d for d in deeds if d[0] in people and people[d[0]].board_levels.get(d[1], default) < d[2]] == []

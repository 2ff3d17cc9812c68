"""A mistake in a file of the demo organization is reported in a sentence that names the file and the field."""

import shutil
from pathlib import Path

import pytest

from helix.demo.reader import FOLDER, ContentError, read

TASK = "tasks/seo-blog-08-thread-count-brief.md"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(FOLDER, tmp_path / "content")


@pytest.mark.parametrize(
    ("file", "before", "after", "complaint"),
    [
        (TASK, "board: seo-blog", "board: nowhere", "there is no board `nowhere`"),
        (TASK, "agent: sierra", "agent: nobody", "there is no agent `nobody`"),
        (TASK, "creator: marcus", "creator: stranger", "there is no person `stranger`"),
        (TASK, "comment by marcus", "comment by stranger", "there is no person or agent `stranger`"),
        (TASK, "status: done", "status: finished", "`status: finished` cannot be read"),
        (TASK, "status: done", "status: review", "`approved_by` belongs to"),
        (TASK, "status: done", "status: todo", "has no result yet"),
        (TASK, "::: result,", "::: outcome,", "`::: outcome, 11 days ago` is no section"),
        (TASK, "result, 11 days", "result, 110 days", "must follow one another in time"),
        (TASK, "::: comment by marcus", "::: feedback by marcus", "0 rejections need as many"),
        (TASK, "priority: medium\n", "", "the field `priority` is missing"),
        (TASK, "priority:", "prio: 1\npriority:", "unknown field `prio`"),
        (TASK, "tags: [", "tags: {", "not valid YAML"),
        (TASK, "---\ntitle", "title", "begin with front matter"),
        ("agents/sierra.md", "name: Sierra", "name: QUILL", "a name may be used only once"),
        ("agents/sierra.md", "skills: [seo-checklist]", "skills: [cooking]", "there is no skill `cooking`"),
        ("agents/sierra.md", "board: seo-blog", "board: finance", "not one of the department"),
        ("agents/sierra.md", "monthly_budget_usd: 12", "monthly_budget_usd: much", "`monthly_budget_usd: much`"),
        ("skills/seo-checklist.md", "boards: [seo-blog]", "boards: []", "so the skill is never active"),
        (
            "people.yaml",
            "seo-blog: manage",
            "seo-blog: owner",
            "entry 2, board_levels: `seo-blog: owner` cannot",
        ),
        ("people.yaml", "name: Marcus Bell", "name: sierra", "a name may be used only once"),
        ("departments.yaml", "key: meta-ads", "key: seo-blog", "the key of a board may be used only once"),
        ("organization.yaml", "timezone: UTC", "timezone:", "`timezone: None` cannot be read"),
    ],
)
def test_mistake_is_reported_with_its_file_and_field(
    folder: Path, file: str, before: str, after: str, complaint: str
) -> None:
    path = folder / file
    written = path.read_text(encoding="utf-8")
    assert before in written
    path.write_text(written.replace(before, after, 1), encoding="utf-8")

    with pytest.raises(ContentError) as failure:
        read(folder)

    assert complaint in str(failure.value)
    assert path.stem in str(failure.value) or path.parent.name in str(failure.value)


def test_results_and_feedback_keep_their_order() -> None:
    task = next(task for task in read().tasks if task.key == "seo-blog-05-linen-or-percale")

    assert [result.days_ago for result in task.results] == [6, 4.8]
    assert [(comment.author, comment.feedback) for comment in task.comments][0] == ("marcus", True)
    assert task.results[-1].content.startswith("**Title:** Linen or percale")
    assert ":::" not in task.description

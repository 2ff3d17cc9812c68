"""The pages of a task: its panel, edit form, actions, comments, files, results and runs."""

from helix.web.tasks import (
    actions,
    attachments,
    comments,
    decisions,
    form,
    mine,
    needs,
    new,
    other_board,
    page,
    readable,
    results,
    runs,
    tags,
)

BLUEPRINTS = [
    blueprint
    for part in (
        actions,
        attachments,
        comments,
        decisions,
        form,
        mine,
        needs,
        new,
        other_board,
        page,
        readable,
        results,
        runs,
        tags,
    )
    for blueprint in part.BLUEPRINTS
]

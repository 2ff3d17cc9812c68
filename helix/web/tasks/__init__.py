"""A task: its panel and page, what is done to it, its thread, files, results and runs."""

from helix.web.tasks import (
    actions,
    answering,
    attachment_preview,
    attachments,
    comments,
    form,
    new,
    page,
    results,
    runs,
)

BLUEPRINTS = [
    blueprint
    for part in (answering, attachment_preview, attachments, actions, comments, form, new, page, results, runs)
    for blueprint in part.BLUEPRINTS
]

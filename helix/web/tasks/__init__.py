"""A task: its panel and page, what is done to it, its thread, files, results and runs."""

from helix.web.tasks import (
    answering,
    attachment_preview,
    attachments,
    changes,
    comments,
    form,
    new,
    page,
    results,
    runs,
)

BLUEPRINTS = [
    blueprint
    for part in (answering, attachment_preview, attachments, changes, comments, form, new, page, results, runs)
    for blueprint in part.BLUEPRINTS
]

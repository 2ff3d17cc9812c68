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

DOORS = [
    door
    for part in (answering, attachment_preview, attachments, changes, comments, form, new, page, results, runs)
    for door in part.DOORS
]

"""The pages of a task: its panel, edit form, actions, comments, files, results and runs."""

from helix.web.tasks import actions, attachments, comments, decisions, form, new, page, results, runs

BLUEPRINTS = [
    blueprint
    for part in (actions, attachments, comments, decisions, form, new, page, results, runs)
    for blueprint in part.BLUEPRINTS
]

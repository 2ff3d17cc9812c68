"""Pages of schedules, and templates of tasks."""

from helix.web.schedules import page, task_templates

BLUEPRINTS = (*page.BLUEPRINTS, *task_templates.BLUEPRINTS)

"""Pages of workflows: the list, the editor with its picture, starting one, and the runs."""

from helix.web.workflows import editor, index, run, start

BLUEPRINTS = (*index.BLUEPRINTS, *editor.BLUEPRINTS, *start.BLUEPRINTS, *run.BLUEPRINTS)

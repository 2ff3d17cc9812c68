"""The boards: their list, one board with its columns, filters, views and cards, and their administration."""

from helix.web.boards import admin, bulk, filter_form, layouts, limits, page, people, undo, views

PARTS = (admin, page, bulk, filter_form, layouts, limits, people, undo, views)
BLUEPRINTS = [blueprint for part in PARTS for blueprint in part.BLUEPRINTS]
